//! The table of rooms: what a relay keeps.
//!
//! One lock guards it. Only joins, last leaves and the end of a room take it; what members push does not.

use std::{
    collections::{BTreeMap, HashMap, hash_map},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};
use sotto_protocol::{AccessHash, RoomHash, Topic};
use subtle::ConstantTimeEq;

use crate::{
    clock::Day,
    reply::Refusal,
    room::{Room, Seat},
};

/// All rooms of a relay.
pub struct Rooms {
    max_rooms: usize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// By SHA-256 of the written room hash.
    records: HashMap<[u8; 32], Record>,
    /// Rooms that nobody sits in, the longest empty first.
    empty: BTreeMap<Emptied, [u8; 32]>,
    /// Numbers the rooms that became empty.
    emptied: u64,
}

/// What is kept of a room.
struct Record {
    /// SHA-256 of the written access hash.
    access: [u8; 32],
    made: Day,
    used: Day,
    /// Two seats were taken at the same time, once.
    paired: bool,
    life: Life,
}

enum Life {
    /// Somebody sits in it, or is about to.
    Live(Arc<Room>),
    /// Nobody does; its place among the empty ones.
    Empty(Emptied),
}

/// The day on which a room became empty, and its place among all that ever did.
type Emptied = (Day, u64);

/// A room to be seated in.
pub struct Entered {
    /// The room.
    pub room: Arc<Room>,
    /// Who sat in it under credentials that do not belong to it.
    pub expelled: Vec<Seat>,
}

/// SHA-256 of a hash as it is written.
fn key(hex: &str) -> [u8; 32] {
    Sha256::digest(hex.as_bytes()).into()
}

impl Table {
    fn make(&mut self, name: [u8; 32], topic: &Topic, access: [u8; 32], today: Day) -> Arc<Room> {
        let room = Arc::new(Room::new(topic.clone()));
        let record = Record {
            access,
            made: today,
            used: today,
            paired: false,
            life: Life::Live(room.clone()),
        };
        self.records.insert(name, record);
        room
    }

    fn remove(&mut self, name: &[u8; 32]) -> Option<Record> {
        let record = self.records.remove(name)?;
        if let Life::Empty(place) = record.life {
            self.empty.remove(&place);
        }
        Some(record)
    }
}

