//! The message list: what was said and what happened, and the reader's place in it.
//!
//! Nothing that a key does takes longer the longer the list is: heights are remembered, messages are found by who
//! wrote them, and what is unread is kept apart.

mod expiry;
mod reader;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use sotto_protocol::instance::{Receipt, Target};
use sotto_protocol::message::{InstanceId, MessageId};

use super::clock::Clock;
use super::entry::{Author, Content, Entry, Measure, NOBODY, Said};
use super::expiry::Fades;
use super::row::Place;
use super::unread::Unread;
use crate::screen::text::search::Needle;

/// The entries that are kept; older ones go. Weeks of busy talk.
const MAX_ENTRIES: usize = 100_000;
/// The bytes that are kept; older entries go. A peer may send 60,000 bytes at a time.
const MAX_BYTES: usize = 64 << 20;
/// How many events stand in one quiet line.
const MAX_PARTS: usize = 6;

/// A row of the list: the entry's number, which it keeps for ever, and which of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) entry: u64,
    pub(crate) row: usize,
}

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Reader {
    /// At the newest: follows what comes.
    #[default]
    Newest,
    /// This row is the uppermost, whatever comes.
    From(Spot),
}

/// What is to stand out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marked<'a> {
    /// The entry that is selected.
    pub(crate) selected: Option<u64>,
    /// What was looked for.
    pub(crate) needle: Option<&'a Needle>,
}

/// The list.
#[derive(Debug, Default)]
pub struct List {
    /// In the order of their numbers; those of entries that went are left out.
    entries: VecDeque<Kept>,
    /// How many there ever were: the number of the next one.
    pushed: u64,
    bytes: usize,
    reader: Reader,
    /// The newest message of each id, by its author (`None` is us).
    numbers: HashMap<(Option<InstanceId>, MessageId), u64>,
    /// Our messages, in order.
    mine: VecDeque<u64>,
    unread: Unread,
    /// When the messages go whose clock runs, and their numbers.
    fading: BTreeSet<(Duration, u64)>,
    /// Each thing that happens is an entry of its own.
    apart: bool,
    /// What the remembered heights were measured with, and how often that has changed.
    measured: Cell<(Measure, u32)>,
}

