//! The table of rooms: what a relay keeps.
//!
//! It is cut into shards, each under its own lock, so that joins of different rooms do not wait for each other. Only
//! joins, last leaves and the end of a room take one; what members push does not.
//!
//! All of it is in memory. Behind it may be a [`store`](crate::store) that is told which rooms have changed.

mod changes;
mod job;
mod kept;
mod record;
mod restore;
mod shard;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use sotto_protocol::{AccessHash, RoomHash, Topic};
use subtle::ConstantTimeEq;

use crate::{
    channel::reply::Refusal,
    channel::room::{Room, Seat},
    clock::Day,
    kept::{Calendar, Keeping},
    limits,
    socket::Outbound,
};
pub(crate) use changes::{Batch, Changes, NotSaved, Saving};
#[cfg(test)]
pub(crate) use job::NewBlob;
pub(crate) use job::{Answer, Ask, Found, Job, Outcome, Sender};
pub(crate) use kept::{Asked, Bags};
use record::{Emptied, Life, Row};
pub(crate) use record::{Hashed, Policy, Record, Standing, hashed};
use shard::Shard;

/// All rooms of a relay.
pub(crate) struct Rooms {
    policy: Policy,
    keeping: Keeping,
    /// When what is kept goes.
    calendar: Mutex<Calendar>,
    shards: Box<[Mutex<Shard>]>,
    /// How many there are in all shards.
    known: AtomicUsize,
    /// Numbers the rooms that became empty.
    emptied: AtomicU64,
    /// The day of the last sweep.
    swept: AtomicU32,
    /// Where the store hears of changes; without a store, memory is all there is.
    changes: Option<Arc<Changes>>,
}

/// What is behind a good pair of hashes.
pub(crate) struct Entered {
    /// The way in.
    pub(crate) entry: Entry,
    /// Who sat in the room under credentials that do not belong to it.
    pub(crate) expelled: Vec<Seat>,
}

/// The way into a room.
pub(crate) enum Entry {
    /// A room to be seated in.
    Open(Arc<Room>),
    /// The store does not have it yet: to be entered again when it does.
    Saving(Saving),
}

/// A room that one of its members has ended.
pub(crate) struct Ended {
    /// Who is to be told.
    pub(crate) others: Vec<Seat>,
    /// Until the store has forgotten it too.
    pub(crate) saving: Option<Saving>,
}

/// Why a member cannot end a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotEnded {
    /// Its seat is no longer held.
    Unseated,
    /// Something waits in the room, and who wants to end it did not show that he is a member.
    Unproven,
    /// The operator added the room.
    Operators,
}

/// Notices on their way to who sat in a room that is no more.
pub(crate) type Notices = Vec<(Arc<Outbound>, Bytes)>;

/// What a shard says of a pair of hashes.
enum Claim {
    Good,
    /// The room is held under another access hash, which gives way to this one.
    Takes,
    Wrong,
    Unknown,
}

impl Rooms {
    /// No rooms; `changes` is where a store hears of them.
    pub(crate) fn new(policy: Policy, changes: Option<Arc<Changes>>) -> Self {
        Self {
            policy,
            keeping: Keeping::default(),
            calendar: Mutex::new(Calendar::new(Day(0))),
            shards: std::iter::repeat_with(Mutex::default)
                .take(limits::SHARDS)
                .collect(),
            known: AtomicUsize::new(0),
            emptied: AtomicU64::new(0),
            swept: AtomicU32::new(0),
            changes,
        }
    }

    /// Lets rooms keep something. `seen`: the last day that is known to have been.
    pub(crate) fn with_keeping(self, keeping: Keeping, seen: Day) -> Self {
        Self {
            keeping,
            calendar: Mutex::new(Calendar::new(seen)),
            ..self
        }
    }

    /// How many rooms there are.
    pub(crate) fn count(&self) -> usize {
        self.known.load(Relaxed)
    }

    /// Whether new rooms are refused because the store cannot save them.
    pub(crate) fn is_degraded(&self) -> bool {
        self.changes.as_ref().is_some_and(|changes| changes.is_failing())
    }

