//! A person's name as the others see it.

use unicode_normalization::UnicodeNormalization;

/// The widest name, in terminal columns.
pub const MAX_COLUMNS: usize = 32;
/// The longest name in bytes: 32 columns of the widest encodings with their marks.
pub const MAX_BYTES: usize = 128;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing that takes a column.
    #[error("the name is empty")]
    Empty,
    /// Over [`MAX_COLUMNS`] or [`MAX_BYTES`].
    #[error("the name is longer than 32 columns")]
    TooLong,
    /// It holds a control character, a line break or one that turns the direction of text.
    #[error("the name holds a control character")]
    Control,
}

/// NFC, 1 to 32 columns, without control or bidi override characters. Never unique, never proof of anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// Takes what somebody typed or a peer sent.
    ///
    /// # Errors
    /// [`NameError`] when it is empty, too long or holds what a terminal must not see.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.len() > 4 * MAX_BYTES {
            return Err(NameError::TooLong);
        }
        let name: String = text.trim().nfc().collect();
        if name.chars().any(is_unfit) {
            return Err(NameError::Control);
        }
        let columns = unicode_width::UnicodeWidthStr::width(name.as_str());
        match columns {
            0 => Err(NameError::Empty),
            1..=MAX_COLUMNS if name.len() <= MAX_BYTES => Ok(Self(name)),
            _ => Err(NameError::TooLong),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and what turns the direction of text.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_to_32_columns() {
        assert_eq!(Name::new(" Zoe\u{308} ").unwrap().as_str(), "Zoë");
        assert_eq!(Name::new(&"漢".repeat(16)).unwrap().as_str(), "漢".repeat(16));
        assert_eq!(Name::new(&"漢".repeat(17)), Err(NameError::TooLong));
        assert_eq!(
            Name::new(&format!("a{}", "\u{301}".repeat(200))),
            Err(NameError::TooLong)
        );
        for empty in ["", "  ", "\u{200b}"] {
            assert_eq!(Name::new(empty), Err(NameError::Empty));
        }
    }

    #[test]
    fn what_a_terminal_must_not_see_is_in_no_name() {
        for wrong in ["a\x1b[2J", "a\nb", "a\u{202e}b", "a\u{9b}b", "a\u{2066}"] {
            assert_eq!(Name::new(wrong), Err(NameError::Control), "{wrong:?}");
        }
    }
}
