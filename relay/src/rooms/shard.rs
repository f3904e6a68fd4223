//! A part of the table of rooms: those whose names begin with the same bits.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use sotto_protocol::Topic;

use super::record::{Emptied, Hashed, Life, Record, Row, Standing};
use crate::{channel::room::Room, clock::Day};

/// A part of the table.
#[derive(Default)]
pub(super) struct Shard {
    /// By the room's name: the hashed room hash.
    pub(super) rows: HashMap<Hashed, Row>,
    /// Rooms that nobody sits in, the longest empty first.
    pub(super) empty: BTreeMap<Emptied, Hashed>,
}

impl Shard {
    /// The live room of a row; it is made if nobody sits there.
    pub(super) fn open_live(&mut self, name: &Hashed, topic: &Topic) -> Option<Arc<Room>> {
        let row = self.rows.get_mut(name)?;
        if let Life::Live(room) = &row.life {
            return Some(room.clone());
        }
        let room = Arc::new(Room::new(topic.clone()));
        if let Life::Empty(place) = std::mem::replace(&mut row.life, Life::Live(room.clone())) {
            self.empty.remove(&place);
        }
        Some(room)
    }

    /// Nobody sits there any more, or yet. `place` is where it stands among the empty ones, if it may go.
    pub(super) fn empty(&mut self, name: Hashed, place: Emptied) {
        let Some(row) = self.rows.get_mut(&name) else {
            return;
        };
        if let Life::Empty(place) = row.life {
            self.empty.remove(&place);
        }
        row.life = if row.saved && row.record.standing < Standing::Operators && !row.keeps() {
            self.empty.insert(place, name);
            Life::Empty(place)
        } else {
            Life::Kept
        };
    }

    pub(super) fn insert(&mut self, name: Hashed, record: Record, saved: bool) {
        let row = Row {
            record,
            saved,
            life: Life::Kept,
            bag: None,
        };
        self.rows.insert(name, row);
    }

    pub(super) fn remove(&mut self, name: &Hashed) -> Option<Row> {
        let row = self.rows.remove(name)?;
        if let Life::Empty(place) = row.life {
            self.empty.remove(&place);
        }
        Some(row)
    }

    /// Since when the room that has been empty for longest is so.
    pub(super) fn longest_empty(&self) -> Option<Emptied> {
        self.empty.first_key_value().map(|(place, _)| *place)
    }

    /// Removes the empty rooms that do not stay today, and returns their names.
    pub(super) fn sweep(&mut self, today: Day, ttl: Option<u32>) -> Vec<Hashed> {
        let rows = &self.rows;
        let stays = |name: &Hashed| (rows.get(name)).is_some_and(|row| row.record.stays(today, ttl));
        let gone: Vec<Hashed> = (self.empty)
            .extract_if(.., |_, name| !stays(name))
            .map(|(_, name)| name)
            .collect();
        for name in &gone {
            self.rows.remove(name);
        }
        gone
    }
}
