//! A person's name as the others see it.

mod skeleton;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub use skeleton::Skeleton;

/// The widest name, in terminal columns.
pub const MAX_COLUMNS: usize = 32;
/// The longest name in bytes: 32 columns of the widest encodings with their marks.
pub const MAX_BYTES: usize = 128;
/// The combining class of the signs that silence a vowel.
const VIRAMA: u8 = 9;

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
    /// It holds a character that nobody sees, and which would make another name that looks the same.
    #[error("the name holds an invisible character")]
    Invisible,
}

/// NFC, 1 to 32 columns, without control, bidi override or invisible characters. Never unique, never proof of anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Takes what somebody typed or a peer sent.
    ///
    /// # Errors
    /// [`NameError`] when it is empty, too long or holds what a terminal must not see or a reader cannot.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.len() > 4 * MAX_BYTES {
            return Err(NameError::TooLong);
        }
        let text = text.trim();
        if text.chars().any(is_unfit) {
            return Err(NameError::Control);
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let name: String = words.join(" ").nfc().collect();
        match name.width() {
            0 => Err(NameError::Empty),
            1..=MAX_COLUMNS if name.len() <= MAX_BYTES => {
                if name.char_indices().all(|(at, c)| is_seen(&name, at, c)) {
                    Ok(Self(name))
                } else {
                    Err(NameError::Invisible)
                }
            }
            _ => Err(NameError::TooLong),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is compared with other names by.
    pub fn skeleton(&self) -> Skeleton {
        Skeleton::of(self)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
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

/// Whether the character at this place does anything that a reader sees.
fn is_seen(name: &str, at: usize, c: char) -> bool {
    let (before, after) = (&name[..at], &name[at + c.len_utf8()..]);
    let last = before.chars().next_back().unwrap_or_default();
    let without = || [before, after].concat().width();
    // After a virama a joiner chooses between a conjunct and its parts (RFC 5892, appendix A).
    let follows_virama = || canonical_combining_class(last) == VIRAMA;
    match c {
        // One emoji of two.
        '\u{200d}' => name.width() < without() || follows_virama(),
        // Two letters of a ligature.
        '\u{200c}' => name.width() > without() || follows_virama(),
        // An emoji of a sign.
        '\u{fe0f}' => last.width() < Some(String::from_iter([last, c]).width()),
        c => !is_blank(c) && !is_ignorable(c),
    }
}

/// Letters, fillers and signs that are drawn as nothing, without being white space.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}'
    )
}

/// Unicode's `Default_Ignorable_Code_Point`: what a skeleton of UTS 39 leaves out.
fn is_ignorable(c: char) -> bool {
    unicode_security::skeleton(c.encode_utf8(&mut [0; 4]))
        .next()
        .is_none()
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

    #[test]
    fn white_space_within_a_name_is_one_space() {
        assert_eq!(
            Name::new("an \u{2003} na\u{3000}lee").unwrap().as_str(),
            "an na lee"
        );
    }

    #[test]
    fn what_nobody_sees_is_in_no_name() {
        for unseen in [
            "ad", "34f", "115f", "1160", "17b4", "180e", "200b", "200c", "200d", "2060", "2064", "206f",
            "2800", "3164", "fe00", "fe0e", "fe0f", "feff", "ffa0", "fffa", "1d159", "1d173", "e0061",
            "e0100",
        ] {
            let unseen = char::from_u32(u32::from_str_radix(unseen, 16).unwrap()).unwrap();
            let name = format!("b{unseen}en");
            assert_eq!(Name::new(&name), Err(NameError::Invisible), "{name:?}");
            assert!(Name::new(&unseen.to_string()).is_err(), "{unseen:?} alone");
        }
    }

    #[test]
    fn a_joiner_stands_in_a_name_where_it_is_seen() {
        let seen = [
            "👩\u{200d}💻",
            "👩🏽\u{200d}💻",
            "👩\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨",
            "🏴\u{200d}☠\u{fe0f}",
            "👁\u{fe0f}\u{200d}🗨\u{fe0f}",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "ශ\u{dca}\u{200d}රී",
            "क\u{94d}\u{200c}ष",
        ];
        for name in seen {
            assert_eq!(Name::new(name).unwrap().as_str(), name);
        }
        for unseen in [
            "👩\u{200d}",
            "\u{200d}💻",
            "👩\u{200d}\u{200d}💻",
            "👩\u{200d}a",
            "a\u{fe0f}",
            "😀\u{fe0f}",
            "❤\u{fe0f}\u{fe0f}",
        ] {
            assert_eq!(Name::new(unseen), Err(NameError::Invisible), "{unseen:?}");
        }
    }
}
