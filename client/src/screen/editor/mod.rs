//! The text in the input and its caret, with the moves that a shell's users know.

mod boundaries;
pub(crate) mod history;
mod kill_ring;
mod rows;
pub(crate) mod secret_line;
mod undo;

use std::cell::RefCell;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use self::kill_ring::{Kills, Side};
use self::rows::Rows;
use self::undo::{Step, Undo};
use super::text::visible::{clean, columns};

/// A text under construction. The caret stands between graphemes, never inside one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Editor {
    text: Zeroizing<String>,
    caret: usize,
    undo: Undo,
    kills: Kills,
    last: Last,
    /// Asked for many times a key, by whoever only looks.
    rows: RefCell<Rows>,
}

/// What the last call did, where the next one goes on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    Typed,
    Killed,
    Yanked(Range<usize>),
}

/// The rows of an editor at some width, and where its caret is among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// How many rows there are.
    pub(crate) rows: usize,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// What an Enter means for the text before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enter {
    /// It is complete.
    Complete,
    /// It goes on in a new line, which is there now.
    GoesOn,
}

impl Editor {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The caret, as a byte index into the text.
    pub(crate) fn caret(&self) -> usize {
        self.caret
    }

    /// Takes the text out, for good: it cannot be brought back from here.
    pub(crate) fn take(&mut self) -> String {
        self.caret = 0;
        self.last = Last::Other;
        self.undo.clear();
        let length = self.text.len();
        let text = std::mem::take(&mut *self.text);
        self.rows.get_mut().replaced("", 0..length, 0);
        text
    }

    /// Holds another text, the caret at its end.
    pub(crate) fn set(&mut self, text: &str) {
        self.last = Last::Other;
        self.replace(0..self.text.len(), &clean(text));
    }

    /// Puts a text at the caret. Control characters are taken as their pictures: what is seen is what is sent.
    pub(crate) fn insert(&mut self, text: &str) {
        let text = clean(text);
        let typed = text.chars().nth(1).is_none();
        // A word at a time is taken back.
        let new_word =
            self.text[..self.caret].ends_with(char::is_whitespace) && !text.starts_with(char::is_whitespace);
        let goes_on = typed && self.last == Last::Typed && !new_word;
        if goes_on && self.undo.extend(self.caret, text.len()) {
            self.splice(self.caret..self.caret, &text);
        } else {
            self.replace(self.caret..self.caret, &text);
        }
        self.last = if typed { Last::Typed } else { Last::Other };
    }

    /// Takes the last change back; `false` when there is none.
    pub(crate) fn undo(&mut self) -> bool {
        self.last = Last::Other;
        let Some(step) = self.undo.pop() else { return false };
        self.splice(step.inserted, &step.removed);
        self.caret = step.caret;
        true
    }

    /// An Enter came: a backslash at the end makes a new line of it, two of them are one and none.
    pub(crate) fn enter(&mut self) -> Enter {
        self.last = Last::Other;
        let line = &self.text[..self.line_end()];
        if !line.ends_with('\\') || (line.ends_with("\\\\") && line.len() < self.text.len()) {
            return Enter::Complete;
        }
        let backslash = line.len() - 1..line.len();
        if line.ends_with("\\\\") {
            self.replace(backslash, "");
            return Enter::Complete;
        }
        self.replace(backslash, "\n");
        Enter::GoesOn
    }

    /// Deletes the grapheme before the caret.
    pub(crate) fn backspace(&mut self) {
        self.remove(self.before()..self.caret);
    }

    /// Deletes the grapheme after the caret.
    pub(crate) fn delete(&mut self) {
        self.remove(self.caret..self.after());
    }

    /// Exchanges the graphemes on both sides of the caret, at the end of a line the last two.
    pub(crate) fn transpose(&mut self) {
        self.last = Last::Other;
        let middle = if self.caret == self.line_end() {
            self.before()
        } else {
            self.caret
        };
        if middle <= self.line_start() {
            return;
        }
        let range = self.boundary_before(middle)..self.boundary_after(middle);
        let (first, second) = (&self.text[range.start..middle], &self.text[middle..range.end]);
        let exchanged = Zeroizing::new(format!("{second}{first}"));
        self.replace(range, &exchanged);
    }

    /// One grapheme to the left.
    pub(crate) fn left(&mut self) {
        self.go(self.before());
    }

    /// One grapheme to the right.
    pub(crate) fn right(&mut self) {
        self.go(self.after());
    }

    /// To the beginning of the word before the caret.
    pub(crate) fn word_left(&mut self) {
        self.go(self.word_start());
    }

    /// To the end of the word after the caret.
    pub(crate) fn word_right(&mut self) {
        self.go(self.word_end());
    }

    pub(crate) fn home(&mut self) {
        self.go(self.line_start());
    }

    pub(crate) fn end(&mut self) {
        self.go(self.line_end());
    }

    /// Kills from the caret to the end of the line, or the line break there.
    pub(crate) fn kill_to_end(&mut self) {
        let end = self.line_end();
        let end = if end == self.caret { self.after() } else { end };
        self.kill(self.caret..end, Side::After);
    }

    /// Kills from the beginning of the line to the caret.
    pub(crate) fn kill_to_start(&mut self) {
        self.kill(self.line_start()..self.caret, Side::Before);
    }

