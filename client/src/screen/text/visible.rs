//! Text of others, made fit for a terminal: what would steer it is shown instead of sent.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use crate::visible::is_obeyed;

/// The characters of one grapheme that are shown. The longest emoji sequences have eleven; a pile of a thousand
/// combining marks in one cell is no text.
const GRAPHEME_CHARS: usize = 24;
/// What a tab is worth on the screen.
const TAB: &str = "    ";
/// The zero-width joiner.
const JOINER: char = '\u{200d}';

/// Replaces control and bidi override characters by something visible; line breaks become `\n`, tabs stay.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_obeyed(c) && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => clean.push(c),
            '\r' => {
                chars.next_if_eq(&'\n');
                clean.push('\n');
            }
            // The block of control pictures stands in the order of the control characters.
            '\0'..='\x1f' => clean.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\x7f' => clean.push('\u{2421}'),
            c if is_obeyed(c) => clean.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// A text as the screen shows it: [`clean`], tabs as spaces, and every grapheme of a bearable length.
pub(crate) fn visible(text: &str) -> String {
    let clean = clean(text);
    let mut visible = String::with_capacity(clean.len());
    for grapheme in clean.graphemes(true) {
        match grapheme {
            "\n" => visible.push('\n'),
            "\t" => visible.push_str(TAB),
            _ if columns(grapheme) == 0 => {
                // A mark without a letter would join what stands before it; an invisible character says nothing.
                if !grapheme.chars().all(is_invisible) {
                    visible.push('◌');
                    visible.extend(grapheme.chars().take(GRAPHEME_CHARS));
                }
            }
            _ if grapheme.chars().nth(GRAPHEME_CHARS).is_some() => {
                visible.extend(grapheme.chars().take(GRAPHEME_CHARS));
                visible.push('…');
            }
            // A joiner at the end joins nothing here, but in some terminals the cell to another one.
            _ => visible.push_str(grapheme.trim_end_matches(JOINER)),
        }
    }
    visible
}

/// [`visible`] on one line: line breaks are shown too.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "␤")
}

/// How many columns a text takes, a tab four.
pub(crate) fn columns(text: &str) -> usize {
    match text {
        "\t" => TAB.len(),
        // The crate counts a line break, and asserts that nobody asks.
        "\n" => 0,
        _ => usize::from(text.cell_width()),
    }
}

/// Characters without a form of their own: joiners, direction marks, variation selectors, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(visible("a\x1b[2Jb\x07"), "a␛[2Jb␇");
        assert_eq!(visible("\u{9b}31m \u{7f}"), "<U+009B>31m ␡");
        assert_eq!(visible("\u{202e}evil\u{2066}"), "<U+202E>evil<U+2066>");
    }

    #[test]
    fn line_breaks_of_every_system_are_one() {
        assert_eq!(visible("a\r\nb\rc\nd"), "a\nb\nc\nd");
        assert_eq!(visible_line("a\r\nb"), "a␤b");
    }

    #[test]
    fn text_without_harm_is_left_as_it_is() {
        for text in ["héllo", "漢字かな", "👩‍👩‍👧‍👦 🏳️‍🌈 🇪🇺", "e\u{301}", "שלום"]
        {
            assert_eq!(visible(text), text);
            assert!(matches!(clean(text), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn a_pile_of_marks_is_cut_and_a_lone_mark_has_a_bearer() {
        let pile = format!("a{}", "\u{301}".repeat(1000));
        assert_eq!(visible(&pile).chars().count(), GRAPHEME_CHARS + 1);
        assert_eq!(visible("\u{301}"), "◌\u{301}");
        assert_eq!(visible("a\u{200b}b"), "ab");
        assert_eq!(visible("a\u{200d}b"), "ab");
    }
}
