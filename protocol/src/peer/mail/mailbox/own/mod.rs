//! What we leave for who is away: sealed once, put until the relay has it, changed and withdrawn where it waits.

mod entry;
mod under_bonds;

use std::collections::VecDeque;
use std::time::Duration;

pub(super) use self::entry::Entry;
use self::entry::State;
use super::event::{Event, Waiting};
use super::limits::{OWN, RETRY};
use crate::kept::{DropHash, Placed, Put, Token};
use crate::peer::message::MessageId;
use crate::peer::name::Name;

/// What is to be taken out of the bag, and the message of ours that it is, where the user wants to know that it was there.
pub(super) type Drops = Vec<(Token, Option<MessageId>)>;

/// Everything of ours that waits, or is to.
#[derive(Default)]
pub(super) struct Own {
    entries: VecDeque<Entry>,
    /// The place of the next note.
    pub next: u32,
    /// Nothing is put before a look has ended.
    held: bool,
}

impl Own {
    /// Whether no more can be left.
    pub(super) fn is_full(&self) -> bool {
        self.entries.iter().filter(|entry| !entry.is_gone()).count() >= OWN
    }

    pub(super) fn add(&mut self, entry: Entry) {
        self.next = self.next.saturating_add(entry.under.is_none().into());
        self.entries.push_back(entry);
        // Of those that are gone, the last are known, so that a change of one is told to be too late.
        if self.entries.len() > 2 * OWN
            && let Some(at) = self.entries.iter().position(Entry::is_gone)
        {
            self.entries.remove(at);
        }
    }

    /// The lowest place that still waits, if the next one is put now.
    pub(super) fn lowest(&self) -> u32 {
        let waiting = self
            .entries
            .iter()
            .filter(|entry| !entry.is_gone() && entry.under.is_none());
        waiting.map(|entry| entry.note.index).min().unwrap_or(self.next)
    }

    pub(super) fn contains(&self, hash: &DropHash) -> bool {
        self.entries.iter().any(|entry| entry.hash() == *hash)
    }

    /// Takes out those of a message that are not gone, for whoever is named where somebody is.
    pub(super) fn withdraw(&mut self, id: MessageId, from: Option<&Name>) -> Vec<Entry> {
        let is_for = |to: &Name| from.is_none_or(|from| from.skeleton() == to.skeleton());
        self.take_out(|entry| {
            let is_his = entry.under.is_none() && entry.note.to.as_ref().is_none_or(is_for);
            entry.id == id && !entry.is_gone() && is_his
        })
    }

    fn take_out(&mut self, goes: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let entries = std::mem::take(&mut self.entries);
        let (gone, left): (Vec<_>, Vec<_>) = entries.into_iter().partition(goes);
        self.entries = VecDeque::from(left);
        gone
    }

    /// Whether a look has to end before anything is put.
    pub(super) fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Whether something of a message was left and is no longer there.
    pub(super) fn is_gone(&self, id: MessageId) -> bool {
        (self.entries.iter()).any(|entry| entry.id == id && entry.is_gone())
    }

    /// Whether a message was given to be kept for somebody, whatever became of it.
    pub(super) fn knows(&self, id: MessageId, to: Option<&Name>) -> bool {
        let to = to.map(Name::skeleton);
        let is_for = |entry: &Entry| entry.note.to.as_ref().map(Name::skeleton) == to;
        (self.entries.iter()).any(|entry| entry.id == id && is_for(entry))
    }

    /// Whether the relay keeps a message for all for whom it was left, or it was taken.
    pub(super) fn is_safe(&self, id: MessageId) -> bool {
        let mut entries = self.entries.iter().filter(|entry| entry.id == id).peekable();
        let is_safe = |entry: &Entry| entry.is_kept() || entry.state == State::Gone { taken: true };
        entries.peek().is_some() && entries.all(is_safe)
    }

    /// How many are to be put at once, or were and have no answer.
    pub(super) fn unsettled(&self, at: Duration) -> usize {
        let is_unsettled = |entry: &&Entry| match entry.state {
            State::Due(due) => due <= at,
            State::Asked | State::Unwritten(_) => true,
            State::Kept { .. } | State::Missing | State::Gone { .. } => false,
        };
        self.entries.iter().filter(is_unsettled).count()
    }

