//! The message list: the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::put;
use crate::screen::browse::Browse;
use crate::screen::list::Marked;
use crate::screen::update::State;

pub(super) fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let height = usize::from(area.height);
    let room = state.rooms.current();
    let marked = room.browse.as_ref().map_or(Marked::default(), Browse::marked);
    let rows = room.list.rows(state.measure(), height, marked);
    let blank = height - rows.len().min(height);
    for (number, row) in rows.iter().enumerate() {
        put(buffer, area, blank + number, &row.line);
    }
}
