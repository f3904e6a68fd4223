use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use sotto_protocol::{AccessHash, RoomHash, RoomId, Topic, kept::DropHash};
use tempfile::TempDir;

use super::sqlite::Change;
use super::*;
use crate::{
    limits,
    rooms::{Answer, Entry, Hashed, NewBlob, Outcome, Record, Standing},
};

const TODAY: Day = Day(20_000);

fn id(room: Hashed, access: Hashed) -> RoomId {
    RoomId { room, access }
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rooms.db");
    (folder, path)
}

fn record(byte: u8) -> Record {
    Record::new([byte; 32], TODAY)
}

fn names(path: &Path) -> Vec<Hashed> {
    let file = Database::open_beside(path).unwrap();
    file.rooms().unwrap().into_iter().map(|(name, _)| name).collect()
}

fn policy(ttl: Option<u32>) -> Policy {
    Policy {
        max_rooms: 100,
        closed: false,
        ttl,
    }
}

/// All bytes of all files of the database.
fn bytes(folder: &TempDir) -> Vec<u8> {
    let files = fs::read_dir(folder.path()).unwrap();
    files
        .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(folder: &TempDir, hash: Hashed) -> bool {
    bytes(folder).windows(32).any(|window| window == hash)
}

#[test]
fn what_is_deleted_is_in_no_file_once_the_log_is_shortened() {
    let (folder, path) = place();
    let mut file = Database::open(&path).unwrap();
    let rooms: Vec<(Hashed, Record)> = (1..=200).map(|byte| ([byte; 32], record(byte ^ 0xff))).collect();
    file.write(rooms.iter().map(|(name, record)| Change::Add(name, record)))
        .unwrap();
    assert!(file.shorten_log().unwrap());
    assert!(holds(&folder, [9; 32]) && holds(&folder, [9 ^ 0xff; 32]));
    file.write([Change::Remove(&[9; 32])].into_iter()).unwrap();
    assert!(file.shorten_log().unwrap());
    assert!(!holds(&folder, [9; 32]) && !holds(&folder, [9 ^ 0xff; 32]));
    assert_eq!(file.rooms().unwrap().len(), 199);
}

#[test]
fn the_log_is_shortened_within_a_minute() {
    assert!(limits::LOG_AGE + limits::STORE_TICK + limits::STORE_BUSY < Duration::from_secs(60));
}

#[test]
fn a_file_that_was_not_finished_is_made_again() {
    let (folder, path) = place();
    fs::write(folder.path().join("rooms.db-new"), "half").unwrap();
    fs::write(folder.path().join("rooms.db-new-journal"), "half").unwrap();
    assert_eq!(Database::open(&path).unwrap().rooms().unwrap(), []);
    assert!(!folder.path().join("rooms.db-new").exists());
}

#[test]
fn what_the_relay_writes_undoes_nothing_that_the_operator_did() {
    let (_folder, path) = place();
    let mut file = Database::open(&path).unwrap();
    let [added, removed, taken] = [[1; 32], [2; 32], [3; 32]];
    file.add(&id(added, [7; 32]), None, false, TODAY).unwrap();
    let used = record(7);
    file.write(
        [
            Change::Add(&added, &record(8)),
            Change::Use(&removed, &used),
            Change::Add(&taken, &used),
        ]
        .into_iter(),
    )
    .unwrap();
    file.add(&id(taken, [9; 32]), Some("note"), true, TODAY).unwrap();
    file.write(
        [
            Change::Use(&taken, &used),
            Change::Remove(&taken),
            Change::Remove(&added),
        ]
        .into_iter(),
    )
    .unwrap();
    let found: Vec<_> = (file.list().unwrap().into_iter())
        .map(|room| (room.name, room.record.access, room.record.standing))
        .collect();
    let operators = Standing::Operators;
    assert_eq!(found, [(added, [7; 32], operators), (taken, [9; 32], operators)]);
}

/// Joins until the room is saved, and goes again.
async fn visit(rooms: &Rooms, byte: u8) -> Hashed {
    let access = AccessHash::from_bytes([byte; 32]);
    let topic = Topic::of(&RoomHash::of(&access));
    loop {
        match rooms.enter(&topic, &access, TODAY, || true).unwrap().entry {
            Entry::Open(room) => {
                rooms.vacate(&room, TODAY);
                return crate::rooms::hashed(&topic.room().to_hex());
            }
            Entry::Saving(saving) => saving.await.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_room_is_entered_only_when_the_file_has_it_and_all_who_wait_are_told() {
    let (_folder, path) = place();
    let (rooms, store) = open_file(&path, policy(None), Keeping::default(), TODAY).unwrap();
    let access = AccessHash::from_bytes([1; 32]);
    let topic = Topic::of(&RoomHash::of(&access));
    let ways = [(); 2].map(|()| rooms.enter(&topic, &access, TODAY, || true).unwrap().entry);
    for way in ways {
        let Entry::Saving(saving) = way else {
            panic!("it cannot be saved yet")
        };
        saving.await.unwrap();
        assert_eq!(names(&path).len(), 1);
    }
    assert!(matches!(
        rooms.enter(&topic, &access, TODAY, || true).unwrap().entry,
        Entry::Open(_)
    ));
    drop(store);
}

#[tokio::test]
async fn a_known_room_is_entered_while_the_disk_is_busy() {
    let (_folder, path) = place();
    let (rooms, store) = open_file(&path, policy(None), Keeping::default(), TODAY).unwrap();
    visit(&rooms, 1).await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    visit(&rooms, 1).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    other.execute_batch("ROLLBACK").unwrap();
    drop(store);
}

#[tokio::test]
async fn rooms_go_from_the_file_on_their_day() {
    let (_folder, path) = place();
    let (rooms, store) = open_file(&path, policy(Some(30)), Keeping::default(), TODAY).unwrap();
    let tried = visit(&rooms, 1).await;
    drop(store);
    let mut file = Database::open(&path).unwrap();
    let met = Record {
        standing: Standing::Met,
        ..record(2)
    };
    file.write([Change::Add(&[2; 32], &met)].into_iter()).unwrap();
    drop((file, rooms));
    for (days, left) in [(1, 2), (2, 1), (30, 1), (31, 0)] {
        let (_, store) = open_file(&path, policy(Some(30)), Keeping::default(), Day(TODAY.0 + days)).unwrap();
        drop(store);
        assert_eq!(names(&path).len(), left, "after {days} days");
        assert_eq!(names(&path).contains(&tried), days < 2);
    }
}

#[tokio::test]
async fn in_a_full_table_strangers_idle_rooms_go_first_and_then_new_ones_are_refused() {
    let (_folder, path) = place();
    let full = Policy {
        max_rooms: 2,
        ..policy(None)
    };
    let operators = [9; 32];
    let mut file = Database::open(&path).unwrap();
    file.add(&id(operators, [7; 32]), None, false, TODAY).unwrap();
    drop(file);
    let (rooms, store) = open_file(&path, full, Keeping::default(), TODAY).unwrap();
    let idle = visit(&rooms, 1).await;
    let access = AccessHash::from_bytes([2; 32]);
    let topic = Topic::of(&RoomHash::of(&access));
    let room = loop {
        match rooms.enter(&topic, &access, TODAY, || true).unwrap().entry {
            Entry::Open(room) => break room,
            Entry::Saving(saving) => saving.await.unwrap(),
        }
    };
    // One is the operator's, and in the other somebody sits.
    let third = AccessHash::from_bytes([3; 32]);
    let third_topic = Topic::of(&RoomHash::of(&third));
    let refused = rooms.enter(&third_topic, &third, TODAY, || true).err();
    assert_eq!(refused, Some(crate::channel::reply::Refusal::RelayFull));
    rooms.vacate(&room, TODAY);
    let newest = visit(&rooms, 3).await;
    drop(store);
    let mut left = names(&path);
    left.sort();
    let mut expected = vec![operators, newest];
    expected.sort();
    assert_eq!(left, expected);
    assert!(!left.contains(&idle));
}

/// Something that is put into the bag of a room.
fn new_blob(name: Hashed, number: u8, until: u32) -> Outcome {
    let hash = DropHash([number; 32]);
    Outcome {
        name,
        answer: Answer::Dropped(Vec::new()),
        new: Some(NewBlob {
            number: number.into(),
            until,
            hash,
            blob: vec![number; 256].into(),
        }),
        gone: Vec::new(),
        before: None,
        reads: false,
    }
}

/// The numbers in the bag of a room.
fn kept(path: &Path, name: Hashed) -> Vec<u64> {
    let mut bags = Database::open_beside(path).unwrap().bags().unwrap();
    let entries = bags.remove(&name).unwrap_or_default();
    entries.iter().map(|entry| entry.number).collect()
}

#[tokio::test]
async fn what_waits_goes_after_its_last_day_but_not_at_once_when_the_clock_jumps() {
    let (_folder, path) = place();
    let name = [1; 32];
    let mut file = Database::open(&path).unwrap();
    file.write([Change::Add(&name, &record(2))].into_iter()).unwrap();
    let blobs = [(1, 1), (2, 7), (3, 9_000)].map(|(number, days)| new_blob(name, number, TODAY.0 + days));
    file.keep(&blobs, TODAY).unwrap();
    drop(file);
    // Long past the days of a room in which nobody ever met: as long as something waits, it is in use.
    for (day, expected) in [
        (1, &[1, 2, 3][..]),
        (2, &[2, 3]),
        (3, &[2, 3]),
        // It was off, or the clock is wrong.
        (9, &[2, 3]),
        (10, &[3]),
        // What a wrong clock let stay for years goes 14 days after one that is right.
        (14, &[3]),
        (15, &[3]),
        (16, &[]),
    ] {
        let (rooms, store) =
            open_file(&path, policy(Some(3)), Keeping::default(), Day(TODAY.0 + day)).unwrap();
        drop(store);
        assert_eq!(kept(&path, name), expected, "after {day} days");
        assert_eq!(rooms.keeping().total.blobs(), expected.len(), "after {day} days");
    }
}

#[test]
fn a_bag_goes_from_the_file_with_its_room_when_it_is_ended_and_when_it_is_anothers() {
    let (_folder, path) = place();
    let mut file = Database::open(&path).unwrap();
    let names: [Hashed; 6] = std::array::from_fn(|number| [number as u8; 32]);
    file.write(names.iter().map(|name| Change::Add(name, &OWNED)))
        .unwrap();
    file.keep(&names.map(|name| new_blob(name, 1, TODAY.0)), TODAY)
        .unwrap();
    let [ended, removed, re_keyed, forgotten, taken, left] = names;
    assert!(file.end(&ended).unwrap() && file.remove(&removed).unwrap());
    file.add(&id(re_keyed, [9; 32]), None, true, TODAY).unwrap();
    file.add(
        &id(left, OWNED.access),
        Some("the same access hash"),
        false,
        TODAY,
    )
    .unwrap();
    file.write([Change::Remove(&forgotten), Change::Add(&taken, &OWNED)].into_iter())
        .unwrap();
    assert_eq!(file.bags().unwrap().into_keys().collect::<Vec<_>>(), [left]);
    // And nothing comes into the bag of a room that there is not.
    file.keep(&[new_blob(removed, 2, TODAY.0)], TODAY).unwrap();
    assert_eq!(file.bags().unwrap().len(), 1);
}

const OWNED: Record = Record {
    access: [7; 32],
    made: TODAY,
    used: TODAY,
    standing: Standing::Met,
    ended: 0,
};
