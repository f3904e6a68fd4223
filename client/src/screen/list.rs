//! The message list: what was said and what happened, and the reader's place in it.
//!
//! Nothing that a key does takes longer the longer the list is: heights are remembered, messages are found by who
//! wrote them, and what is unread is kept apart.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use sotto_protocol::instance::{Receipt, Target};
use sotto_protocol::message::{InstanceId, MessageId};

use super::entry::{Author, Clock, Content, Entry, Measure, Said};
use super::row::{Place, Row};
use super::search::Needle;
use super::theme::Theme;
use super::unread::Unread;

/// The entries that are kept; older ones go. Weeks of busy talk.
const MAX_ENTRIES: usize = 100_000;
/// The bytes that are kept; older entries go. A peer may send 60,000 bytes at a time.
const MAX_BYTES: usize = 64 << 20;
/// How many events stand in one quiet line.
const MAX_PARTS: usize = 6;

/// A row of the list: the entry's number, which it keeps for ever, and which of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The entry's number.
    pub entry: u64,
    /// The row in it.
    pub row: usize,
}

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reader {
    /// At the newest: follows what comes.
    #[default]
    Newest,
    /// This row is the uppermost, whatever comes.
    From(Spot),
}

/// What is to stand out, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marked<'a> {
    /// The entry that is selected.
    pub selected: Option<u64>,
    /// What was looked for.
    pub needle: Option<&'a Needle>,
    /// How things look.
    pub theme: &'static Theme,
}

/// The list.
#[derive(Debug, Default)]
pub struct List {
    entries: VecDeque<Kept>,
    /// The number of the first entry.
    first: u64,
    bytes: usize,
    reader: Reader,
    /// The newest message of each id, by its author (`None` is us).
    numbers: HashMap<(Option<InstanceId>, MessageId), u64>,
    /// Our messages, in order.
    mine: VecDeque<u64>,
    unread: Unread,
    /// Each thing that happens is an entry of its own.
    apart: bool,
    /// What the remembered heights were measured with, and how often that has changed.
    measured: Cell<(Measure, u32)>,
}

#[derive(Debug)]
struct Kept {
    entry: Entry,
    height: Cell<Option<Height>>,
}

/// How high an entry is, and when that holds.
#[derive(Debug, Clone, Copy)]
struct Height {
    rows: u32,
    measured: u32,
    place: [bool; 3],
}

impl List {
    /// Adds an entry at the end.
    pub fn push(&mut self, at: Clock, content: Content) {
        let number = self.end();
        if let Content::Said(said) = &content {
            self.numbers.insert((said.by(), said.id), number);
            match &said.author {
                Author::Me(_) => self.mine.push_back(number),
                Author::Peer { receipt, .. } => self.unread.came(number, *receipt),
            }
        }
        let entry = Entry { at, content };
        self.bytes += entry.weight();
        self.entries.push_back(Kept {
            entry,
            height: Cell::new(None),
        });
        while self.entries.len() > MAX_ENTRIES || (self.bytes > MAX_BYTES && self.entries.len() > 1) {
            self.drop_oldest();
        }
    }

