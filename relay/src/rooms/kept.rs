//! What the table of rooms does with their bags.

use std::sync::{Arc, PoisonError};

use sotto_protocol::{
    AccessHash,
    kept::{Placed, Token},
};
use subtle::ConstantTimeEq;

use super::{
    Rooms,
    job::{Answer, Answering, Ask, Found, Job, NewBlob, Outcome, answering},
    lock,
    record::{Hashed, Life, Row, Standing, hashed},
};
use crate::{
    channel::{reply::Refusal, room::Room},
    clock::Day,
    kept::{Bag, Entry, Keeping, NotKept},
    limits,
};

/// What a job comes to: at once, or when the store has done it.
pub(crate) enum Asked {
    Now(Answer),
    Later(Answering),
}

/// What is in the bags of a file, by room.
pub(crate) type Bags = std::collections::HashMap<Hashed, Vec<Entry>>;

impl Rooms {
    pub(crate) fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    /// Whether this is the access hash of a room.
    pub(crate) fn is_access(&self, room: &Room, access: &AccessHash) -> bool {
        let (name, access) = (hashed(&room.topic().room().to_hex()), hashed(&access.to_hex()));
        let shard = self.lock(&name);
        (shard.rows.get(&name)).is_some_and(|row| row.record.access.ct_eq(&access).into())
    }

    /// Does something with the bag of a room that somebody sits in.
    pub(crate) fn ask(&self, room: &Arc<Room>, ask: Ask, today: Day) -> Asked {
        let job = Job {
            name: hashed(&room.topic().room().to_hex()),
            room: room.clone(),
            ask,
        };
        let Some(changes) = &self.changes else {
            return Asked::Now(self.perform(job, today).answer);
        };
        let (sender, waiting) = answering();
        if changes.ask(job, sender) {
            Asked::Later(waiting)
        } else {
            Asked::Now(Answer::Refused(Refusal::RateLimited))
        }
    }

    /// Does it in the table. With a store only the store's thread calls this.
    pub(crate) fn perform(&self, job: Job, today: Day) -> Outcome {
        let Job { name, room, ask } = job;
        let mut outcome = Outcome {
            name,
            answer: Answer::Refused(Refusal::KeptFull),
            new: None,
            gone: Vec::new(),
            before: None,
            reads: false,
        };
        let mut shard = self.lock(&name);
        // A room that was ended meanwhile has no bag, and another of its name is not the one that was meant.
        let Some(row) = (shard.rows.get_mut(&name))
            .filter(|row| row.saved && matches!(&row.life, Life::Live(live) if Arc::ptr_eq(live, &room)))
        else {
            return outcome;
        };
        match ask {
            Ask::Put {
                hash,
                days,
                drops,
                blob,
                may_put,
            } => {
                let new = NewBlob {
                    number: 0,
                    until: today.0.saturating_add(days.min(self.keeping.days).into()),
                    hash,
                    blob,
                };
                self.put(&mut outcome, row, new, &drops, today, may_put);
            }
            Ask::Get(get) => {
                let entries = row.bag.as_deref().map(|bag| bag.after(get.after, get.blobs));
                let (entries, more) = entries.unwrap_or_default();
                let found = entries.iter().map(|entry| Found {
                    number: entry.number,
                    days_left: u8::try_from(entry.until.since(today)).unwrap_or(u8::MAX),
                    hash: entry.hash,
                    blob: entry.blob.clone().filter(|_| get.blobs),
                });
                let found = found.collect();
                outcome.answer = Answer::Got { found, more };
                outcome.reads = get.blobs && self.changes.is_some();
            }
            Ask::Drop(tokens) => {
                outcome.before = self.undo(row);
                let (dropped, gone) = match &mut row.bag {
                    Some(bag) => bag.take_out(&tokens),
                    None => (vec![false; tokens.len()], Vec::new()),
                };
                outcome.answer = Answer::Dropped(dropped);
                outcome.gone = gone;
            }
        }
        outcome
    }

