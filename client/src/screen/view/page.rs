//! A page in the place of the talk, from the top.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::screen::layer::help::Page;
use crate::screen::text::line::put;

pub(crate) fn draw(page: &Page, area: Rect, buffer: &mut Buffer) {
    let (rows, _) = page.shown(area.width.into(), area.height.into());
    for (number, row) in rows.iter().enumerate() {
        put(buffer, area, number, row);
    }
}
