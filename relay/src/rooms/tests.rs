use super::*;

const TODAY: Day = Day(20_000);

fn in_memory(max_rooms: usize) -> Rooms {
    let policy = Policy {
        max_rooms,
        closed: false,
        ttl: None,
    };
    Rooms::new(policy, None)
}

fn access(byte: u8) -> AccessHash {
    AccessHash::from_bytes([byte; 32])
}

/// The topic that belongs to an access hash.
fn topic(byte: u8) -> Topic {
    Topic::of(&RoomHash::of(&access(byte)))
}

fn enter(rooms: &Rooms, topic: &Topic, access: &AccessHash) -> Result<Arc<Room>, Refusal> {
    let entered = rooms.enter(topic, access, TODAY, || true)?;
    let Entry::Open(room) = entered.entry else {
        panic!("nothing has to be saved")
    };
    Ok(room)
}

/// Enters a room and leaves it.
fn visit(rooms: &Rooms, byte: u8) {
    let room = enter(rooms, &topic(byte), &access(byte)).unwrap();
    rooms.vacate(&room, TODAY);
}

fn known(rooms: &Rooms) -> usize {
    rooms.known.load(Relaxed)
}

#[test]
fn all_who_enter_with_the_same_hashes_meet() {
    let rooms = in_memory(10);
    let first = enter(&rooms, &topic(1), &access(1)).unwrap();
    let second = enter(&rooms, &topic(1), &access(1)).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(known(&rooms), 1);
}

#[test]
fn another_access_hash_is_unauthorized_even_when_the_room_is_empty() {
    let rooms = in_memory(10);
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
    let rooms = in_memory(10);
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
    let rooms = in_memory(10);
    visit(&rooms, 1);
    let enter = |byte| rooms.enter(&topic(byte), &access(byte), TODAY, || false);
    assert_eq!(enter(2).err(), Some(Refusal::RateLimited));
    assert!(enter(1).is_ok());
}

#[test]
fn the_room_that_has_been_empty_for_longest_goes_when_another_is_made() {
    let rooms = in_memory(3);
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
    let rooms = in_memory(10);
    visit(&rooms, 1);
    let _entered = enter(&rooms, &topic(2), &access(2)).unwrap();
    rooms.sweep(Day(TODAY.0 + 1));
    assert_eq!(known(&rooms), 2);
    rooms.sweep(Day(TODAY.0 + 2));
    assert_eq!(known(&rooms), 1);
    assert!(
        !rooms
            .shards
            .iter()
            .any(|shard| lock(shard).longest_empty().is_some())
    );
}

#[test]
fn rooms_that_many_make_at_once_are_never_more_than_there_may_be() {
    const MOST: usize = 50;
    let rooms = in_memory(MOST);
    std::thread::scope(|scope| {
        for thread in 0..4u8 {
            let rooms = &rooms;
            scope.spawn(move || {
                for count in 0..250u8 {
                    let access = AccessHash::from_bytes([[thread, count]; 16].concat().try_into().unwrap());
                    let topic = Topic::of(&RoomHash::of(&access));
                    let room = enter(rooms, &topic, &access).unwrap();
                    assert!(known(rooms) <= MOST);
                    rooms.vacate(&room, TODAY);
                }
            });
        }
    });
    let counted: usize = rooms.shards.iter().map(|shard| lock(shard).rows.len()).sum();
    assert_eq!((known(&rooms), counted), (MOST, MOST));
}

#[test]
fn a_room_without_anybody_goes_when_its_days_are_over_and_one_in_use_does_not() {
    let policy = Policy {
        max_rooms: 10,
        closed: false,
        ttl: Some(30),
    };
    let record = Record {
        standing: Standing::Met,
        ..Record::new([1; 32], TODAY)
    };
    let rooms = Rooms::new(policy, None);
    rooms.restore([1; 32], record, Vec::new());
    let _seated = enter(&rooms, &topic(2), &access(2)).unwrap();
    rooms.sweep(Day(TODAY.0 + 30));
    assert_eq!(known(&rooms), 2);
    rooms.sweep(Day(TODAY.0 + 31));
    assert_eq!(known(&rooms), 1);
}
