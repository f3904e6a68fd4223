//! A page in the place of the talk, from the top.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::screen::layer::help::Page;
use crate::screen::text::line::put;
use crate::screen::theme::Theme;

pub(crate) fn draw(page: &Page, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let (rows, _) = page.shown(area.width.into(), area.height.into());
    for (number, (role, row)) in rows.into_iter().enumerate() {
        put(buffer, area, number, &Line::styled(row, theme.style(role)));
    }
}
