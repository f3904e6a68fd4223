//! What the reader has not seen yet. Nothing here takes longer the more there is in the list.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use sotto_protocol::instance::Receipt;
use sotto_protocol::message::InstanceId;

/// The messages of others that were not seen, by their entries' numbers.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// In order.
    unseen: VecDeque<u64>,
    /// What each peer was not yet told of as read, in order: the first of each is not seen.
    untold: BTreeMap<InstanceId, VecDeque<(u64, Receipt)>>,
    line: Option<Line>,
}

/// The line above what was new when the reader came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// The entry below it.
    pub(crate) entry: u64,
    /// How many messages were new.
    pub(crate) count: usize,
    /// Not all of them were seen yet; what comes counts as one of them.
    grows: bool,
}

/// What was before a reader's eyes, and was not before.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) entries: Vec<u64>,
    /// How far each peer's messages are read now, where that is further than before.
    pub(crate) read: Vec<Receipt>,
}

impl Unread {
    /// A message of a peer's came.
    pub(crate) fn came(&mut self, number: u64, receipt: Option<Receipt>) {
        if let Some(line) = self.line.as_mut().filter(|line| line.grows) {
            line.count += 1;
        }
        self.unseen.push_back(number);
        if let Some(receipt) = receipt {
            let untold = self.untold.entry(receipt.peer).or_default();
            untold.push_back((number, receipt));
        }
    }

    /// An entry that came as nobody's is a peer's, from here on in its stream.
    pub(crate) fn claim(&mut self, number: u64, receipt: Receipt) {
        let untold = self.untold.entry(receipt.peer).or_default();
        untold.push_back((number, receipt));
    }

    /// These entries were before a reader's eyes. A peer's messages are read up to the last before the first that
    /// was not seen.
    pub(crate) fn see(&mut self, entries: Range<u64>) -> Seen {
        let from = self.place(entries.start);
        let to = self.place(entries.end);
        if from >= to {
            return Seen::default();
        }
        let entries = self.unseen.drain(from..to).collect();
        self.settle();
        let mut read = Vec::new();
        let unseen = &self.unseen;
        self.untold.retain(|_, untold| {
            let mut last = None;
            while let Some((number, receipt)) = untold.front().copied()
                && unseen.binary_search(&number).is_err()
            {
                last = Some(receipt);
                untold.pop_front();
            }
            read.extend(last);
            !untold.is_empty()
        });
        Seen { entries, read }
    }

    /// The first entry went.
    pub(crate) fn forget(&mut self, number: u64) {
        if self.unseen.front() == Some(&number) {
            self.unseen.pop_front();
            self.settle();
        }
        self.untold.retain(|_, untold| {
            if untold.front().is_some_and(|(first, _)| *first == number) {
                untold.pop_front();
            }
            !untold.is_empty()
        });
    }

    /// How many there are from an entry on.
    pub(crate) fn from(&self, number: u64) -> usize {
        self.unseen.len() - self.place(number)
    }

    /// The reader does not look, or not at the end: what is new gets a line above it.
    pub(crate) fn draw_line(&mut self) {
        let Some(&first) = self.unseen.front() else { return };
        if !self.line.is_some_and(|line| line.grows) {
            self.line = Some(Line {
                entry: first,
                count: self.unseen.len(),
                grows: true,
            });
        }
    }

    /// The line, if there is one.
    pub(crate) fn line(&self) -> Option<Line> {
        self.line
    }

    /// The reader has answered: nothing above is new any more.
    pub(crate) fn erase_line(&mut self) {
        self.line = None;
    }

    fn settle(&mut self) {
        if self.unseen.is_empty()
            && let Some(line) = &mut self.line
        {
            line.grows = false;
        }
    }

    fn place(&self, number: u64) -> usize {
        self.unseen.partition_point(|unseen| *unseen < number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: InstanceId = InstanceId([1; 16]);
    const CARL: InstanceId = InstanceId([3; 16]);

    fn came(messages: &[(u64, InstanceId)]) -> Unread {
        let mut unread = Unread::default();
        for &(number, peer) in messages {
            unread.came(number, Some(Receipt { peer, number }));
        }
        unread
    }

    fn read(unread: &mut Unread, entries: Range<u64>) -> Vec<(InstanceId, u64)> {
        let seen = unread.see(entries);
        seen.read
            .iter()
            .map(|receipt| (receipt.peer, receipt.number))
            .collect()
    }

    #[test]
    fn a_peer_is_read_up_to_the_first_that_was_not_seen() {
        let mut unread = came(&[(1, ANNA), (2, CARL), (3, ANNA), (5, ANNA)]);
        assert_eq!(read(&mut unread, 2..4), [(CARL, 2)]);
        assert_eq!(unread.from(0), 2);
        assert_eq!(read(&mut unread, 1..2), [(ANNA, 3)]);
        assert_eq!(read(&mut unread, 1..4), []);
        assert_eq!(read(&mut unread, 0..9), [(ANNA, 5)]);
    }

    #[test]
    fn what_was_dropped_unseen_is_never_told_as_read_and_holds_up_nothing() {
        let mut unread = came(&[(1, ANNA), (2, ANNA)]);
        unread.forget(1);
        assert_eq!(unread.from(0), 1);
        assert_eq!(read(&mut unread, 0..9), [(ANNA, 2)]);
    }

    #[test]
    fn the_line_stays_until_all_below_it_was_seen_and_more_is_new() {
        let mut unread = came(&[(1, ANNA)]);
        unread.draw_line();
        unread.came(
            2,
            Some(Receipt {
                peer: ANNA,
                number: 2,
            }),
        );
        unread.see(1..2);
        unread.draw_line();
        let line = unread.line().unwrap();
        assert_eq!((line.entry, line.count), (1, 2));
        unread.see(2..3);
        unread.came(
            3,
            Some(Receipt {
                peer: ANNA,
                number: 3,
            }),
        );
        assert_eq!(unread.line().map(|line| line.count), Some(2));
        unread.draw_line();
        let line = unread.line().unwrap();
        assert_eq!((line.entry, line.count), (3, 1));
    }
}