    fn lock(&self, name: &Hashed) -> MutexGuard<'_, Shard> {
        // A name is a SHA-256 value: any bits of it are as good as any others.
        lock(&self.shards[usize::from(name[0]) % self.shards.len()])
    }

    fn next_place(&self, day: Day) -> Emptied {
        (day, self.emptied.fetch_add(1, Relaxed))
    }

    /// Finds the room, or makes it for the first who comes. A pair of hashes that belong together takes the room
    /// from a pair that does not: nobody can hold a room against those who know its passphrase.
    ///
    /// `may_make` is asked before a room is made.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`], [`Refusal::RateLimited`] when `may_make` says no, [`Refusal::RelayFull`].
    pub(crate) fn enter(
        &self,
        topic: &Topic,
        access: &AccessHash,
        today: Day,
        may_make: impl Fn() -> bool,
    ) -> Result<Entered, Refusal> {
        // All is worked out on every way, so that the time does not tell which one was taken.
        let proves_itself = RoomHash::of(access) == *topic.room();
        let access = hashed(&access.to_hex());
        let name = hashed(&topic.room().to_hex());
        // A room may come and go between two looks, but not for long.
        for _ in 0..limits::ATTEMPTS {
            let mut shard = self.lock(&name);
            match self.claim(&shard, &name, &access, proves_itself) {
                Claim::Good => {
                    let entry = self.enter_known(&mut shard, name, topic, today);
                    return Ok(Entered {
                        entry,
                        expelled: Vec::new(),
                    });
                }
                Claim::Wrong => return Err(Refusal::Unauthorized),
                Claim::Takes if !may_make() => return Err(Refusal::RateLimited),
                Claim::Takes => {
                    let expelled = match shard.remove(&name).map(|row| row.life) {
                        Some(Life::Live(room)) => room.dissolve(),
                        _ => Vec::new(),
                    };
                    let entry = self.make(&mut shard, name, Record::new(access, today), topic);
                    return Ok(Entered { entry, expelled });
                }
                Claim::Unknown => {}
            }
            drop(shard);
            if !self.has_space() {
                return Err(Refusal::RelayFull);
            }
            if !may_make() {
                return Err(Refusal::RateLimited);
            }
            if !self.take_space() {
                return Err(Refusal::RelayFull);
            }
            let mut shard = self.lock(&name);
            if shard.rows.contains_key(&name) {
                self.known.fetch_sub(1, Relaxed);
                continue;
            }
            let entry = self.make(&mut shard, name, Record::new(access, today), topic);
            return Ok(Entered {
                entry,
                expelled: Vec::new(),
            });
        }
        Err(Refusal::RelayFull)
    }

    /// Takes the time of a look, for a join that is refused without one.
    pub(crate) fn dummy_lookup(&self) {
        let access = AccessHash::from_bytes([0; 32]);
        let room = RoomHash::of(&access);
        let name = hashed(&room.to_hex());
        let _ = std::hint::black_box(self.claim(&self.lock(&name), &name, &hashed(&access.to_hex()), false));
    }

    fn claim(&self, shard: &Shard, name: &Hashed, access: &Hashed, proves_itself: bool) -> Claim {
        const NOBODYS: Hashed = [0; 32];
        let record = shard.rows.get(name).map(|row| &row.record);
        // Compared with something also when there is nothing to compare with: a stranger is not to learn from the
        // time which rooms there are.
        let good = bool::from(record.map_or(&NOBODYS, |record| &record.access).ct_eq(access));
        let standing = record.map(|record| record.standing);
        match standing {
            Some(Standing::Operators) if good => Claim::Good,
            Some(Standing::Operators) => Claim::Wrong,
            _ if self.policy.closed => Claim::Wrong,
            Some(_) if good => Claim::Good,
            Some(_) if proves_itself => Claim::Takes,
            Some(_) => Claim::Wrong,
            None => Claim::Unknown,
        }
    }

    /// Into a room that is known.
    fn enter_known(&self, shard: &mut Shard, name: Hashed, topic: &Topic, today: Day) -> Entry {
        if let Some(row) = shard.rows.get_mut(&name) {
            if let (false, Some(changes)) = (row.saved, &self.changes) {
                return Entry::Saving(changes.wait(name));
            }
            if row.record.used != today {
                row.record.used = today;
                self.note(name);
            }
        }
        // It stands in the shard, whose lock is held.
        let room = shard.open_live(&name, topic);
        Entry::Open(room.unwrap_or_else(|| Arc::new(Room::new(topic.clone()))))
    }

    /// A record for a room that has none, for which space was taken.
    fn make(&self, shard: &mut Shard, name: Hashed, record: Record, topic: &Topic) -> Entry {
        shard.insert(name, record, self.changes.is_none());
        self.enter_known(shard, name, topic, record.used)
    }

    /// Whether a room can be made: there is space, or an empty room that can go.
    fn has_space(&self) -> bool {
        self.known.load(Relaxed) < self.policy.max_rooms
            || (self.shards.iter()).any(|shard| lock(shard).longest_empty().is_some())
    }

    /// Takes the space for one room; the one that has been empty for longest goes if need be.
    fn take_space(&self) -> bool {
        let max = self.policy.max_rooms;
        let one_more = |known| (known < max).then_some(known + 1);
        loop {
            if self.known.try_update(Relaxed, Relaxed, one_more).is_ok() {
                return true;
            }
            // The file may bring more rooms than there may be: one is not always enough.
            if !self.drop_longest_empty() {
                return false;
            }
        }
    }

    fn drop_longest_empty(&self) -> bool {
        let oldest = (self.shards.iter())
            .filter_map(|shard| Some((lock(shard).longest_empty()?, shard)))
            .min_by_key(|(place, _)| *place);
        let Some((_, shard)) = oldest else {
            return false;
        };
        let mut shard = lock(shard);
        // Somebody may have come to it since: then it is not the oldest that goes, but one of the old.
        if let Some((_, name)) = shard.empty.pop_first() {
            self.remove(&mut shard, &name);
        }
        true
    }

    /// Takes a room out of the table, and tells the store.
    fn remove(&self, shard: &mut Shard, name: &Hashed) -> Option<Row> {
        let row = shard.remove(name)?;
        self.known.fetch_sub(1, Relaxed);
        self.note(*name);
        Some(row)
    }

    /// Tells the store, which need not hurry.
    fn note(&self, name: Hashed) {
        if let Some(changes) = &self.changes {
            changes.note(name);
        }
    }

    /// Keeps no more than the record of a room that the last one has left.
    pub(crate) fn vacate(&self, room: &Room, today: Day) {
        let name = hashed(&room.topic().room().to_hex());
        let mut shard = self.lock(&name);
        // Somebody may have come, or ended it, in the meantime. A room that is not gone is the one in the table.
        if let Some(met) = room.end_if_empty()
            && let Some(row) = shard.rows.get_mut(&name)
        {
            let before = row.record;
            row.record.used = today;
            if met {
                row.record.standing = before.standing.max(Standing::Met);
            }
            if row.record != before {
                self.note(name);
            }
            shard.empty(name, self.next_place(today));
        }
    }

    /// Destroys a room on behalf of one of its seats, which is a proven member's or not; the others are to be told.
    ///
    /// # Errors
    /// [`NotEnded`]; nothing has changed then.
    pub(crate) fn expire(&self, room: &Room, seat: u64, is_proven: bool) -> Result<Ended, NotEnded> {
        let name = hashed(&room.topic().room().to_hex());
        let mut shard = self.lock(&name);
        // The row is this room's unless the room is gone, and then nobody is seated.
        let row = shard.rows.get(&name);
        if row.is_some_and(|row| row.record.standing == Standing::Operators) && room.is_seated(seat) {
            return Err(NotEnded::Operators);
        }
        if !is_proven && row.is_some_and(|row| self.has_kept(row)) && room.is_seated(seat) {
            return Err(NotEnded::Unproven);
        }
        let others = room.expire(seat).ok_or(NotEnded::Unseated)?;
        self.remove(&mut shard, &name);
        let saving = (self.changes.as_ref()).map(|changes| changes.wait(name));
        Ok(Ended { others, saving })
    }

    /// Once a day: forgets the empty rooms whose time is over, and notes that the others are in use.
    pub(crate) fn sweep(&self, today: Day) {
        if self.swept.swap(today.0, Relaxed) == today.0 {
            return;
        }
        match &self.changes {
            Some(changes) => changes.sweep(today),
            None => {
                self.sweep_bags(today);
            }
        }
        for shard in &self.shards {
            let mut shard = lock(shard);
            for name in shard.sweep(today, self.policy.ttl) {
                self.known.fetch_sub(1, Relaxed);
                self.note(name);
            }
            for (name, row) in &mut shard.rows {
                let is_used = matches!(row.life, Life::Live(_)) || row.keeps();
                if is_used && row.record.used != today {
                    row.record.used = today;
                    self.note(*name);
                }
            }
        }
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // Nothing here leaves a shard half changed.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
