//! The message list: the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::put;
use crate::screen::list::Marked;
use crate::screen::update::State;

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let height = usize::from(area.height);
    let rows = state
        .rooms
        .current()
        .list
        .rows(state.measure(), height, Marked::default());
    let blank = height - rows.len().min(height);
    for (number, row) in rows.iter().enumerate() {
        put(buffer, area, blank + number, &row.line);
    }
}
