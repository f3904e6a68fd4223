//! The input at the bottom: a sign, the draft, and the caret in it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::screen::state::State;
use crate::screen::text::line::{input_width, put, sign};
use crate::screen::text::visible::visible;
use crate::screen::theme::Role;

pub(crate) fn draw(state: &State, area: Rect, buffer: &mut Buffer) -> Position {
    if let Some(hidden) = state.asked() {
        return hidden.draw(state.settings.theme, area, buffer);
    }
    let dim = state.settings.theme.style(Role::Dim);
    let draft = &state.rooms.current().draft;
    let sign = sign(area.width);
    let layout = draft.layout(input_width(area.width));
    let height = usize::from(area.height).max(1);
    // The caret's row is always there, and as much above it as fits.
    let first = (layout.row + 1).saturating_sub(height);
    for (place, row) in draft
        .rows(input_width(area.width), first..first + height)
        .into_iter()
        .enumerate()
    {
        let number = first + place;
        let lead = if number == 0 {
            sign.to_owned()
        } else {
            " ".repeat(sign.len())
        };
        let text = visible(row);
        put(
            buffer,
            area,
            place,
            &Line::from(vec![Span::styled(lead, dim), Span::raw(text)]),
        );
    }
    let column = u16::try_from(sign.len() + layout.column).unwrap_or(u16::MAX);
    let row = u16::try_from(layout.row - first).unwrap_or(u16::MAX);
    Position::new(
        area.x.saturating_add(column).min(area.right().saturating_sub(1)),
        area.y.saturating_add(row).min(area.bottom().saturating_sub(1)),
    )
}
