//! What the store does with the table.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    Notices, Rooms, lock,
    record::{Hashed, Life, Record, Standing},
};
use crate::kept::Entry;

impl Rooms {
    /// The record of a room, and whether the store has one already.
    pub(crate) fn record(&self, name: &Hashed) -> Option<(Record, bool)> {
        let shard = self.lock(name);
        let row = shard.rows.get(name)?;
        Some((row.record, row.saved))
    }

    /// The store has this record now.
    pub(crate) fn saved(&self, name: &Hashed, record: &Record) {
        let mut shard = self.lock(name);
        if let Some(row) = shard.rows.get_mut(name)
            && !row.saved
            && row.record.access == record.access
        {
            row.saved = true;
            shard.empty(*name, self.next_place(record.used));
        }
    }

    /// The store could not save it: it is as if nobody had asked for it.
    pub(crate) fn not_saved(&self, name: &Hashed) {
        let mut shard = self.lock(name);
        if shard.rows.get(name).is_some_and(|row| !row.saved) && shard.remove(name).is_some() {
            self.known.fetch_sub(1, Relaxed);
        }
    }

    /// Takes over what the store has of a room and in its bag, which somebody else may have changed.
    pub(crate) fn restore(&self, name: Hashed, record: Record, kept: Vec<Entry>) -> Notices {
        let mut shard = self.lock(&name);
        // Only the store changes bags, so what it has of one is what there is.
        if let Some(row) = shard.rows.get_mut(&name).filter(|row| row.saved) {
            self.restore_bag(row, kept.clone());
        }
        // What has been changed here since and is not yet written counts more, unless the operator wants it so.
        if record.standing < Standing::Operators
            && (self.changes.as_ref()).is_some_and(|changes| changes.has(&name))
        {
            return Notices::new();
        }
        let place = self.next_place(record.used);
        let Some(row) = shard.rows.get_mut(&name) else {
            self.known.fetch_add(1, Relaxed);
            shard.insert(name, record, true);
            if let Some(row) = shard.rows.get_mut(&name) {
                self.restore_bag(row, kept);
            }
            shard.empty(name, place);
            return Notices::new();
        };
        let known = row.record;
        let shut_out = self.policy.closed && record.standing < Standing::Operators;
        row.record = record;
        row.record.used = record.used.max(known.used);
        if !std::mem::replace(&mut row.saved, true) {
            self.restore_bag(row, kept);
        }
        if known.access == record.access && known.ended == record.ended && !shut_out {
            if !matches!(row.life, Life::Live(_)) {
                shard.empty(name, place);
            }
            return Notices::new();
        }
        let life = std::mem::replace(&mut row.life, Life::Kept);
        if let Life::Empty(place) = life {
            shard.empty.remove(&place);
        }
        shard.empty(name, place);
        notices(&life)
    }

    /// Forgets the rooms that the store has had and no longer has: the operator removed them.
    pub(crate) fn retain(&self, has: impl Fn(&Hashed) -> bool) -> Notices {
        let mut told = Notices::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            let gone: Vec<Hashed> = (shard.rows.iter())
                .filter(|(name, row)| row.saved && !has(name))
                .map(|(name, _)| *name)
                .collect();
            for name in gone {
                if let Some(row) = shard.remove(&name) {
                    self.known.fetch_sub(1, Relaxed);
                    told.extend(notices(&row.life));
                }
            }
        }
        told
    }
}

/// Ends the room that a row stood for.
fn notices(life: &Life) -> Notices {
    let Life::Live(room) = life else {
        return Notices::new();
    };
    let seats = room.dissolve().into_iter();
    seats.map(|seat| seat.expire(room.topic())).collect()
}