impl Rooms {
    /// No rooms, and space for so many.
    pub fn new(max_rooms: usize) -> Self {
        Self {
            max_rooms,
            table: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing here leaves the table half changed.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the room, or makes it for the first who comes. A pair of hashes that belong together takes the room
    /// from a pair that does not: nobody can hold a room against those who know its passphrase.
    ///
    /// `may_make` is asked before a room is made.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`], [`Refusal::RateLimited`] when `may_make` says no, [`Refusal::RelayFull`].
    pub fn enter(
        &self,
        topic: &Topic,
        access: &AccessHash,
        today: Day,
        may_make: impl FnOnce() -> bool,
    ) -> Result<Entered, Refusal> {
        // Both are worked out on every way, so that the time does not tell which one was taken.
        let proves_itself = RoomHash::of(access) == *topic.room();
        let access = key(&access.to_hex());
        let name = key(&topic.room().to_hex());

        let mut table = self.lock();
        let table = &mut *table;
        let mut expelled = Vec::new();
        if let hash_map::Entry::Occupied(mut entry) = table.records.entry(name) {
            let record = entry.get_mut();
            if bool::from(record.access.ct_eq(&access)) {
                record.used = today;
                let room = match &record.life {
                    Life::Live(room) => room.clone(),
                    Life::Empty(place) => {
                        table.empty.remove(place);
                        let room = Arc::new(Room::new(topic.clone()));
                        record.life = Life::Live(room.clone());
                        room
                    }
                };
                return Ok(Entered { room, expelled });
            }
            if !proves_itself {
                return Err(Refusal::Unauthorized);
            }
            if !may_make() {
                return Err(Refusal::RateLimited);
            }
            if let Some(Life::Live(room)) = table.remove(&name).map(|record| record.life) {
                expelled = room.dissolve();
            }
        } else {
            if table.records.len() >= self.max_rooms && table.empty.is_empty() {
                return Err(Refusal::RelayFull);
            }
            if !may_make() {
                return Err(Refusal::RateLimited);
            }
            if table.records.len() >= self.max_rooms
                && let Some((_, oldest)) = table.empty.pop_first()
            {
                table.records.remove(&oldest);
            }
        }
        let room = table.make(name, topic, access, today);
        Ok(Entered { room, expelled })
    }

    /// Keeps no more than the record of a room that the last one has left.
    pub fn vacate(&self, room: &Room, today: Day) {
        let name = key(&room.topic().room().to_hex());
        let mut table = self.lock();
        let table = &mut *table;
        // Somebody may have come, or ended it, in the meantime. A room that is not gone is the one in the table.
        if let Some(paired) = room.end_if_empty()
            && let Some(record) = table.records.get_mut(&name)
        {
            record.used = today;
            record.paired |= paired;
            let emptied = (record.used, table.emptied);
            record.life = Life::Empty(emptied);
            table.empty.insert(emptied, name);
            table.emptied += 1;
        }
    }

    /// Destroys a room on behalf of one of its seats; the others are to be told.
    ///
    /// `None` when the seat is no longer held.
    pub fn expire(&self, room: &Room, seat: u64) -> Option<Vec<Seat>> {
        let name = key(&room.topic().room().to_hex());
        let mut table = self.lock();
        let others = room.expire(seat)?;
        table.remove(&name);
        Some(others)
    }

    /// Forgets empty rooms that never had two seats, when the day after the one that they were made on is over.
    pub fn sweep(&self, today: Day) {
        let mut table = self.lock();
        let table = &mut *table;
        let records = &mut table.records;
        table.empty.retain(|_, name| {
            let keep = records
                .get(name)
                .is_some_and(|record| record.paired || today.0.saturating_sub(record.made.0) < 2);
            if !keep {
                records.remove(name);
            }
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day(20_000);

    fn access(byte: u8) -> AccessHash {
        AccessHash::from_bytes([byte; 32])
    }

    /// The topic that belongs to an access hash.
    fn topic(byte: u8) -> Topic {
        Topic::of(&RoomHash::of(&access(byte)))
    }

    fn enter(rooms: &Rooms, topic: &Topic, access: &AccessHash) -> Result<Arc<Room>, Refusal> {
        rooms
            .enter(topic, access, TODAY, || true)
            .map(|entered| entered.room)
    }

    /// Enters a room and leaves it.
    fn visit(rooms: &Rooms, byte: u8) {
        let room = enter(rooms, &topic(byte), &access(byte)).unwrap();
        rooms.vacate(&room, TODAY);
    }

    fn known(rooms: &Rooms) -> usize {
        rooms.lock().records.len()
    }

    #[test]
    fn all_who_enter_with_the_same_hashes_meet() {
        let rooms = Rooms::new(10);
        let first = enter(&rooms, &topic(1), &access(1)).unwrap();
        let second = enter(&rooms, &topic(1), &access(1)).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(known(&rooms), 1);
    }

    #[test]
    fn another_access_hash_is_unauthorized_even_when_the_room_is_empty() {
        let rooms = Rooms::new(10);
        let unproven = topic(9);
        let room = enter(&rooms, &unproven, &access(1)).unwrap();
        assert_eq!(
            enter(&rooms, &unproven, &access(2)).err(),
            Some(Refusal::Unauthorized)
        );
        rooms.vacate(&room, TODAY);
        assert_eq!(
            enter(&rooms, &unproven, &access(2)).err(),
            Some(Refusal::Unauthorized)
        );
        assert!(enter(&rooms, &unproven, &access(1)).is_ok());
    }

    #[test]
    fn hashes_that_belong_together_take_the_room_and_keep_it() {
        let rooms = Rooms::new(10);
        let squatted = enter(&rooms, &topic(1), &access(2)).unwrap();
        let owned = enter(&rooms, &topic(1), &access(1)).unwrap();
        assert!(!Arc::ptr_eq(&squatted, &owned));
        assert_eq!(
            enter(&rooms, &topic(1), &access(2)).err(),
            Some(Refusal::Unauthorized)
        );
        // The squatter's last seat does not empty the owner's room.
        rooms.vacate(&squatted, TODAY);
        assert!(Arc::ptr_eq(
            &owned,
            &enter(&rooms, &topic(1), &access(1)).unwrap()
        ));
    }

    #[test]
    fn whoever_may_make_no_more_rooms_still_enters_those_that_there_are() {
        let rooms = Rooms::new(10);
        visit(&rooms, 1);
        let enter = |byte| rooms.enter(&topic(byte), &access(byte), TODAY, || false);
        assert_eq!(enter(2).err(), Some(Refusal::RateLimited));
        assert!(enter(1).is_ok());
    }

    #[test]
    fn the_room_that_has_been_empty_for_longest_goes_when_another_is_made() {
        let rooms = Rooms::new(3);
        let unproven = topic(9);
        let room = enter(&rooms, &unproven, &access(1)).unwrap();
        rooms.vacate(&room, TODAY);
        visit(&rooms, 2);
        let _seated = enter(&rooms, &topic(3), &access(3)).unwrap();
        // To be entered again makes it the youngest.
        let room = enter(&rooms, &unproven, &access(1)).unwrap();
        rooms.vacate(&room, TODAY);
        let _fourth = enter(&rooms, &topic(4), &access(4)).unwrap();
        assert_eq!(
            enter(&rooms, &unproven, &access(2)).err(),
            Some(Refusal::Unauthorized)
        );
        let _fifth = enter(&rooms, &topic(5), &access(5)).unwrap();
        assert_eq!(
            enter(&rooms, &topic(6), &access(6)).err(),
            Some(Refusal::RelayFull)
        );
        assert_eq!(known(&rooms), 3);
    }

    #[test]
    fn an_empty_room_that_never_had_two_seats_goes_after_a_day() {
        let rooms = Rooms::new(10);
        visit(&rooms, 1);
        let _entered = enter(&rooms, &topic(2), &access(2)).unwrap();
        rooms.sweep(Day(TODAY.0 + 1));
        assert_eq!(known(&rooms), 2);
        rooms.sweep(Day(TODAY.0 + 2));
        assert_eq!(known(&rooms), 1);
        assert!(rooms.lock().empty.is_empty());
    }
}
