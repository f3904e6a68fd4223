//! Texts into cells: one line in one row, whatever is in it.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::screen::text::wrap::{Breaks, wrap};

/// Puts a line into a row of the buffer. Where not all of it fits, it ends in `…`; a wide grapheme is never cut in half.
pub(crate) fn put(buffer: &mut Buffer, area: Rect, row: usize, line: &Line<'_>) {
    let Ok(row) = u16::try_from(row) else { return };
    if row >= area.height {
        return;
    }
    let (mut x, y) = (area.x, area.y + row);
    let mut last = None;
    for span in &line.spans {
        let style = line.style.patch(span.style);
        for grapheme in span.styled_graphemes(style) {
            let width = grapheme.symbol.cell_width();
            if width == 0 {
                continue;
            }
            if area.width < width {
                // It will never fit: a question mark says that something is there.
                buffer.set_stringn(x, y, "?", 1, grapheme.style);
                return;
            }
            if x + width > area.right() {
                if grapheme.symbol == " " {
                    // The one behind the last word of a row hangs beyond the edge.
                    continue;
                }
                let (at, style) = last.filter(|_| x == area.right()).unwrap_or((x, grapheme.style));
                for (x, sign) in (at..area.right()).zip(["…", " "]) {
                    buffer.set_stringn(x, y, sign, 1, style);
                }
                return;
            }
            last = Some((x, grapheme.style));
            (x, _) = buffer.set_stringn(x, y, grapheme.symbol, usize::from(width), grapheme.style);
        }
    }
}

/// A text in so many rows at most, one at least; what does not fit is in the last one, too.
pub(crate) fn folded(text: &str, width: usize, most: usize) -> Vec<&str> {
    let mut rows = wrap(text, width, width, Breaks::Words);
    rows.truncate(most.max(1));
    if let Some(last) = rows.last_mut() {
        last.end = text.len();
    }
    rows.into_iter().map(|row| &text[row]).collect()
}

/// What stands before the draft, where there is room.
const SIGN: &str = "> ";
/// From this width on.
const SIGN_FROM: u16 = 10;

/// The columns of the draft on a screen of some width.
pub(crate) fn input_width(screen: u16) -> usize {
    usize::from(screen.saturating_sub(sign(screen).len() as u16))
}

pub(crate) fn sign(screen: u16) -> &'static str {
    if screen >= SIGN_FROM { SIGN } else { "" }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::CellWidth;
    use ratatui::text::Line;

    use super::*;

    fn row(text: &str, width: u16) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        put(&mut buffer, area, 0, &Line::raw(text));
        let (mut row, mut x) = (String::new(), 0);
        while x < width {
            let symbol = buffer[(x, 0)].symbol();
            row.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        row
    }

    #[test]
    fn a_row_that_does_not_fit_ends_in_an_ellipsis_and_cuts_no_grapheme() {
        assert_eq!(row("kettle", 6), "kettle");
        assert_eq!(row("kettle  ", 6), "kettle");
        assert_eq!(row("kettles", 6), "kettl…");
        assert_eq!(row("漢字", 4), "漢字");
        assert_eq!(row("漢字x", 4), "漢… ");
        assert_eq!(row("漢字", 3), "漢…");
        assert_eq!(row("漢", 1), "?");
        assert_eq!(row("ab", 1), "…");
    }

    #[test]
    fn a_text_is_folded_into_as_many_rows_as_there_are() {
        assert_eq!(folded("leave? 2 wait", 20, 3), ["leave? 2 wait"]);
        assert_eq!(folded("leave? 2 wait", 8, 3), ["leave? 2 ", "wait"]);
        assert_eq!(folded("leave? 2 wait", 8, 1), ["leave? 2 wait"]);
        assert_eq!(folded("", 8, 2), [""]);
        assert_eq!(folded("ab", 0, 9), ["a", "b"]);
    }
}
