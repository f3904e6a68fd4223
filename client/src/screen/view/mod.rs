//! The picture of a state: a buffer of cells and where the caret stands.

mod hint;
mod input;
mod link;
mod lock;
mod messages;
mod page;
mod status;
mod tabs;

use std::time::Duration;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

pub use self::link::Link;
use super::text::wrap::{Breaks, wrap};
use super::update::State;

/// The input grows to this part of the rows.
const INPUT_PART: u16 = 3;
/// From so many rows on there is a status line.
const STATUS_FROM: u16 = 3;
/// From so many rows on the hint has a line of its own; below, it takes another's when it is needed.
const HINT_FROM: u16 = 5;

/// Where everything stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Areas {
    status: Rect,
    list: Rect,
    hint: Rect,
    input: Rect,
}

impl State {
    fn areas(&self) -> Areas {
        let (width, height) = (self.width, self.height);
        let most = (height / INPUT_PART).max(1);
        let rows = match self.asked() {
            Some(_) => 1,
            None => self.rooms.current().draft.layout(self.input_width()).rows,
        };
        let input = u16::try_from(rows).unwrap_or(u16::MAX).min(most).min(height);
        let status = u16::from(height >= STATUS_FROM);
        let hint = match height {
            // The list keeps a row.
            HINT_FROM.. => hint::rows(self, height.saturating_sub(input + status + 1).max(1)),
            _ => 0,
        };
        let list = height.saturating_sub(input + status + hint);
        Areas {
            status: Rect::new(0, 0, width, status),
            list: Rect::new(0, status, width, list),
            hint: Rect::new(0, status + list, width, hint),
            input: Rect::new(0, status + list + hint, width, input),
        }
    }

    /// The rows that the list has.
    pub fn list_height(&self) -> usize {
        usize::from(self.areas().list.height)
    }

    /// The columns that the draft has.
    pub fn input_width(&self) -> usize {
        input::width(self.width)
    }
}

/// What stands in a cell and can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The tab of the room at this place, from 0 on.
    Room(usize),
    /// The message of this number.
    Message(u64),
}

/// What stands in a cell of the picture.
pub fn spot(state: &State, now: Duration, column: u16, row: u16) -> Option<Spot> {
    let areas = state.areas();
    let within = |area: Rect| area.contains(Position::new(column, row));
    if within(areas.status) {
        status::room_at(state, now, areas.status, column).map(Spot::Room)
    } else if within(areas.list) && state.page.is_none() {
        let row = usize::from(row - areas.list.y);
        messages::message_at(state, areas.list, row).map(Spot::Message)
    } else {
        None
    }
}

/// Draws a state. The caret's place is inside the buffer, if it has any cell.
pub fn draw(state: &State, now: Duration) -> (Buffer, Position) {
    let (buffer, caret, _) = draw_with_links(state, now);
    (buffer, caret)
}

/// Draws a state, and tells where links stand in the picture.
pub fn draw_with_links(state: &State, now: Duration) -> (Buffer, Position, Vec<Link>) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.width, state.height));
    if let Some(lock) = &state.locked {
        let caret = lock::draw(lock, now, state.width, state.height, &mut buffer);
        state.settings.theme.paint(&mut buffer);
        return (buffer, caret, Vec::new());
    }
    let areas = state.areas();
    let links = match &state.page {
        Some(page) => {
            page::draw(page, areas.list, &mut buffer);
            Vec::new()
        }
        None => messages::draw(state, areas.list, &mut buffer),
    };
    status::draw(state, now, areas.status, &mut buffer);
    // On a small screen it takes the place of something else, and on the smallest there is none.
    let mut places = [areas.hint, areas.status, areas.list].into_iter();
    if let Some(place) = places.find(|area| !area.is_empty()) {
        hint::draw(state, now, place, areas.hint.height == 0, &mut buffer);
    }
    let caret = input::draw(state, areas.input, &mut buffer);
    state.settings.theme.paint(&mut buffer);
    (buffer, caret, links)
}

/// A text in so many rows at most, one at least; what does not fit is in the last one, too.
fn folded(text: &str, width: usize, most: usize) -> Vec<&str> {
    let mut rows = wrap(text, width, width, Breaks::Words);
    rows.truncate(most.max(1));
    if let Some(last) = rows.last_mut() {
        last.end = text.len();
    }
    rows.into_iter().map(|row| &text[row]).collect()
}

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

#[cfg(test)]
mod tests {
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
