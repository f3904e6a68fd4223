//! The locked screen: nothing of the talk, one line about it, and the passphrase's dots.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::{input, put};
use crate::screen::lock::Lock;

pub(super) fn draw(lock: &Lock, now: Duration, width: u16, height: u16, buffer: &mut Buffer) -> Position {
    let row = |row: u16| Rect::new(0, row.min(height.saturating_sub(1)), width, height.min(1));
    if height > 1 {
        put(buffer, row(height - 2), 0, &Line::raw(lock.says(now)));
    }
    input::secret(&lock.typed, row(height.saturating_sub(1)), buffer)
}
