//! What others wrote, made safe for a terminal: escape codes and direction overrides are shown, not obeyed.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a terminal would obey this character rather than show it: controls (C0, DEL, C1), line and paragraph
/// separators, and what turns the direction of text.
pub(crate) fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// A text on one line in which everything that [`is_obeyed`] is written as in Rust: `\n`, `\u{1b}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_obeyed)
}

/// A text on one line: line breaks are written as `\n` and `\r`, everything else is left.
pub(crate) fn on_one_line(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\r'))
}

/// The first characters of a text, visible; a longer one ends in `…`.
pub(crate) fn shortened(text: &str, characters: usize) -> String {
    let mut short: String = text.chars().take(characters).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    visible(&short).into_owned()
}

fn escaped(text: &str, which: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&which) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if which(c) {
            // A `String` takes everything: this cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_and_the_rest_is_left() {
        assert_eq!(visible("grüß 你好 👋🏽"), "grüß 你好 👋🏽");
        assert_eq!(
            visible("a\x1b[2J\u{9b}\u{202e}b\n"),
            r"a\u{1b}[2J\u{9b}\u{202e}b\n"
        );
        assert_eq!(on_one_line("a\nb\r\tc"), "a\\nb\\r\tc");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äöü…");
    }
}