    /// When the next one is to be put.
    pub(super) fn next_due(&self) -> Option<Duration> {
        if self.held {
            return None;
        }
        let due = |entry: &Entry| match entry.state {
            State::Due(due) => Some(due),
            _ => None,
        };
        self.entries.iter().filter_map(due).min()
    }

    /// The next one to put: its hash, and what stands behind the signature.
    pub(super) fn next_put(&mut self, at: Duration, today: u32) -> Option<(DropHash, Vec<u8>)> {
        if self.held {
            return None;
        }
        let is_due = |entry: &&mut Entry| matches!(entry.state, State::Due(due) if due <= at);
        let entry = self.entries.iter_mut().find(is_due)?;
        let hash = entry.hash();
        // To the day that stands inside, however late it is put: a reader tells by it whether the clocks agree.
        let days = u8::try_from(entry.note.until.saturating_sub(today)).unwrap_or(u8::MAX);
        let put = Put {
            drop_hash: hash,
            days: days.max(1),
            drops: (entry.replaces.iter().map(|(token, _)| token))
                .chain(&entry.drops)
                .cloned()
                .collect(),
            blob: &entry.sealed.blob,
        };
        entry.state = State::Asked;
        entry.puts = entry.puts.saturating_add(1);
        put.encode().map(|put| (hash, put))
    }

    /// The relay keeps one. What it tells, and what is to be dropped for it.
    pub(super) fn placed(&mut self, hash: &DropHash, placed: &Placed, look: u64) -> (Vec<Event>, Drops) {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.hash() == *hash) else {
            return (Vec::new(), Vec::new());
        };
        let id = entry.id;
        // What it stands for had been taken: this would be read as a second message. After a put without an answer nobody
        // knows which of the two has dropped it.
        let was_kept = entry.replaces.as_ref().is_some_and(|(_, kept)| *kept);
        if was_kept && entry.puts == 1 && placed.dropped == [false] {
            entry.state = State::Gone { taken: true };
            return (
                vec![Event::TooLate { id }],
                vec![(entry.sealed.token.clone(), None)],
            );
        }
        let (until, durable) = (placed.until, placed.durable);
        entry.state = State::Kept { until, durable, look };
        let told = (!entry.is_receipt()).then_some(Event::Kept { id, until, durable });
        (told.into_iter().collect(), Vec::new())
    }

    /// The relay did not take one, or has not answered: it is put again later.
    pub(super) fn refused(&mut self, hash: &DropHash, at: Duration) -> Option<MessageId> {
        let entry = self.entries.iter_mut().find(|entry| entry.hash() == *hash)?;
        entry.state = State::Due(at.saturating_add(RETRY));
        (!entry.is_receipt()).then_some(entry.id)
    }

    /// The connection is gone: what has no answer is put again, the same bytes.
    pub(super) fn disconnected(&mut self) {
        for entry in &mut self.entries {
            if matches!(entry.state, State::Asked | State::Due(_)) {
                entry.state = State::Due(Duration::ZERO);
            }
        }
    }

    /// What the bag was seen to hold, by a look: who of ours is there no more.
    pub(super) fn seen(&mut self, is_there: impl Fn(&DropHash) -> bool, look: u64, today: u32) -> Vec<Event> {
        let mut gone = Vec::new();
        for entry in &mut self.entries {
            let State::Kept {
                until,
                durable,
                look: since,
            } = entry.state
            else {
                continue;
            };
            if since < look && !is_there(&entry.sealed.token.drop_hash()) {
                if entry.under.is_some() {
                    entry.state = State::Missing;
                    continue;
                }
                let taken = durable && today <= until;
                entry.state = State::Gone { taken };
                gone.push(Event::Gone { id: entry.id, taken });
            }
        }
        gone
    }

    /// What of ours the relay keeps.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Waiting> {
        self.entries.iter().filter_map(|entry| match entry.state {
            State::Kept { until, .. } => Waiting::of(&entry.note, true, entry.note.written, until),
            _ => None,
        })
    }
}
