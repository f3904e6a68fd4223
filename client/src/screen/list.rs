//! The message list: what was said and what happened, and the reader's place in it.

use std::collections::VecDeque;

use super::entry::{Author, Clock, Content, Entry, Measure, Said};

/// The entries that are kept; older ones go. A day of busy talk.
const MAX_ENTRIES: usize = 10_000;
/// The bytes that are kept; older entries go. A peer may send 60,000 bytes at a time.
const MAX_BYTES: usize = 16 << 20;
/// How many events stand in one quiet line.
const MAX_PARTS: usize = 6;

/// A row of the list: the entry's number, which it keeps for ever, and which of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The entry's number.
    pub entry: u64,
    /// The row in it.
    pub row: usize,
}

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the newest: follows what comes.
    Newest,
    /// This row is the uppermost, whatever comes.
    From(Row),
}

/// The list.
#[derive(Debug)]
pub struct List {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    bytes: usize,
    place: Place,
    /// Each thing that happens is an entry of its own.
    apart: bool,
}

impl Default for List {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            bytes: 0,
            place: Place::Newest,
            apart: false,
        }
    }
}

impl List {
    /// Adds an entry at the end.
    pub fn push(&mut self, at: Clock, content: Content) {
        let entry = Entry { at, content };
        self.bytes += entry.weight();
        self.entries.push_back(entry);
        while self.entries.len() > MAX_ENTRIES || (self.bytes > MAX_BYTES && self.entries.len() > 1) {
            self.drop_oldest();
        }
    }

    /// Says what happened, in the same line as what happened just before.
    pub fn quiet(&mut self, at: Clock, what: String) {
        if let Some(Entry {
            at: last,
            content: Content::Quiet(parts),
        }) = self.entries.back_mut()
            && !self.apart
        {
            *last = at;
            if parts.len() == MAX_PARTS {
                parts.remove(0);
            }
            parts.push(what);
        } else {
            self.push(at, Content::Quiet(vec![what]));
        }
    }

    /// From now on what happens is not put together with what happened just before: it was read out already.
    pub fn stands_alone(&mut self) {
        self.apart = true;
    }

