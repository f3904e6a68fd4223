//! Graphemes whose width terminals do not agree on: families, flags, keycaps, and what is newer than the terminal.
//!
//! A terminal that measures one otherwise stands elsewhere after it, and leaves pieces behind where we take the cells
//! for blank. So a row with one of them is written from its beginning whenever it changes, and after each the place is
//! set and the rest of the row wiped.

use std::io;

use crossterm::cursor::MoveTo;
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType};
use ratatui::buffer::{Buffer, Cell, CellWidth};

/// From here on single characters are emoji and other late ones.
const LATE: char = '\u{1f000}';

/// Whether a cell, with its place, holds one of them.
pub(super) fn is_doubtful((_, _, cell): &(u16, u16, &Cell)) -> bool {
    holds_one(cell)
}

/// Whether it holds one that may reach over the edge into the next row. Marks on a letter must not keep the terminal
/// from wrapping: in tmux those in the last column would be set on the letter before.
pub(super) fn is_wide(cell: &(u16, u16, &Cell)) -> bool {
    is_doubtful(cell) && cell.2.cell_width() > 1
}

fn holds_one(cell: &Cell) -> bool {
    let mut chars = cell.symbol().chars();
    let first = chars.next();
    chars.next().is_some() || first.is_some_and(|c| c >= LATE || is_disputed(c))
}

/// Older single characters whose width is another one in every second terminal: the trigrams, digrams and hexagrams,
/// which became wide late; signs that annotate or go around others, which some draw and some do not; and what is as
/// long as several letters.
fn is_disputed(c: char) -> bool {
    matches!(c,
        '\u{2630}'..='\u{2637}' | '\u{268a}'..='\u{268f}' | '\u{4dc0}'..='\u{4dff}' | '\u{1d300}'..='\u{1d356}'
        | '\u{fff9}'..='\u{fffb}' | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
        | '\u{2e3a}' | '\u{2e3b}' | '\u{fdfd}')
}

/// Wipes the rows that have changed and have, or had, one of them; `shown` knows it.
pub(super) fn start_over(bytes: &mut Vec<u8>, shown: &mut Buffer, picture: &Buffer) -> io::Result<()> {
    let width = usize::from(picture.area.width).max(1);
    let rows = shown.content.chunks_mut(width).zip(picture.content.chunks(width));
    for (y, (before, now)) in (0..picture.area.height).zip(rows) {
        let doubtful = || before.iter().chain(now).any(holds_one);
        if before != now && doubtful() {
            queue!(bytes, MoveTo(0, y), Clear(ClearType::UntilNewLine))?;
            before.fill(Cell::EMPTY);
        }
    }
    Ok(())
}

/// Goes to where the next cell is, wherever the terminal is after this one, and wipes the rest of the row.
pub(super) fn settle(bytes: &mut Vec<u8>, (x, y, cell): (u16, u16, &Cell), width: u16) -> io::Result<()> {
    let next = x.saturating_add(cell.cell_width());
    if holds_one(cell) && next < width {
        queue!(bytes, MoveTo(next, y), Clear(ClearType::UntilNewLine))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::tui::hyperlinks;

    fn picture(rows: [&str; 2]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
        for (y, row) in (0..).zip(rows) {
            buffer.set_string(0, y, row, Style::new());
        }
        buffer
    }

    fn written(before: &Buffer, after: &Buffer) -> String {
        let (mut bytes, mut shown) = (Vec::new(), before.clone());
        start_over(&mut bytes, &mut shown, after).unwrap();
        hyperlinks::write(&mut bytes, shown.diff_iter(after), &[], after.area.width).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_place_is_set_and_the_rest_of_the_row_wiped_after_what_is_doubtful() {
        let text = written(&picture(["", ""]), &picture(["a👨‍👩‍👧‍👦b", ""]));
        let after = text.split("👨‍👩‍👧‍👦").nth(1).unwrap();
        let (wiped, rest) = after.split_once("\x1b[K").unwrap();
        assert!(wiped.ends_with("\x1b[1;4H"), "{text:?}");
        assert!(rest.contains("\x1b[1;4H") && rest.contains('b'), "{text:?}");
    }

    #[test]
    fn a_row_with_something_doubtful_is_written_whole_when_it_changes_and_others_are_not() {
        let before = picture(["one 🇪🇺 two", "plain"]);
        let text = written(&before, &picture(["one 🇪🇺 twa", "plane"]));
        assert!(text.starts_with("\x1b[1;1H\x1b[K"), "{text:?}");
        for cell in ["one", "🇪🇺", "twa"] {
            assert!(text.contains(cell), "{cell}: {text:?}");
        }
        assert!(!text.contains("pla"), "{text:?}");
        assert_eq!(written(&before, &before), "");
    }

    #[test]
    fn what_terminals_dispute_is_doubtful_though_it_is_old() {
        for sign in "☰☷⚊⚏䷀䷿𝌀𝍖\u{fff9}\u{fffb}\u{600}\u{605}\u{6dd}\u{70f}⸺⸻﷽".chars()
        {
            let mut cell = Cell::EMPTY;
            cell.set_symbol(sign.encode_utf8(&mut [0; 4]));
            assert!(holds_one(&cell), "{:?}", sign.escape_unicode().to_string());
        }
        for sign in ["a", "漢", "é", "─", "✓", "☎"] {
            let mut cell = Cell::EMPTY;
            cell.set_symbol(sign);
            assert!(!holds_one(&cell), "{sign}");
        }
    }

    #[test]
    fn a_wide_one_does_not_wrap_into_the_next_row() {
        let (on, off) = ("\x1b[?7h", "\x1b[?7l");
        let text = written(&picture(["", ""]), &picture(["abcdefghij🇪🇺", ""]));
        let (before, after) = text.split_once("🇪🇺").unwrap();
        assert!(before.contains(off) && after.contains(on), "{text:?}");
        let text = written(&picture(["", ""]), &picture(["abcdefghijke\u{301}", ""]));
        assert!(!text.contains(off), "{text:?}");
    }

    #[test]
    fn nothing_is_wiped_behind_the_last_column() {
        let text = written(&picture(["", ""]), &picture(["abcdefghij🎉", ""]));
        assert_eq!(text.matches("\x1b[K").count(), 1, "{text:?}");
    }
}
