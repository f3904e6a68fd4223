//! The passphrase while it is typed: kept in one place, and zeroized.

use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroize;

/// The longest that is taken, in bytes: four times the longest passphrase, as normalisation may shrink it.
pub const MAX_HIDDEN: usize = 4096;

/// A text that is typed at its end only. It has its room from the start, so that growing leaves no copy behind.
pub struct Hidden(String);

impl Default for Hidden {
    fn default() -> Self {
        Self(String::with_capacity(MAX_HIDDEN))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl Hidden {
    /// What was typed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many characters people see in it.
    pub fn length(&self) -> usize {
        self.0.graphemes(true).count()
    }

    /// Adds to its end; `false` when that is too much, and nothing was added.
    pub fn push(&mut self, text: &str) -> bool {
        let fits = self.0.len() + text.len() <= MAX_HIDDEN;
        if fits {
            self.0.push_str(text);
        }
        fits
    }

    /// Deletes the last character.
    pub fn backspace(&mut self) {
        let end = self.0.grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
        self.cut(end);
    }

    /// Deletes the last word.
    pub fn erase_word(&mut self) {
        let end = self
            .0
            .trim_end()
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + 1);
        let mut end = end;
        while !self.0.is_char_boundary(end) {
            end += 1;
        }
        self.cut(end);
    }

    /// Deletes everything.
    pub fn clear(&mut self) {
        self.0.zeroize();
        // Zeroizing keeps the room.
        debug_assert!(self.0.capacity() >= MAX_HIDDEN);
    }

    /// Cuts at a place, and zeroes what is behind it before it becomes room to write on.
    fn cut(&mut self, end: usize) {
        let mut kept = zeroize::Zeroizing::new(String::with_capacity(MAX_HIDDEN));
        kept.push_str(&self.0[..end]);
        self.0.zeroize();
        self.0.push_str(&kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_typed_and_deleted_at_its_end() {
        let mut hidden = Hidden::default();
        assert!(hidden.push("one zwei\u{a0}drei e\u{301}"));
        hidden.backspace();
        assert_eq!(hidden.expose(), "one zwei\u{a0}drei ");
        hidden.erase_word();
        assert_eq!(hidden.expose(), "one zwei\u{a0}");
        hidden.erase_word();
        hidden.erase_word();
        hidden.erase_word();
        hidden.backspace();
        assert!(hidden.is_empty());
    }

    #[test]
    fn it_never_moves_and_is_bounded() {
        let mut hidden = Hidden::default();
        let place = hidden.0.as_ptr();
        assert!(hidden.push(&"x".repeat(MAX_HIDDEN)));
        assert!(!hidden.push("x"));
        hidden.backspace();
        hidden.clear();
        assert!(hidden.push("abc"));
        assert_eq!(hidden.0.as_ptr(), place);
        assert_eq!(format!("{hidden:?}"), "Hidden(…)");
    }
}
