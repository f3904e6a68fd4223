//! A line that is typed and not shown: a passphrase.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use sotto_protocol::passphrase::MAX_PASSPHRASE;
use unicode_segmentation::UnicodeSegmentation;
use zeroize::{Zeroize, Zeroizing};

use crate::screen::text::line::{put, sign};
use crate::screen::theme::{Role, Theme};

/// The most that is taken, in bytes: as much as a passphrase is looked at before it is normalised.
const MAX_HIDDEN: usize = 4 * MAX_PASSPHRASE;

/// What was typed so far. Zeroized on drop; its memory is there from the start, so that growing leaves no copy.
pub struct Hidden(Zeroizing<String>);

impl Default for Hidden {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(MAX_HIDDEN)))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl Hidden {
    /// Adds text at the end; a line break of a paste is no part of it. False when there is no room for it.
    pub(crate) fn insert(&mut self, text: &str) -> bool {
        let text = text.trim_matches(['\r', '\n']);
        let fits = self.0.len() + text.len() <= MAX_HIDDEN;
        if fits {
            self.0.push_str(text);
        }
        fits
    }

    /// Takes the last grapheme away.
    pub(crate) fn backspace(&mut self) {
        let last = self.0.grapheme_indices(true).next_back().map(|(at, _)| at);
        if let Some(at) = last {
            self.0.truncate(at);
        }
    }

    /// Takes the last word away.
    pub(crate) fn erase_word(&mut self) {
        let words = self.0.trim_end();
        let last = words.char_indices().rev().find(|(_, c)| c.is_whitespace());
        let end = last.map_or(0, |(at, space)| at + space.len_utf8());
        self.0.truncate(end);
    }

    pub(crate) fn clear(&mut self) {
        self.0.zeroize();
        self.0.reserve_exact(MAX_HIDDEN);
    }

    /// What was typed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How many graphemes were typed.
    pub(crate) fn count(&self) -> usize {
        self.0.graphemes(true).count()
    }

    /// A dot for each grapheme, as far as they fit. Gives back where the caret is.
    pub(crate) fn draw(&self, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Position {
        let sign = sign(area.width);
        let room = usize::from(area.width).saturating_sub(sign.len() + 1);
        let dots = self.count().min(room);
        let lead = Span::styled(sign, theme.style(Role::Dim));
        let line = Line::from(vec![lead, Span::raw("•".repeat(dots))]);
        put(buffer, area, 0, &line);
        let column = u16::try_from(sign.len() + dots).unwrap_or(u16::MAX);
        Position::new(
            area.x.saturating_add(column).min(area.right().saturating_sub(1)),
            area.y.min(area.bottom().saturating_sub(1)),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_held_by_the_grapheme_and_never_shown() {
        let mut hidden = Hidden::default();
        assert!(hidden.insert("cafe\u{301}\n"));
        assert_eq!((hidden.count(), hidden.expose()), (4, "cafe\u{301}"));
        hidden.backspace();
        assert_eq!(hidden.expose(), "caf");
        hidden.insert("\u{a0}two ");
        hidden.erase_word();
        assert_eq!(hidden.expose(), "caf\u{a0}");
        assert_eq!(format!("{hidden:?}"), "Hidden(…)");
        assert!(!hidden.insert(&"x".repeat(MAX_HIDDEN)));
        hidden.clear();
        assert!(hidden.is_empty() && hidden.0.capacity() >= MAX_HIDDEN);
    }
}