#[derive(Debug)]
struct Kept {
    number: u64,
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
        let number = self.pushed;
        self.pushed += 1;
        if let Content::Said(said) = &content {
            self.numbers.insert((said.by(), said.id), number);
            match &said.author {
                Author::Me(_) => self.mine.push_back(number),
                Author::Peer { receipt, .. } => self.unread.came(number, Some(*receipt)),
                Author::Left(_) => self.unread.came(number, None),
            }
        }
        let entry = Entry { at, content };
        self.bytes += entry.weight();
        self.entries.push_back(Kept {
            number,
            entry,
            height: Cell::new(None),
        });
        while self.entries.len() > MAX_ENTRIES || (self.bytes > MAX_BYTES && self.entries.len() > 1) {
            self.drop_oldest();
        }
    }

    /// Says what happened, in the same line as what happened just before, which keeps the time of the first.
    pub(crate) fn quiet(&mut self, at: Clock, what: String) {
        if let Some(Kept { entry, height, .. }) = self.entries.back_mut()
            && entry.at.date == at.date
            && !self.apart
            && let Content::Quiet(parts) = &mut entry.content
        {
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
    pub(crate) fn stands_alone(&mut self) {
        self.apart = true;
    }

    /// How many entries were ever added.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// All entries, oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().map(|kept| &kept.entry)
    }

    /// A message by its author (`None` is us) and id.
    pub(crate) fn find(&self, author: Option<InstanceId>, id: MessageId) -> Option<u64> {
        self.numbers.get(&(author, id)).copied()
    }

    /// The message that somebody means; who is no peer here is us.
    pub(crate) fn target(&self, target: Target) -> Option<u64> {
        self.find(Some(target.author), target.id)
            .or_else(|| self.find(None, target.id))
    }

    /// The message of that number.
    pub(crate) fn said(&self, number: u64) -> Option<&Said> {
        match &self.get(number)?.content {
            Content::Said(said) => Some(said),
            _ => None,
        }
    }

    /// Changes the message of that number, and gives back what that gives back.
    pub(crate) fn change<T>(&mut self, number: u64, change: impl FnOnce(&mut Said) -> T) -> Option<T> {
        let at = self.index(number)?;
        let Kept { entry, height, .. } = self.entries.get_mut(at)?;
        let before = entry.weight();
        let Content::Said(said) = &mut entry.content else {
            return None;
        };
        let given = change(said);
        height.set(None);
        self.bytes = (self.bytes + entry.weight()).saturating_sub(before);
        Some(given)
    }

    /// What was left on the relay under an id has come live: it is changed, and found as its author's. Whether it is read
    /// is told from the next one on, as a peer's messages are read in order.
    pub(crate) fn claim(&mut self, id: MessageId, receipt: Receipt, change: impl FnOnce(&mut Said)) {
        if let Some(number) = self.numbers.remove(&(Some(NOBODY), id)) {
            self.numbers.insert((Some(receipt.peer), id), number);
            self.change(number, change);
            self.unread.claim(number, receipt);
        }
    }

    /// The last message of ours that is still there.
    pub(crate) fn last_mine(&self) -> Option<u64> {
        let there = |number: &u64| self.said(*number).is_some_and(|said| !said.deleted);
        self.mine.iter().rev().copied().find(there)
    }

    /// The next message above, or below, an entry, that `fits`.
    pub(crate) fn next(&self, from: u64, up: bool, mut fits: impl FnMut(&Said) -> bool) -> Option<u64> {
        let fitting = |kept: &&Kept| match &kept.entry.content {
            Content::Said(said) => fits(said),
            _ => false,
        };
        let found = if up {
            self.entries.range(..self.at(from)).rev().find(fitting)
        } else {
            let below = self.at(from.saturating_add(1));
            self.entries.range(below..).find(fitting)
        };
        found.map(|kept| kept.number)
    }

    /// The first and the last message.
    pub(crate) fn ends(&self) -> Option<(u64, u64)> {
        let is_said = |kept: &&Kept| matches!(kept.entry.content, Content::Said(_));
        let first = self.entries.iter().find(is_said)?;
        let last = self.entries.iter().rev().find(is_said)?;
        Some((first.number, last.number))
    }

    /// Takes out what was to be handed over.
    pub(crate) fn forget_copyable(&mut self) {
        for Kept { entry, height, .. } in &mut self.entries {
            if matches!(entry.content, Content::Copyable(_)) {
                entry.content = Content::Quiet(vec!["/invite shows again what to hand over".to_owned()]);
                height.set(None);
            }
        }
    }

    /// Takes everything out. The numbers go on, so that none ever means two entries.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            pushed: self.pushed,
            apart: self.apart,
            ..Self::default()
        };
    }

    fn drop_oldest(&mut self) {
        let Some(kept) = self.entries.pop_front() else {
            return;
        };
        self.unlink(&kept);
        let Kept { number, entry, .. } = kept;
        if let Content::Said(said) = entry.content {
            match said.author {
                Author::Me(_) => drop(self.mine.pop_front()),
                Author::Peer { .. } | Author::Left(_) => self.unread.forget(number),
            }
        }
    }

    /// An entry went: nothing leads to it any more.
    fn unlink(&mut self, Kept { number, entry, .. }: &Kept) {
        self.bytes = self.bytes.saturating_sub(entry.weight());
        let Content::Said(said) = &entry.content else {
            return;
        };
        let key = (said.by(), said.id);
        if self.numbers.get(&key) == Some(number) {
            self.numbers.remove(&key);
        }
        if let Fades::At(due) = said.fades {
            self.fading.remove(&(due, *number));
        }
    }

    /// Where the entry of that number stands, or the next one after it.
    fn at(&self, number: u64) -> usize {
        // While nothing in between has gone, the numbers count.
        let first = self.entries.front().map_or(0, |kept| kept.number);
        let counted = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        match self.entries.get(counted) {
            Some(kept) if kept.number == number => counted,
            _ => self.entries.partition_point(|kept| kept.number < number),
        }
    }

    /// Where the entry of that number stands, while it is there.
    fn index(&self, number: u64) -> Option<usize> {
        let at = self.at(number);
        (self.entries.get(at)?.number == number).then_some(at)
    }

    fn get(&self, number: u64) -> Option<&Entry> {
        Some(&self.entries.get(self.index(number)?)?.entry)
    }

    /// What the rows of the entry that stands there depend on beside itself.
    fn place<'a>(&'a self, at: usize, marked: Marked<'a>) -> Place<'a> {
        let Some(Kept { number, entry, .. }) = self.entries.get(at) else {
            return Place::default();
        };
        let mut place = Place {
            unread: self
                .unread
                .line()
                .filter(|line| line.entry == *number)
                .map(|line| line.count),
            selected: marked.selected == Some(*number),
            needle: marked.needle,
            ..Place::default()
        };
        if let Content::Said(Said {
            reply_to: Some(target),
            ..
        }) = &entry.content
        {
            place.quoted = self.target(*target).and_then(|number| self.said(number));
        }
        let before = at.checked_sub(1).and_then(|before| self.entries.get(before));
        if let Some(Kept { entry: before, .. }) = before {
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
}

#[cfg(test)]
mod tests;
