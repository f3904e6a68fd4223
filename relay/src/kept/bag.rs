//! What is known of the blobs of one room.

use std::sync::Arc;

use bytes::Bytes;
use sotto_protocol::kept::{self, DropHash, Token};

use super::{Keeping, Total};
use crate::{clock::Day, limits};

/// A blob that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// In the order in which they came.
    pub(crate) number: u64,
    /// Its last day.
    pub(crate) until: Day,
    /// Of the token that drops it.
    pub(crate) hash: DropHash,
    /// Its length.
    pub(crate) size: usize,
    /// Itself, unless it is in a file.
    pub(crate) blob: Option<Bytes>,
}

/// Why a blob is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// There is no place for it.
    Full,
    /// Its author has put too much.
    TooMuch,
}

/// The blobs of one room. They are counted in the total as long as it is there.
#[derive(Debug)]
pub(crate) struct Bag {
    total: Arc<Total>,
    /// The highest number that there ever was.
    highest: u64,
    /// In the order of their numbers.
    entries: Vec<Entry>,
    /// Of all of them.
    bytes: usize,
}

impl Bag {
    pub(crate) fn new(total: Arc<Total>) -> Self {
        Self {
            total,
            highest: 0,
            entries: Vec::new(),
            bytes: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All that waits.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Becomes what the file has, or what it was; no number is given twice.
    pub(crate) fn restore(&mut self, entries: Vec<Entry>) {
        let bytes = entries.iter().map(|entry| entry.size).sum();
        self.total.add(bytes);
        self.total.take(self.bytes);
        self.total.count(self.entries.len(), entries.len());
        self.highest = (entries.iter().map(|entry| entry.number)).fold(self.highest, u64::max);
        (self.entries, self.bytes) = (entries, bytes);
    }

    /// For each token whether its blob is there, and the numbers of those that are.
    fn find(&self, tokens: &[Token]) -> (Vec<bool>, Vec<u64>) {
        let mut numbers = Vec::new();
        let found = tokens.iter().map(|token| {
            let hash = token.drop_hash();
            let entry = self.entries.iter().find(|entry| entry.hash == hash);
            match entry.filter(|entry| !numbers.contains(&entry.number)) {
                Some(entry) => {
                    numbers.push(entry.number);
                    true
                }
                None => false,
            }
        });
        (found.collect(), numbers)
    }

    fn remove(&mut self, numbers: &[u64]) {
        let before = self.entries.len();
        self.entries.retain(|entry| !numbers.contains(&entry.number));
        self.bytes = self.entries.iter().map(|entry| entry.size).sum();
        self.total.count(before, self.entries.len());
    }

    /// Drops what the tokens name: for each whether it was there, and their numbers.
    pub(crate) fn take_out(&mut self, tokens: &[Token]) -> (Vec<bool>, Vec<u64>) {
        let (dropped, numbers) = self.find(tokens);
        let before = self.bytes;
        self.remove(&numbers);
        self.total.take(before - self.bytes);
        (dropped, numbers)
    }

    /// Takes a blob in and drops what the tokens name, or does nothing. The number, whether the blob is new, and what was
    /// dropped. `may_put` is asked when it takes more than it gives back.
    ///
    /// # Errors
    /// [`NotKept`].
    pub(crate) fn put(
        &mut self,
        new: Entry,
        drops: &[Token],
        keeping: &Keeping,
        is_settled: bool,
        may_put: impl FnOnce() -> bool,
    ) -> Result<Put, NotKept> {
        let (dropped, numbers) = self.find(drops);
        let goes = |entry: &&Entry| numbers.contains(&entry.number);
        let freed: usize = (self.entries.iter().filter(goes)).map(|entry| entry.size).sum();
        let known = (self.entries.iter()).find(|entry| entry.hash == new.hash && !goes(entry));
        if let Some((number, until)) = known.map(|entry| (entry.number, entry.until)) {
            self.remove(&numbers);
            self.total.take(freed);
            return Ok(Put {
                number,
                until,
                is_new: false,
                dropped,
                numbers,
            });
        }
        // Whoever gives back a place and as many bytes is never refused: else nobody could answer what fills a bag.
        if freed < new.size {
            let has_place = self.entries.len() - numbers.len() < limits::KEPT_BLOBS
                && self.bytes - freed + new.size <= keeping.room;
            // Only asked, so that a refusal takes nothing of a quota.
            if !has_place || (self.total.bytes() + new.size).saturating_sub(freed) > keeping.share(is_settled)
            {
                return Err(NotKept::Full);
            }
            if !may_put() {
                return Err(NotKept::TooMuch);
            }
        }
        if !self.total.exchange(new.size, freed, keeping.share(is_settled)) {
            return Err(NotKept::Full);
        }
        self.remove(&numbers);
        self.highest = self.highest.saturating_add(1);
        self.bytes += new.size;
        self.total.count(0, 1);
        let (number, until) = (self.highest, new.until);
        self.entries.push(Entry { number, ..new });
        Ok(Put {
            number,
            until,
            is_new: true,
            dropped,
            numbers,
        })
    }

    /// What one get brings: the entries above a number, and whether there are more above them.
    pub(crate) fn after(&self, number: u64, blobs: bool) -> (&[Entry], bool) {
        let first = self.entries.partition_point(|entry| entry.number <= number);
        let above = &self.entries[first..];
        let mut bytes = 0;
        let count = if blobs {
            let fits = |entry: &&Entry| {
                bytes += entry.size;
                bytes <= kept::GET_BYTES
            };
            // A single one may be larger than all that fit, by the next version's buckets.
            (above.iter().take_while(fits).count()).max(above.len().min(1))
        } else {
            above.len()
        };
        (&above[..count], count < above.len())
    }

    /// Forgets what was to stay until before today, and lets nothing stay longer than `longest` days from now, whatever
    /// clock it came under.
    pub(crate) fn sweep(&mut self, today: Day, longest: u32) {
        let over: Vec<u64> = (self.entries.iter())
            .filter(|entry| entry.until < today)
            .map(|entry| entry.number)
            .collect();
        let before = self.bytes;
        self.remove(&over);
        self.total.take(before - self.bytes);
        let last = Day(today.0.saturating_add(longest));
        for entry in &mut self.entries {
            entry.until = entry.until.min(last);
        }
    }
}

/// What came of a put.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Put {
    /// Of the blob.
    pub(crate) number: u64,
    /// Its last day.
    pub(crate) until: Day,
    /// It was not there before.
    pub(crate) is_new: bool,
    /// For each token, whether its blob was there.
    pub(crate) dropped: Vec<bool>,
    /// Of what was dropped.
    pub(crate) numbers: Vec<u64>,
}

impl Drop for Bag {
    fn drop(&mut self) {
        self.total.take(self.bytes);
        self.total.count(self.entries.len(), 0);
    }
}

#[cfg(test)]
mod tests;
