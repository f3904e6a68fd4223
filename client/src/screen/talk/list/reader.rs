//! The reader's place in the list, and what is on the screen from there.

use std::ops::Range;
use std::time::Duration;

use sotto_protocol::instance::Receipt;
use sotto_protocol::kept::DropHash;

use super::{Height, Kept, List, Marked, Reader, Spot};
use crate::screen::talk::entry::{Author, Measure, Said};
use crate::screen::talk::row::{Place, Row};
use crate::screen::talk::unread::Seen;
use crate::screen::theme::Theme;

impl List {
    /// The rows of the entry that stands there.
    fn height(&self, at: usize, measure: Measure) -> usize {
        let Some(Kept { entry, height, .. }) = self.entries.get(at) else {
            return 0;
        };
        let (with, mut measured) = self.measured.get();
        if with != measure {
            measured = measured.wrapping_add(1);
            self.measured.set((measure, measured));
        }
        let place = self.place(at, Marked::default());
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

    /// A row of the entry that stands there, or of the one to come.
    fn spot(&self, at: usize, row: usize) -> Spot {
        let entry = self.entries.get(at).map_or(self.pushed, |kept| kept.number);
        Spot { entry, row }
    }

    /// The row that is so many above another, or the first one.
    fn above(&self, from: Spot, mut rows: usize, measure: Measure) -> Spot {
        let (mut at, mut row) = (self.at(from.entry), from.row);
        while rows > row {
            if at == 0 {
                return self.oldest();
            }
            rows -= row;
            at -= 1;
            row = self.height(at, measure);
        }
        self.spot(at, row - rows)
    }

    fn oldest(&self) -> Spot {
        self.spot(0, 0)
    }

    /// The row that is so many below another, or the one after the last.
    fn below(&self, from: Spot, mut rows: usize, measure: Measure) -> Spot {
        let (mut at, mut row) = (self.at(from.entry), from.row);
        while at < self.entries.len() {
            let left = self.height(at, measure).saturating_sub(row);
            if rows < left {
                return self.spot(at, row + rows);
            }
            rows -= left;
            at += 1;
            row = 0;
        }
        self.spot(at, 0)
    }

    /// The uppermost row when the newest is at the bottom.
    fn newest_top(&self, measure: Measure, height: usize) -> Spot {
        self.above(self.spot(self.entries.len(), 0), height, measure)
    }

    /// The uppermost row as the reader has it.
    fn top(&self, measure: Measure, height: usize) -> Spot {
        let newest = self.newest_top(measure, height);
        match self.reader {
            Reader::Newest => newest,
            Reader::From(spot) => {
                // What went is no place, and an entry may have fewer rows than it had.
                let here = self.spot(self.at(spot.entry), 0);
                let last = self.height(self.at(spot.entry), measure).saturating_sub(1);
                let row = if here == (Spot { row: 0, ..spot }) {
                    spot.row.min(last)
                } else {
                    0
                };
                Spot { row, ..here }.min(newest)
            }
        }
    }

    /// Whether the reader is somewhere above the newest.
    pub(crate) fn is_scrolled(&self, measure: Measure, height: usize) -> bool {
        self.reader != Reader::Newest && self.top(measure, height) < self.newest_top(measure, height)
    }

    /// Scrolls by rows, up when negative. Whoever comes to the newest follows it from then on.
    pub(crate) fn scroll(&mut self, rows: isize, measure: Measure, height: usize) {
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
    pub(crate) fn show(&mut self, number: u64, measure: Measure, height: usize) {
        let top = self.top(measure, height);
        let begin = Spot {
            entry: number,
            row: 0,
        };
        let rows = self.height(self.at(number), measure);
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
    pub(crate) fn shown(&self, measure: Measure, height: usize) -> Range<u64> {
        let top = self.top(measure, height);
        let bottom = self.below(top, height, measure);
        top.entry..(bottom.entry + u64::from(bottom.row > 0))
    }

    /// Where the reader is, to come back to.
    pub(crate) fn reader(&self) -> Reader {
        self.reader
    }

    /// Goes back to where the reader was.
    pub(crate) fn go_back(&mut self, reader: Reader) {
        self.reader = reader;
    }

    /// Stays here even when more comes.
    pub(crate) fn hold(&mut self, measure: Measure, height: usize) {
        self.reader = Reader::From(self.top(measure, height));
    }

    pub(crate) fn go_to_newest(&mut self) {
        self.reader = Reader::Newest;
    }

    /// The rows on the screen, uppermost first.
    pub(crate) fn rows(
        &self,
        measure: Measure,
        height: usize,
        marked: Marked<'_>,
        theme: &Theme,
    ) -> Vec<Row> {
        let top = self.top(measure, height);
        let mut rows = Vec::with_capacity(height);
        let (first, mut skip) = (self.at(top.entry), top.row);
        for (at, kept) in self.entries.range(first..).enumerate() {
            if rows.len() >= height {
                break;
            }
            let place = self.place(first + at, marked);
            let its = kept.entry.rows(measure, Place { theme, ..place });
            rows.extend(its.into_iter().skip(skip).take(height - rows.len()));
            skip = 0;
        }
        rows
    }

    /// The message of a row on the screen, counted from the uppermost one of the list.
    pub(crate) fn message_at(&self, measure: Measure, height: usize, row: usize) -> Option<u64> {
        let spot = self.below(self.top(measure, height), row, measure);
        self.said(spot.entry).map(|_| spot.entry)
    }

    /// The messages of others whose last row is below the screen and that were never on it.
    pub(crate) fn below_unseen(&self, measure: Measure, height: usize) -> usize {
        let bottom = self.below(self.top(measure, height), height, measure);
        self.unread.from(bottom.entry)
    }

    /// Marks as seen the messages of others whose last row is on the screen: for those that fade, the clock begins.
    /// Gives back how far each peer's are read now, where that is further than before, and what of it was left on the
    /// relay.
    pub(crate) fn see(
        &mut self,
        measure: Measure,
        height: usize,
        now: Duration,
    ) -> (Vec<Receipt>, Vec<DropHash>) {
        let top = self.top(measure, height);
        let bottom = self.below(top, height, measure);
        let Seen { entries, read } = self.unread.see(top.entry..bottom.entry);
        let mut left = Vec::new();
        for number in entries {
            if let Some(Said {
                author: Author::Left(handle),
                ..
            }) = self.said(number)
            {
                left.push(*handle);
            }
            self.fade_from(number, now);
        }
        // A line before the reader's eyes stays where it is: without it, all rows would move.
        if self.unread.line().is_none_or(|line| line.entry < top.entry) {
            self.unread.draw_line();
        }
        (read, left)
    }

    /// Nobody looks: what came gets a line above it.
    pub(crate) fn unseen(&mut self) {
        self.unread.draw_line();
    }

    /// The reader has answered: the line above what was new goes.
    pub(crate) fn answered(&mut self) {
        self.unread.erase_line();
    }
}
