//! The message list: the newest at the bottom. Its links are for the terminal to open.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Link;
use crate::screen::conversation::browse::Browse;
use crate::screen::state::State;
use crate::screen::talk::list::Marked;
use crate::screen::text::line::put;

/// The message that stands in a row of the area.
pub(crate) fn message_at(state: &State, area: Rect, row: usize) -> Option<u64> {
    let (measure, height) = (state.measure(), usize::from(area.height));
    let list = &state.rooms.current().list;
    let rows = list
        .rows(measure, height, Marked::default(), state.settings.theme)
        .len();
    list.message_at(measure, height, row.checked_sub(height - rows.min(height))?)
}

pub(crate) fn draw(state: &State, area: Rect, buffer: &mut Buffer) -> Vec<Link> {
    let height = usize::from(area.height);
    let room = state.rooms.current();
    let marked = room.browse.as_ref().map_or(Marked::default(), Browse::marked);
    let theme = state.settings.theme;
    let rows = room.list.rows(state.measure(), height, marked, theme);
    let blank = height - rows.len().min(height);
    let mut links = Vec::new();
    for (number, row) in rows.into_iter().enumerate() {
        put(buffer, area, blank + number, &row.line);
        let within = |column: usize| u16::try_from(column).unwrap_or(u16::MAX).min(area.width) + area.x;
        links.extend(row.links.into_iter().map(|(columns, address)| Link {
            row: area.y + u16::try_from(blank + number).unwrap_or(u16::MAX),
            columns: within(columns.start)..within(columns.end),
            address,
        }));
    }
    links
}
