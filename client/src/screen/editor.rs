//! The text in the input and its caret, with the moves that a shell's users know.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use super::visible::{clean, columns};
use super::wrap::{Breaks, wrap};

/// A text under construction. The caret stands between graphemes, never inside one.
#[derive(Debug, Clone, Default)]
pub struct Editor {
    text: String,
    caret: usize,
    /// What was killed last, for [`Editor::yank`].
    killed: String,
}

/// The rows of an editor at some width, and where its caret is among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The byte ranges of the rows.
    pub rows: Vec<Range<usize>>,
    /// The caret's row.
    pub row: usize,
    /// The caret's column.
    pub column: usize,
}

impl Editor {
    /// What it holds.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The caret, as a byte index into the text.
    pub fn caret(&self) -> usize {
        self.caret
    }

    /// Takes the text out.
    pub fn take(&mut self) -> String {
        self.caret = 0;
        std::mem::take(&mut self.text)
    }

    /// Holds another text, the caret at its end.
    pub fn set(&mut self, text: &str) {
        self.text = clean(text).into_owned();
        self.caret = self.text.len();
    }

    /// Puts a text at the caret. Control characters are taken as their pictures: what is seen is what is sent.
    pub fn insert(&mut self, text: &str) {
        let text = clean(text);
        self.text.insert_str(self.caret, &text);
        self.caret += text.len();
        self.settle();
    }

    /// Deletes the grapheme before the caret.
    pub fn backspace(&mut self) {
        self.remove(self.before()..self.caret);
    }

    /// Deletes the grapheme after the caret.
    pub fn delete(&mut self) {
        self.remove(self.caret..self.after());
    }

    /// One grapheme to the left.
    pub fn left(&mut self) {
        self.caret = self.before();
    }

    /// One grapheme to the right.
    pub fn right(&mut self) {
        self.caret = self.after();
    }

    /// To the beginning of the word before the caret.
    pub fn word_left(&mut self) {
        self.caret = self.word_start();
    }

    /// To the end of the word after the caret.
    pub fn word_right(&mut self) {
        self.caret = self.word_end();
    }

    /// To the beginning of the line.
    pub fn home(&mut self) {
        self.caret = self.line_start();
    }

    /// To the end of the line.
    pub fn end(&mut self) {
        self.caret = self.line_end();
    }

    /// Kills from the caret to the end of the line, or the line break there.
    pub fn kill_to_end(&mut self) {
        let end = self.line_end();
        self.kill(self.caret..if end == self.caret { self.after() } else { end });
    }

    /// Kills from the beginning of the line to the caret.
    pub fn kill_to_start(&mut self) {
        self.kill(self.line_start()..self.caret);
    }

    /// Kills the word before the caret.
    pub fn kill_word(&mut self) {
        self.kill(self.word_start()..self.caret);
    }

    /// Kills the word after the caret.
    pub fn kill_next_word(&mut self) {
        self.kill(self.caret..self.word_end());
    }

    /// Kills everything.
    pub fn kill_all(&mut self) {
        self.kill(0..self.text.len());
    }

    /// Inserts what was killed last.
    pub fn yank(&mut self) {
        let killed = std::mem::take(&mut self.killed);
        self.insert(&killed);
        self.killed = killed;
    }

    /// What [`yank`](Self::yank) would insert.
    pub fn killed(&self) -> &str {
        &self.killed
    }

    /// The rows at a width; the last column of each is left to the caret.
    pub fn layout(&self, width: usize) -> Layout {
        let width = width.saturating_sub(1).max(1);
        let rows = wrap(&self.text, width, width, Breaks::Caret);
        let row = rows.iter().rposition(|row| row.start <= self.caret).unwrap_or(0);
        let start = rows.get(row).map_or(0, |row| row.start);
        let column = self.text[start..self.caret].graphemes(true).map(columns).sum();
        Layout { rows, row, column }
    }

    /// One row up or down at a width; `false` when there is none.
    pub fn vertical(&mut self, down: bool, width: usize) -> bool {
        let layout = self.layout(width);
        let target = if down {
            layout.row.checked_add(1)
        } else {
            layout.row.checked_sub(1)
        };
        let Some(row) = target.and_then(|row| layout.rows.get(row)) else {
            return false;
        };
        let mut column = 0;
        let mut caret = row.start;
        for grapheme in self.text[row.clone()].graphemes(true) {
            if column + columns(grapheme) > layout.column {
                break;
            }
            column += columns(grapheme);
            caret += grapheme.len();
        }
        // The end of a wrapped row is the beginning of the next one: stay in this one.
        if caret == row.end && layout.rows.iter().any(|next| next.start == caret) && caret > row.start {
            caret = self.boundary_before(caret);
        }
        self.caret = caret;
        self.settle();
        true
    }

