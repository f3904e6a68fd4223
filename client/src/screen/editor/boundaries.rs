//! Where graphemes, words and lines begin and end.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use super::Editor;

impl Editor {
    pub(super) fn boundary_before(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        cursor.prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    pub(super) fn before(&self) -> usize {
        self.boundary_before(self.caret)
    }

    pub(super) fn after(&self) -> usize {
        self.boundary_after(self.caret)
    }

    pub(super) fn boundary_after(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        let after = cursor.next_boundary(&self.text, 0).ok().flatten();
        after.unwrap_or(self.text.len())
    }

    pub(super) fn line_start(&self) -> usize {
        self.text[..self.caret].rfind('\n').map_or(0, |at| at + 1)
    }

    pub(super) fn line_end(&self) -> usize {
        self.text[self.caret..]
            .find('\n')
            .map_or(self.text.len(), |at| self.caret + at)
    }

    pub(super) fn word_start(&self) -> usize {
        let before = &self.text[..self.caret];
        let words = before.split_word_bound_indices().rev();
        words
            .into_iter()
            .find(|(_, word)| word.chars().any(char::is_alphanumeric))
            .map_or(0, |(at, _)| self.floor(at))
    }

    pub(super) fn word_end(&self) -> usize {
        self.text[self.caret..]
            .split_word_bound_indices()
            .find(|(_, word)| word.chars().any(char::is_alphanumeric))
            .map_or(self.text.len(), |(at, word)| {
                self.ceil(self.caret + at + word.len())
            })
    }

    pub(super) fn floor(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0) == Ok(false) {
            self.boundary_before(at)
        } else {
            at
        }
    }

    pub(super) fn ceil(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0) == Ok(false) {
            self.boundary_after(at)
        } else {
            at
        }
    }
}
