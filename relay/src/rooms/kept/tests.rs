use sotto_protocol::kept::DropHash;

use super::*;
use crate::rooms::{Entry as Way, Policy, Record, Topic};
use sotto_protocol::RoomHash;

const TODAY: Day = Day(20_000);

fn rooms(max_rooms: usize) -> Rooms {
    let policy = Policy {
        max_rooms,
        closed: false,
        ttl: Some(3),
    };
    Rooms::new(policy, None).with_keeping(Keeping::new(7, 1 << 18, 1 << 20), TODAY)
}

fn access(byte: u8) -> AccessHash {
    AccessHash::from_bytes([byte; 32])
}

fn topic(byte: u8) -> Topic {
    Topic::of(&RoomHash::of(&access(byte)))
}

fn entry(number: u8, until: u32) -> Entry {
    Entry {
        number: number.into(),
        until: Day(TODAY.0 + until),
        hash: DropHash([number; 32]),
        size: 256,
        blob: None,
    }
}

/// A room in which two have met, and in which something waits.
fn keep(rooms: &Rooms, byte: u8, until: u32) {
    let record = Record {
        standing: Standing::Met,
        ..Record::new(hashed(&access(byte).to_hex()), TODAY)
    };
    let name = hashed(&topic(byte).room().to_hex());
    rooms.restore(name, record, vec![entry(1, until)]);
}

fn enter(rooms: &Rooms, byte: u8) -> Result<Arc<Room>, Refusal> {
    match rooms.enter(&topic(byte), &access(byte), TODAY, || true)?.entry {
        Way::Open(room) => Ok(room),
        Way::Saving(_) => panic!("nothing has to be saved"),
    }
}

fn blobs(rooms: &Rooms) -> usize {
    rooms.keeping().total.blobs()
}

#[test]
fn a_room_in_which_something_waits_makes_no_place_for_another() {
    let rooms = rooms(2);
    keep(&rooms, 1, 7);
    keep(&rooms, 2, 7);
    assert!(enter(&rooms, 3).is_err());
    // Nor after somebody was there.
    let room = enter(&rooms, 1).unwrap();
    rooms.vacate(&room, TODAY);
    assert!(enter(&rooms, 3).is_err());
    assert_eq!((rooms.count(), blobs(&rooms)), (2, 2));
    for day in 1..=8 {
        rooms.sweep(Day(TODAY.0 + day));
    }
    assert_eq!((rooms.count(), blobs(&rooms)), (2, 0));
    assert!(enter(&rooms, 3).is_ok());
}

#[test]
fn a_room_counts_as_used_until_what_waits_in_it_is_over() {
    let rooms = rooms(10);
    keep(&rooms, 1, 5);
    // The last day of the blob is the fifth; the room has three more without anybody.
    for (day, left) in (1..).zip([1, 1, 1, 1, 1, 1, 1, 1, 0]) {
        rooms.sweep(Day(TODAY.0 + day));
        assert_eq!(rooms.count(), left, "after {day} days");
    }
}

#[test]
fn a_jump_of_the_clock_takes_neither_blob_nor_room() {
    let rooms = rooms(10);
    keep(&rooms, 1, 5);
    rooms.sweep(Day(TODAY.0 + 9_000));
    rooms.sweep(TODAY);
    assert_eq!((rooms.count(), blobs(&rooms)), (1, 1));
}

#[test]
fn whoever_takes_the_room_or_removes_it_takes_the_bag_out_of_the_total() {
    let rooms = rooms(10);
    let forged = Record {
        standing: Standing::Met,
        ..Record::new([9; 32], TODAY)
    };
    let name = hashed(&topic(1).room().to_hex());
    rooms.restore(name, forged, vec![entry(1, 7)]);
    assert_eq!(blobs(&rooms), 1);
    enter(&rooms, 1).unwrap();
    assert_eq!(blobs(&rooms), 0);
    keep(&rooms, 2, 7);
    rooms.retain(|_| false);
    assert_eq!((rooms.count(), blobs(&rooms)), (0, 0));
}
