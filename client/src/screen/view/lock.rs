//! The locked screen: nothing of the talk, one line about it, and the passphrase's dots.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::input;
use crate::screen::layer::lock::Lock;
use crate::screen::text::line::{folded, put};

pub(crate) fn draw(lock: &Lock, now: Duration, width: u16, height: u16, buffer: &mut Buffer) -> Position {
    let above = height.saturating_sub(1);
    if above > 0 {
        let says = lock.says(now);
        let rows = folded(&says, width.into(), above.into());
        let first = usize::from(above).saturating_sub(rows.len());
        for (number, row) in rows.into_iter().enumerate() {
            put(
                buffer,
                Rect::new(0, 0, width, above),
                first + number,
                &Line::raw(row),
            );
        }
    }
    input::secret(&lock.typed, Rect::new(0, above, width, height.min(1)), buffer)
}