    fn put(
        &self,
        outcome: &mut Outcome,
        row: &mut Row,
        new: NewBlob,
        drops: &[Token],
        today: Day,
        may_put: impl FnOnce() -> bool,
    ) {
        // Where no two ever met nobody waits for anything.
        let met = row.record.standing > Standing::Tried
            || matches!(&row.life, Life::Live(room) if room.is_paired());
        if !met {
            return;
        }
        let is_settled = row.record.standing == Standing::Operators
            || today.since(row.record.made) >= limits::KEPT_SETTLED;
        let is_in_file = self.changes.is_some();
        let before = self.undo(row);
        let entry = Entry {
            number: 0,
            until: Day(new.until),
            hash: new.hash,
            size: new.blob.len(),
            blob: (!is_in_file).then(|| new.blob.clone()),
        };
        let total = &self.keeping.total;
        let bag = (row.bag).get_or_insert_with(|| Box::new(Bag::new(total.clone())));
        match bag.put(entry, drops, &self.keeping, is_settled, may_put) {
            Ok(put) => {
                row.record.standing = row.record.standing.max(Standing::Met);
                row.record.used = row.record.used.max(today);
                outcome.before = before;
                outcome.gone = put.numbers;
                outcome.new = put.is_new.then_some(NewBlob {
                    number: put.number,
                    ..new
                });
                let placed = Placed {
                    number: put.number,
                    until: put.until.0,
                    durable: is_in_file,
                    dropped: put.dropped,
                };
                outcome.answer = Answer::Placed {
                    placed,
                    is_new: put.is_new,
                };
            }
            Err(not_kept) => {
                outcome.answer = Answer::Refused(match not_kept {
                    NotKept::Full => Refusal::KeptFull,
                    NotKept::TooMuch => Refusal::RateLimited,
                });
            }
        }
    }

    /// What the bag is to become again if the file does not take what is done to it.
    fn undo(&self, row: &Row) -> Option<Vec<Entry>> {
        let entries = row.bag.as_deref().map(Bag::entries).unwrap_or_default();
        self.changes.is_some().then(|| entries.to_vec())
    }

    /// The file did not take what was done.
    pub(crate) fn not_kept(&self, name: &Hashed, before: Vec<Entry>) {
        let mut shard = self.lock(name);
        if let Some(bag) = shard.rows.get_mut(name).and_then(|row| row.bag.as_deref_mut()) {
            bag.restore(before);
        }
    }

    /// Whether something is in the bag of a room.
    pub(super) fn has_kept(&self, row: &Row) -> bool {
        self.keeping.is_on() && row.keeps()
    }

    /// Takes over what the file has in a room's bag.
    pub(super) fn restore_bag(&self, row: &mut Row, entries: Vec<Entry>) {
        if row.bag.is_some() || !entries.is_empty() {
            let total = &self.keeping.total;
            (row.bag)
                .get_or_insert_with(|| Box::new(Bag::new(total.clone())))
                .restore(entries);
        }
    }

    /// Forgets what was to stay until yesterday, if the clock is to be believed. `true` if so.
    pub(crate) fn sweep_bags(&self, today: Day) -> bool {
        let mut calendar = self.calendar.lock().unwrap_or_else(PoisonError::into_inner);
        if !calendar.may_sweep(today) {
            return false;
        }
        drop(calendar);
        for shard in &self.shards {
            let mut shard = lock(shard);
            let mut emptied = Vec::new();
            for (name, row) in &mut shard.rows {
                let Some(bag) = row.bag.as_deref_mut().filter(|bag| !bag.is_empty()) else {
                    continue;
                };
                bag.sweep(today, limits::KEPT_LONGEST.into());
                if bag.is_empty() && !matches!(row.life, Life::Live(_)) {
                    emptied.push((*name, row.record.used));
                }
            }
            for (name, used) in emptied {
                shard.empty(name, self.next_place(used));
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