    /// How many entries were ever added.
    pub fn pushed(&self) -> u64 {
        self.end()
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// All messages, oldest first.
    pub fn said_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Said> {
        self.entries
            .iter_mut()
            .filter_map(|entry| match &mut entry.content {
                Content::Said(said) => Some(said),
                _ => None,
            })
    }

    /// Takes out what was to be handed over.
    pub fn forget_copyable(&mut self) {
        for entry in &mut self.entries {
            if matches!(entry.content, Content::Copyable(_)) {
                entry.content = Content::Quiet(vec!["/invite shows again what to hand over".to_owned()]);
            }
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes = self.bytes.saturating_sub(entry.weight());
            self.first += 1;
        }
    }

    fn get(&self, number: u64) -> Option<&Entry> {
        self.entries
            .get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    fn height(&self, number: u64, measure: Measure) -> usize {
        self.get(number).map_or(0, |entry| entry.rows(measure).len())
    }

    /// The number after the last entry.
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The row that is so many above another, or the first one.
    fn above(&self, from: Row, mut rows: usize, measure: Measure) -> Row {
        let Row { mut entry, mut row } = from;
        while rows > row {
            if entry <= self.first {
                return Row {
                    entry: self.first,
                    row: 0,
                };
            }
            rows -= row + 1;
            entry -= 1;
            row = self.height(entry, measure).saturating_sub(1);
        }
        Row {
            entry,
            row: row - rows,
        }
    }

    /// The row that is so many below another, or the one after the last.
    fn below(&self, from: Row, mut rows: usize, measure: Measure) -> Row {
        let Row { mut entry, mut row } = from;
        while entry < self.end() {
            let left = self.height(entry, measure).saturating_sub(row);
            if rows < left {
                return Row {
                    entry,
                    row: row + rows,
                };
            }
            rows -= left;
            entry += 1;
            row = 0;
        }
        Row { entry, row: 0 }
    }

    /// The uppermost row when the newest is at the bottom.
    fn newest_top(&self, measure: Measure, height: usize) -> Row {
        self.above(
            Row {
                entry: self.end(),
                row: 0,
            },
            height,
            measure,
        )
    }

    /// The uppermost row as the reader has it.
    fn top(&self, measure: Measure, height: usize) -> Row {
        let newest = self.newest_top(measure, height);
        match self.place {
            Place::Newest => newest,
            Place::From(row) => {
                // What was dropped is no place, and an entry may have fewer rows than it had.
                let entry = row.entry.max(self.first);
                let last = self.height(entry, measure).saturating_sub(1);
                let row = if entry == row.entry { row.row.min(last) } else { 0 };
                Row { entry, row }.min(newest)
            }
        }
    }

    /// Whether the reader is somewhere above the newest.
    pub fn is_scrolled(&self, measure: Measure, height: usize) -> bool {
        self.top(measure, height) < self.newest_top(measure, height)
    }

    /// Scrolls by rows, up when negative. Whoever comes to the newest follows it from then on.
    pub fn scroll(&mut self, rows: isize, measure: Measure, height: usize) {
        let top = self.top(measure, height);
        let target = if rows < 0 {
            self.above(top, rows.unsigned_abs(), measure)
        } else {
            self.below(top, rows.unsigned_abs(), measure)
        };
        self.place = if target >= self.newest_top(measure, height) {
            Place::Newest
        } else {
            Place::From(target)
        };
    }

    /// To the newest entry.
    pub fn to_newest(&mut self) {
        self.place = Place::Newest;
    }

    /// The rows on the screen, uppermost first.
    pub fn rows(&self, measure: Measure, height: usize) -> Vec<ratatui::text::Line<'static>> {
        let top = self.top(measure, height);
        let mut rows = Vec::with_capacity(height);
        let mut number = top.entry;
        while rows.len() < height
            && let Some(entry) = self.get(number)
        {
            let skip = if number == top.entry { top.row } else { 0 };
            rows.extend(
                entry
                    .rows(measure)
                    .into_iter()
                    .skip(skip)
                    .take(height - rows.len()),
            );
            number += 1;
        }
        rows
    }

    /// The messages of others whose last row is below the screen and that were never on it.
    pub fn below_unseen(&self, measure: Measure, height: usize) -> usize {
        let bottom = self.below(self.top(measure, height), height, measure);
        let unseen = |entry: &&Entry| {
            matches!(
                &entry.content,
                Content::Said(Said {
                    author: Author::Peer { seen: false, .. },
                    ..
                })
            )
        };
        let skip = usize::try_from(bottom.entry.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skip).filter(unseen).count()
    }

    /// Marks as seen the messages of others whose last row is on the screen.
    pub fn see(&mut self, measure: Measure, height: usize) {
        let top = self.top(measure, height);
        let bottom = self.below(top, height, measure);
        let first = self.first;
        let index = |number: u64| usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        let shown = index(bottom.entry).saturating_sub(index(top.entry));
        for entry in self.entries.iter_mut().skip(index(top.entry)).take(shown) {
            if let Content::Said(Said {
                author: Author::Peer { seen, .. },
                ..
            }) = &mut entry.content
            {
                *seen = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURE: Measure = Measure { width: 80, name: 4 };

    fn list(entries: usize) -> List {
        let mut list = List::default();
        for number in 0..entries {
            list.push(Clock::default(), Content::Answer(format!("entry {number}")));
        }
        list
    }

    fn shown(list: &List, height: usize) -> Vec<String> {
        let rows = list.rows(MEASURE, height).into_iter();
        rows.map(|row| row.to_string().trim_start_matches("00:00 entry ").to_owned())
            .collect()
    }

    #[test]
    fn the_newest_is_at_the_bottom() {
        assert_eq!(shown(&list(9), 3), ["6", "7", "8"]);
        assert_eq!(shown(&list(2), 3), ["0", "1"]);
    }

    #[test]
    fn the_readers_place_holds_when_something_comes() {
        let mut list = list(9);
        list.scroll(-2, MEASURE, 3);
        assert_eq!(shown(&list, 3), ["4", "5", "6"]);
        list.push(Clock::default(), Content::Answer("entry 9".to_owned()));
        assert_eq!(shown(&list, 3), ["4", "5", "6"]);
        assert!(list.is_scrolled(MEASURE, 3));
        list.scroll(3, MEASURE, 3);
        assert_eq!(shown(&list, 3), ["7", "8", "9"]);
        list.push(Clock::default(), Content::Answer("entry 10".to_owned()));
        assert_eq!(shown(&list, 3), ["8", "9", "10"]);
    }

    #[test]
    fn scrolling_ends_at_both_ends() {
        let mut list = list(9);
        list.scroll(isize::MIN, MEASURE, 3);
        assert_eq!(shown(&list, 3), ["0", "1", "2"]);
        list.scroll(1_000_000, MEASURE, 3);
        assert_eq!(shown(&list, 3), ["6", "7", "8"]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut list = list(MAX_ENTRIES + 5);
        assert_eq!(list.entries().count(), MAX_ENTRIES);
        list.scroll(isize::MIN, MEASURE, 1);
        assert_eq!(shown(&list, 1), ["5"]);
        for _ in 0..20 {
            list.push(Clock::default(), Content::Answer("x".repeat(1 << 20)));
        }
        assert!(list.bytes <= MAX_BYTES);
        assert_eq!(list.rows(MEASURE, 5).len(), 5);
    }

    #[test]
    fn what_happens_in_a_row_is_one_line() {
        let mut list = List::default();
        for number in 0..9 {
            list.quiet(Clock::default(), format!("event {number}"));
        }
        assert_eq!(list.entries().count(), 1);
        assert_eq!(shown(&list, 5).len(), 1);
    }
}