    /// Says what happened, in the same line as what happened just before.
    pub fn quiet(&mut self, at: Clock, what: String) {
        if let Some(Kept { entry, height }) = self.entries.back_mut()
            && entry.at.date == at.date
            && !self.apart
            && let Content::Quiet(parts) = &mut entry.content
        {
            entry.at = at;
            if parts.len() == MAX_PARTS {
                parts.remove(0);
            }
            parts.push(what);
            height.set(None);
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
        self.entries.iter().map(|kept| &kept.entry)
    }

    /// A message by its author (`None` is us) and id.
    pub fn find(&self, author: Option<InstanceId>, id: MessageId) -> Option<u64> {
        self.numbers.get(&(author, id)).copied()
    }

    /// The message that somebody means; who is no peer here is us.
    pub fn target(&self, target: Target) -> Option<u64> {
        self.find(Some(target.author), target.id)
            .or_else(|| self.find(None, target.id))
    }

    /// The message of that number.
    pub fn said(&self, number: u64) -> Option<&Said> {
        match &self.get(number)?.content {
            Content::Said(said) => Some(said),
            _ => None,
        }
    }

    /// Changes the message of that number, and gives back what that gives back.
    pub fn change<T>(&mut self, number: u64, change: impl FnOnce(&mut Said) -> T) -> Option<T> {
        let at = self.index(number)?;
        let Kept { entry, height } = self.entries.get_mut(at)?;
        let before = entry.weight();
        let Content::Said(said) = &mut entry.content else {
            return None;
        };
        let given = change(said);
        height.set(None);
        self.bytes = (self.bytes + entry.weight()).saturating_sub(before);
        Some(given)
    }

    /// The last message of ours that is still there.
    pub fn last_mine(&self) -> Option<u64> {
        let there = |number: &u64| self.said(*number).is_some_and(|said| !said.deleted);
        self.mine.iter().rev().copied().find(there)
    }

    /// The next message above, or below, an entry, that `fits`.
    pub fn next(&self, from: u64, up: bool, mut fits: impl FnMut(&Said) -> bool) -> Option<u64> {
        let mut fitting = |number: &u64| self.said(*number).is_some_and(&mut fits);
        let from = from.clamp(self.first, self.end());
        if up {
            (self.first..from).rev().find(&mut fitting)
        } else {
            (from.saturating_add(1)..self.end()).find(&mut fitting)
        }
    }

    /// The first and the last message.
    pub fn ends(&self) -> Option<(u64, u64)> {
        let last = self.next(self.end(), true, |_| true)?;
        let first = (self.first..=last).find(|number| self.said(*number).is_some())?;
        Some((first, last))
    }

    /// Takes out what was to be handed over.
    pub fn forget_copyable(&mut self) {
        for Kept { entry, height } in &mut self.entries {
            if matches!(entry.content, Content::Copyable(_)) {
                entry.content = Content::Quiet(vec!["/invite shows again what to hand over".to_owned()]);
                height.set(None);
            }
        }
    }

    /// Takes everything out. The numbers go on, so that none ever means two entries.
    pub fn clear(&mut self) {
        *self = Self {
            first: self.end(),
            apart: self.apart,
            ..Self::default()
        };
    }

    fn drop_oldest(&mut self) {
        let Some(Kept { entry, .. }) = self.entries.pop_front() else {
            return;
        };
        let number = self.first;
        self.first += 1;
        self.bytes = self.bytes.saturating_sub(entry.weight());
        if let Content::Said(said) = &entry.content {
            let key = (said.by(), said.id);
            if self.numbers.get(&key) == Some(&number) {
                self.numbers.remove(&key);
            }
            match said.author {
                Author::Me(_) => drop(self.mine.pop_front()),
                Author::Peer { .. } => self.unread.forget(number),
            }
        }
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    fn get(&self, number: u64) -> Option<&Entry> {
        Some(&self.entries.get(self.index(number)?)?.entry)
    }

    /// What an entry's rows depend on beside itself.
    fn place<'a>(&'a self, number: u64, marked: Marked<'a>) -> Place<'a> {
        let mut place = Place {
            unread: self
                .unread
                .line()
                .filter(|line| line.entry == number)
                .map(|line| line.count),
            selected: marked.selected == Some(number),
            needle: marked.needle,
            theme: marked.theme,
            ..Place::default()
        };
        let Some(entry) = self.get(number) else {
            return place;
        };
        if let Content::Said(Said {
            reply_to: Some(target),
            ..
        }) = &entry.content
        {
            place.quoted = self.target(*target).and_then(|number| self.said(number));
        }
        let before = number.checked_sub(1).and_then(|before| self.get(before));
        if let Some(before) = before {
            place.new_day = before.at.date != entry.at.date;
            if let (Content::Said(one), Content::Said(other)) = (&before.content, &entry.content) {
                place.grouped = before.at == entry.at
                    && one.by() == other.by()
                    && one.name == other.name
                    && one.deed().is_none()
                    && place.unread.is_none();
            }
        }
        place
    }

    fn height(&self, number: u64, measure: Measure) -> usize {
        let Some(Kept { entry, height }) = self.index(number).and_then(|at| self.entries.get(at)) else {
            return 0;
        };
        let (with, mut measured) = self.measured.get();
        if with != measure {
            measured = measured.wrapping_add(1);
            self.measured.set((measure, measured));
        }
        let place = self.place(number, Marked::default());
        let place_now = [place.new_day, place.unread.is_some(), place.grouped];
        match height.get() {
            Some(known) if known.measured == measured && known.place == place_now => known.rows as usize,
            _ => {
                let rows = entry.rows(measure, place).len();
                height.set(Some(Height {
                    rows: u32::try_from(rows).unwrap_or(u32::MAX),
                    measured,
                    place: place_now,
                }));
                rows
            }
        }
    }

    /// The number after the last entry.
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The row that is so many above another, or the first one.
    fn above(&self, from: Spot, mut rows: usize, measure: Measure) -> Spot {
        let Spot { mut entry, mut row } = from;
        while rows > row {
            if entry <= self.first {
                return self.oldest();
            }
            rows -= row;
            entry -= 1;
            row = self.height(entry, measure);
        }
        Spot {
            entry,
            row: row - rows,
        }
    }

    fn oldest(&self) -> Spot {
        Spot {
            entry: self.first,
            row: 0,
        }
    }

    /// The row that is so many below another, or the one after the last.
    fn below(&self, from: Spot, mut rows: usize, measure: Measure) -> Spot {
        let Spot { mut entry, mut row } = from;
        while entry < self.end() {
            let left = self.height(entry, measure).saturating_sub(row);
            if rows < left {
                return Spot {
                    entry,
                    row: row + rows,
                };
            }
            rows -= left;
            entry += 1;
            row = 0;
        }
        Spot { entry, row: 0 }
    }

    /// The uppermost row when the newest is at the bottom.
    fn newest_top(&self, measure: Measure, height: usize) -> Spot {
        let end = Spot {
            entry: self.end(),
            row: 0,
        };
        self.above(end, height, measure)
    }

    /// The uppermost row as the reader has it.
    fn top(&self, measure: Measure, height: usize) -> Spot {
        let newest = self.newest_top(measure, height);
        match self.reader {
            Reader::Newest => newest,
            Reader::From(spot) => {
                // What was dropped is no place, and an entry may have fewer rows than it had.
                let entry = spot.entry.max(self.first);
                let last = self.height(entry, measure).saturating_sub(1);
                let row = if entry == spot.entry {
                    spot.row.min(last)
                } else {
                    0
                };
                Spot { entry, row }.min(newest)
            }
        }
    }

    /// Whether the reader is somewhere above the newest.
    pub fn is_scrolled(&self, measure: Measure, height: usize) -> bool {
        self.reader != Reader::Newest && self.top(measure, height) < self.newest_top(measure, height)
    }

    /// Scrolls by rows, up when negative. Whoever comes to the newest follows it from then on.
    pub fn scroll(&mut self, rows: isize, measure: Measure, height: usize) {
        let top = self.top(measure, height);
        let far = rows.unsigned_abs();
        let target = if rows == isize::MIN {
            // All the way, without measuring it.
            self.oldest()
        } else if rows < 0 {
            self.above(top, far, measure)
        } else {
            self.below(top, far, measure)
        };
        self.go_to(target, measure, height);
    }

    fn go_to(&mut self, target: Spot, measure: Measure, height: usize) {
        self.reader = if target >= self.newest_top(measure, height) {
            Reader::Newest
        } else {
            Reader::From(target)
        };
    }

    /// Scrolls as little as need be to have an entry on the screen; of one that is higher, the beginning.
    pub fn show(&mut self, number: u64, measure: Measure, height: usize) {
        let top = self.top(measure, height);
        let begin = Spot {
            entry: number,
            row: 0,
        };
        let rows = self.height(number, measure);
        let highest = self.above(
            Spot {
                entry: number,
                row: rows,
            },
            height,
            measure,
        );
        if begin <= top || rows >= height {
            self.go_to(begin, measure, height);
        } else if highest > top {
            self.go_to(highest, measure, height);
        }
    }

    /// The entries that are on the screen, some of them in part.
    pub fn shown(&self, measure: Measure, height: usize) -> Range<u64> {
        let top = self.top(measure, height);
        let bottom = self.below(top, height, measure);
        top.entry..(bottom.entry + u64::from(bottom.row > 0))
    }

    /// Where the reader is, to come back to.
    pub fn reader(&self) -> Reader {
        self.reader
    }

    /// Goes back to where the reader was.
    pub fn go_back(&mut self, reader: Reader) {
        self.reader = reader;
    }

    /// Stays here even when more comes.
    pub fn hold(&mut self, measure: Measure, height: usize) {
        self.reader = Reader::From(self.top(measure, height));
    }

    /// To the newest entry.
    pub fn to_newest(&mut self) {
        self.reader = Reader::Newest;
    }

    /// The rows on the screen, uppermost first.
    pub fn rows(&self, measure: Measure, height: usize, marked: Marked<'_>) -> Vec<Row> {
        let top = self.top(measure, height);
        let mut rows = Vec::with_capacity(height);
        let mut number = top.entry;
        while rows.len() < height
            && let Some(entry) = self.get(number)
        {
            let skip = if number == top.entry { top.row } else { 0 };
            let its = entry.rows(measure, self.place(number, marked));
            rows.extend(its.into_iter().skip(skip).take(height - rows.len()));
            number += 1;
        }
        rows
    }

    /// The messages of others whose last row is below the screen and that were never on it.
    pub fn below_unseen(&self, measure: Measure, height: usize) -> usize {
        let bottom = self.below(self.top(measure, height), height, measure);
        self.unread.from(bottom.entry)
    }

    /// Marks as seen the messages of others whose last row is on the screen. Gives back how far each peer's are
    /// read now, where that is further than before.
    pub fn see(&mut self, measure: Measure, height: usize) -> Vec<Receipt> {
        let top = self.top(measure, height);
        let bottom = self.below(top, height, measure);
        let read = self.unread.see(top.entry..bottom.entry);
        // A line before the reader's eyes stays where it is: without it, all rows would move.
        if self.unread.line().is_none_or(|line| line.entry < top.entry) {
            self.unread.draw_line();
        }
        read
    }

    /// Nobody looks: what came gets a line above it.
    pub fn unseen(&mut self) {
        self.unread.draw_line();
    }

    /// The reader has answered: the line above what was new goes.
    pub fn answered(&mut self) {
        self.unread.erase_line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::clock::TimeFormat;

    const MEASURE: Measure = Measure {
        width: 80,
        name: 4,
        time: TimeFormat::Hours24,
        bare: false,
    };

    fn list(entries: usize) -> List {
        let mut list = List::default();
        for number in 0..entries {
            list.push(Clock::default(), Content::Answer(format!("entry {number}")));
        }
        list
    }

    fn shown(list: &List, height: usize) -> Vec<String> {
        let rows = list.rows(MEASURE, height, Marked::default()).into_iter();
        rows.map(|row| row.line.to_string().trim_start_matches("00:00 entry ").to_owned())
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
        for _ in 0..70 {
            list.push(Clock::default(), Content::Answer("x".repeat(1 << 20)));
        }
        assert!(list.bytes <= MAX_BYTES);
        assert_eq!(list.rows(MEASURE, 5, Marked::default()).len(), 5);
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