    /// Kills the word before the caret.
    pub(crate) fn kill_word(&mut self) {
        self.kill(self.word_start()..self.caret, Side::Before);
    }

    /// Kills the word after the caret.
    pub(crate) fn kill_next_word(&mut self) {
        self.kill(self.caret..self.word_end(), Side::After);
    }

    pub(crate) fn kill_all(&mut self) {
        self.last = Last::Other;
        self.kill(0..self.text.len(), Side::After);
    }

    /// Inserts what was killed last.
    pub(crate) fn yank(&mut self) {
        let killed = Zeroizing::new(self.kills.newest().to_owned());
        let start = self.caret;
        self.replace(start..start, &killed);
        self.last = Last::Yanked(start..start + killed.len());
    }

    /// Right after a yank: what was killed before takes the place of what was yanked.
    pub(crate) fn yank_earlier(&mut self) {
        if let Last::Yanked(yanked) = self.last.clone() {
            self.undo();
            self.kills.turn();
            self.caret = yanked.start;
            self.yank();
        }
    }

    /// What [`yank`](Self::yank) would insert.
    pub(crate) fn killed(&self) -> &str {
        self.kills.newest()
    }

    /// Where the caret is at a width, and of how many rows; the last column of each is left to the caret.
    pub(crate) fn layout(&self, width: usize) -> Layout {
        let mut kept = self.rows.borrow_mut();
        let rows = kept.at(&self.text, text_width(width));
        let row = rows
            .partition_point(|row| row.start <= self.caret)
            .saturating_sub(1);
        let start = rows.get(row).map_or(0, |row| row.start);
        let column = self.text[start..self.caret].graphemes(true).map(columns).sum();
        Layout {
            rows: rows.len(),
            row,
            column,
        }
    }

    /// The texts of some rows at a width.
    pub(crate) fn rows(&self, width: usize, which: Range<usize>) -> Vec<&str> {
        let mut kept = self.rows.borrow_mut();
        let rows = kept.at(&self.text, text_width(width));
        let which = which.start.min(rows.len())..which.end.min(rows.len());
        rows[which].iter().map(|row| &self.text[row.clone()]).collect()
    }

    /// One row up or down at a width; `false` when there is none.
    pub(crate) fn vertical(&mut self, down: bool, width: usize) -> bool {
        let layout = self.layout(width);
        let target = if down {
            layout.row.checked_add(1)
        } else {
            layout.row.checked_sub(1)
        };
        let rows = self.rows.get_mut().at(&self.text, text_width(width));
        let Some((number, row)) = target.and_then(|row| Some((row, rows.get(row)?.clone()))) else {
            return false;
        };
        // The end of a wrapped row is the beginning of the next one.
        let wrapped = rows.get(number + 1).is_some_and(|next| next.start == row.end);
        let mut column = 0;
        let mut caret = row.start;
        for grapheme in self.text[row.clone()].graphemes(true) {
            if column + columns(grapheme) > layout.column {
                break;
            }
            column += columns(grapheme);
            caret += grapheme.len();
        }
        if wrapped && caret == row.end && caret > row.start {
            caret = self.boundary_before(caret);
        }
        self.go(caret);
        self.settle();
        true
    }

    fn go(&mut self, caret: usize) {
        self.last = Last::Other;
        self.caret = caret;
    }

    fn kill(&mut self, range: Range<usize>, side: Side) {
        if range.is_empty() {
            return;
        }
        self.kills
            .push(&self.text[range.clone()], side, self.last == Last::Killed);
        self.remove(range);
        self.last = Last::Killed;
    }

    fn remove(&mut self, range: Range<usize>) {
        self.last = Last::Other;
        if !range.is_empty() {
            self.replace(range, "");
        }
    }

    /// Puts a text in the place of a range, the caret behind it, so that it can be taken back.
    fn replace(&mut self, range: Range<usize>, with: &str) {
        self.undo.push(Step {
            inserted: range.start..range.start + with.len(),
            removed: Zeroizing::new(self.text[range.clone()].to_owned()),
            caret: self.caret,
        });
        self.splice(range, with);
    }

    /// The only place where the text changes.
    fn splice(&mut self, range: Range<usize>, with: &str) {
        let length = self.text.len() - range.len() + with.len();
        if length > self.text.capacity() {
            // Moved by hand: what is left where a text grew out of is overwritten.
            let mut roomier = Zeroizing::new(String::with_capacity(length.next_power_of_two().max(256)));
            roomier.push_str(&self.text[..range.start]);
            roomier.push_str(with);
            roomier.push_str(&self.text[range.end..]);
            self.text = roomier;
        } else {
            self.text.replace_range(range.clone(), with);
        }
        self.caret = range.start + with.len();
        self.rows.get_mut().replaced(&self.text, range, with.len());
        self.settle();
    }

    /// What stands around the caret may have become one grapheme: the caret goes behind it.
    fn settle(&mut self) {
        self.caret = self.ceil(self.caret);
    }
}

/// The columns of the text where there are so many: one is the caret's.
fn text_width(width: usize) -> usize {
    width.saturating_sub(1).max(1)
}

#[cfg(test)]
mod tests;
