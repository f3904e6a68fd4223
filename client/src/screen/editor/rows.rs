//! The rows of a text under a caret, kept while it changes: a key in a long text breaks anew only what it moved.

use std::ops::Range;

use crate::screen::text::wrap::{Breaks, row_from};

/// So many rows before a change are broken anew: a word that now fits above moves up, a mark joins what stands
/// before it.
const BEFORE: usize = 3;

/// The rows at the width that was asked for last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    /// Zero: not asked for yet.
    width: usize,
    rows: Vec<Range<usize>>,
}

impl Rows {
    /// The rows of `text`, which is the one that [`replaced`](Self::replaced) kept up with.
    pub(super) fn at(&mut self, text: &str, width: usize) -> &[Range<usize>] {
        let width = width.max(1);
        if width != self.width {
            self.width = width;
            self.rows.clear();
            self.continue_from(text, Some(0), &[], 0);
        }
        &self.rows
    }

    /// `text` has `inserted` bytes now where it had `range`.
    pub(super) fn replaced(&mut self, text: &str, range: Range<usize>, inserted: usize) {
        if self.width == 0 {
            return;
        }
        let changed = self.rows.partition_point(|row| row.start <= range.start);
        let kept = changed.saturating_sub(1 + BEFORE);
        let start = self.rows.get(kept).map_or(0, |row| row.start);
        let after = self.rows.partition_point(|row| row.start <= range.end);
        let tail: Vec<_> = self.rows.split_off(after.max(kept));
        self.rows.truncate(kept);
        let moved = inserted.wrapping_sub(range.len());
        self.continue_from(text, Some(start), &tail, moved);
    }

    /// Breaks on from a place, until a row begins where a row of the old tail, moved, begins.
    fn continue_from(&mut self, text: &str, mut next: Option<usize>, tail: &[Range<usize>], moved: usize) {
        let mut rest = tail;
        while let Some(start) = next {
            let behind = rest.partition_point(|row| row.start.wrapping_add(moved) < start);
            rest = &rest[behind..];
            if rest
                .first()
                .is_some_and(|row| row.start.wrapping_add(moved) == start)
            {
                let moved = |row: &Range<usize>| row.start.wrapping_add(moved)..row.end.wrapping_add(moved);
                self.rows.extend(rest.iter().map(moved));
                return;
            }
            let (row, following) = row_from(text, start, self.width, Breaks::Caret);
            self.rows.push(row);
            next = following;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;
    use crate::screen::text::wrap::wrap;

    proptest! {
        #[test]
        fn rows_that_were_kept_are_the_rows_of_the_text(
            changes in proptest::collection::vec((0usize..100, 0usize..6, "[ab \n漢👩\u{200d}\u{301}🇩\t]{0,12}"), 1..30),
            width in 1usize..9,
        ) {
            let mut text = String::new();
            let mut rows = Rows::default();
            rows.at(&text, width);
            for (at, length, with) in changes {
                let boundaries: Vec<_> =
                    text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
                let first = at % boundaries.len();
                let range = boundaries[first]..boundaries[(first + length).min(boundaries.len() - 1)];
                text.replace_range(range.clone(), &with);
                rows.replaced(&text, range, with.len());
                prop_assert_eq!(rows.at(&text, width), wrap(&text, width, width, Breaks::Caret), "{:?}", text);
            }
        }
    }
}
