//! A part of the table of rooms: those whose names begin with the same bits.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use sotto_protocol::Topic;

use super::record::{Emptied, Entry, Hashed, Life, Record, Standing};
use crate::{channel::room::Room, clock::Day};

/// A part of the table.
#[derive(Default)]
pub(super) struct Shard {
    /// By the room's name: the hashed room hash.
    pub(super) entries: HashMap<Hashed, Entry>,
    /// Rooms that nobody sits in, the longest empty first.
    pub(super) empty: BTreeMap<Emptied, Hashed>,
}

impl Shard {
    /// The live room of an entry; it is made if nobody sits there.
    pub(super) fn liven(&mut self, name: &Hashed, topic: &Topic) -> Option<Arc<Room>> {
        let entry = self.entries.get_mut(name)?;
        if let Life::Live(room) = &entry.life {
            return Some(room.clone());
        }
        let room = Arc::new(Room::new(topic.clone()));
        if let Life::Empty(place) = std::mem::replace(&mut entry.life, Life::Live(room.clone())) {
            self.empty.remove(&place);
        }
        Some(room)
    }

    /// Nobody sits there any more, or yet. `place` is where it stands among the empty ones, if it may go.
    pub(super) fn empty(&mut self, name: Hashed, place: Emptied) {
        let Some(entry) = self.entries.get_mut(&name) else {
            return;
        };
        if let Life::Empty(place) = entry.life {
            self.empty.remove(&place);
        }
        entry.life = if entry.saved && entry.record.standing < Standing::Operators {
            self.empty.insert(place, name);
            Life::Empty(place)
        } else {
            Life::Kept
        };
    }

    pub(super) fn insert(&mut self, name: Hashed, record: Record, saved: bool) {
        let entry = Entry {
            record,
            saved,
            life: Life::Kept,
        };
        self.entries.insert(name, entry);
    }

    pub(super) fn remove(&mut self, name: &Hashed) -> Option<Entry> {
        let entry = self.entries.remove(name)?;
        if let Life::Empty(place) = entry.life {
            self.empty.remove(&place);
        }
        Some(entry)
    }

    /// Since when the room that has been empty for longest is so.
    pub(super) fn longest_empty(&self) -> Option<Emptied> {
        self.empty.first_key_value().map(|(place, _)| *place)
    }

    /// Removes the empty rooms that do not stay today, and returns their names.
    pub(super) fn sweep(&mut self, today: Day, ttl: Option<u32>) -> Vec<Hashed> {
        let entries = &self.entries;
        let stays = |name: &Hashed| (entries.get(name)).is_some_and(|entry| entry.record.stays(today, ttl));
        let gone: Vec<Hashed> = (self.empty)
            .extract_if(.., |_, name| !stays(name))
            .map(|(_, name)| name)
            .collect();
        for name in &gone {
            self.entries.remove(name);
        }
        gone
    }
}