    fn kill(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.killed = self.text[range.clone()].to_owned();
            self.remove(range);
        }
    }

    fn remove(&mut self, range: Range<usize>) {
        self.caret = range.start;
        self.text.replace_range(range, "");
        self.settle();
    }

    /// What stands around the caret may have become one grapheme: the caret goes behind it.
    fn settle(&mut self) {
        let mut cursor = GraphemeCursor::new(self.caret, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0) == Ok(false) {
            self.caret = self.after();
        }
    }

    fn boundary_before(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        cursor.prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn before(&self) -> usize {
        self.boundary_before(self.caret)
    }

    fn after(&self) -> usize {
        let mut cursor = GraphemeCursor::new(self.caret, self.text.len(), true);
        cursor
            .next_boundary(&self.text, 0)
            .ok()
            .flatten()
            .unwrap_or(self.text.len())
    }

    fn line_start(&self) -> usize {
        self.text[..self.caret].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.caret..]
            .find('\n')
            .map_or(self.text.len(), |at| self.caret + at)
    }

    fn word_start(&self) -> usize {
        let before = &self.text[..self.caret];
        let words = before.split_word_bound_indices().rev();
        words
            .into_iter()
            .find(|(_, word)| word.chars().any(char::is_alphanumeric))
            .map_or(0, |(at, _)| self.floor(at))
    }

    fn word_end(&self) -> usize {
        self.text[self.caret..]
            .split_word_bound_indices()
            .find(|(_, word)| word.chars().any(char::is_alphanumeric))
            .map_or(self.text.len(), |(at, word)| {
                self.ceil(self.caret + at + word.len())
            })
    }

    fn floor(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0) == Ok(false) {
            self.boundary_before(at)
        } else {
            at
        }
    }

    fn ceil(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0) == Ok(false) {
            cursor
                .next_boundary(&self.text, 0)
                .ok()
                .flatten()
                .unwrap_or(self.text.len())
        } else {
            at
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn editor(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.insert(text);
        editor
    }

    /// The text with a bar at the caret.
    fn shown(editor: &Editor) -> String {
        let (before, after) = editor.text.split_at(editor.caret);
        format!("{before}|{after}")
    }

    #[test]
    fn a_grapheme_is_one_step_and_one_deletion() {
        let mut editor = editor("a👩‍👩‍👧‍👦e\u{301}");
        editor.left();
        assert_eq!(shown(&editor), "a👩‍👩‍👧‍👦|e\u{301}");
        editor.backspace();
        assert_eq!(shown(&editor), "a|e\u{301}");
        editor.delete();
        assert_eq!(shown(&editor), "a|");
        editor.delete();
        editor.backspace();
        editor.backspace();
        assert_eq!(shown(&editor), "|");
    }

    #[test]
    fn what_is_killed_can_be_yanked() {
        let mut editor = editor("one two\nthree four");
        editor.kill_word();
        assert_eq!(shown(&editor), "one two\nthree |");
        editor.kill_to_start();
        assert_eq!(shown(&editor), "one two\n|");
        editor.yank();
        assert_eq!(shown(&editor), "one two\nthree |");
        editor.kill_all();
        assert_eq!(shown(&editor), "|");
        editor.yank();
        assert_eq!(shown(&editor), "one two\nthree |");
        editor.home();
        editor.left();
        editor.kill_to_end();
        assert_eq!(shown(&editor), "one two|three ");
    }

    #[test]
    fn words_are_passed_in_one_step() {
        let mut editor = editor("one, two  drei");
        editor.word_left();
        assert_eq!(shown(&editor), "one, two  |drei");
        editor.word_left();
        editor.word_left();
        assert_eq!(shown(&editor), "|one, two  drei");
        editor.word_right();
        assert_eq!(shown(&editor), "one|, two  drei");
        editor.kill_next_word();
        assert_eq!(shown(&editor), "one|  drei");
    }

    #[test]
    fn the_caret_has_a_place_in_every_row() {
        let editor = editor("abcd efgh");
        let layout = editor.layout(6);
        assert_eq!(layout.rows, [0..5, 5..9]);
        assert_eq!((layout.row, layout.column), (1, 4));
    }

    #[test]
    fn up_and_down_keep_the_column() {
        let mut editor = editor("abcdef\nx\nabcdef");
        editor.left();
        assert!(editor.vertical(false, 20));
        assert_eq!(shown(&editor), "abcdef\nx|\nabcdef");
        assert!(editor.vertical(false, 20));
        assert!(!editor.vertical(false, 20));
        assert_eq!(shown(&editor), "a|bcdef\nx\nabcdef");
        assert!(editor.vertical(true, 20) && editor.vertical(true, 20) && !editor.vertical(true, 20));
    }

    #[test]
    fn control_characters_are_taken_as_their_pictures() {
        assert_eq!(editor("a\x1b[2J\r\nb\tc").text(), "a␛[2J\nb\tc");
    }

    proptest! {
        #[test]
        fn the_caret_is_never_inside_a_grapheme(
            steps in proptest::collection::vec((0usize..15, "[a \n漢👩\u{200d}\u{301}🇩]{0,3}"), 0..40),
            width in 0usize..12,
        ) {
            let mut editor = Editor::default();
            for (step, text) in steps {
                match step {
                    0 => editor.left(),
                    1 => editor.right(),
                    2 => editor.backspace(),
                    3 => editor.delete(),
                    4 => editor.word_left(),
                    5 => editor.word_right(),
                    6 => editor.home(),
                    7 => editor.kill_to_end(),
                    8 => editor.kill_word(),
                    9 => editor.yank(),
                    10 => drop(editor.vertical(false, width)),
                    11 => drop(editor.vertical(true, width)),
                    _ => editor.insert(&text),
                }
                let caret = editor.caret;
                let mut boundaries = editor.text.grapheme_indices(true).map(|(at, _)| at);
                prop_assert!(caret == editor.text.len() || boundaries.any(|at| at == caret), "{}", shown(&editor));
                let layout = editor.layout(width);
                prop_assert!(layout.row < layout.rows.len());
                prop_assert!(layout.column <= width.saturating_sub(1).max(4), "column {} of {width}", layout.column);
            }
        }
    }
}
