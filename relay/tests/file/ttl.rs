//! What survives a restart, and for how long.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use crate::{
    member::{Member, Room},
    relay::Place,
};

fn today() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs() / 86_400).unwrap()
}

/// Writes a room that was last used so many days ago.
fn write(place: &Place, room: &Room, days_ago: i64, standing: u8) {
    let [name, access] = room.table_hashes().map(|hash| hex::decode(hash).unwrap());
    let day = today() - days_ago;
    let file = Connection::open(place.db()).unwrap();
    let row = "INSERT INTO room (name, access, made, used, standing) VALUES (?1, ?2, ?3, ?3, ?4)";
    file.execute(row, params![name, access, day, standing]).unwrap();
}

#[test]
fn a_room_without_anybody_goes_on_its_day_and_the_operators_stay() {
    for (options, days) in [(&[][..], 30), (&["--room-ttl", "3"], 3)] {
        let place = Place::with_db();
        let [stays, goes, tried, operators] = ["stays", "goes", "tried", "operators"].map(Room::new);
        write(&place, &stays, days, 1);
        write(&place, &goes, days + 1, 1);
        write(&place, &tried, 2, 0);
        write(&place, &operators, 4000, 2);
        let relay = place.start(options);
        let mut member = Member::connect(&relay);
        assert_eq!(member.join(&stays.forged()).unwrap(), "unauthorized");
        place.wait_for_names(vec![stays.name(), operators.name()]);
        assert_eq!(member.join(&goes.forged()).unwrap(), "ok");
    }
}

#[test]
fn a_room_survives_a_restart_under_its_access_hash() {
    let place = Place::new();
    let room = Room::new("one");
    let relay = place.start(&[]);
    assert_eq!(Member::connect(&relay).join(&room).unwrap(), "ok");
    assert_eq!(Member::connect(&relay).join(&room).unwrap(), "ok");
    drop(relay);
    let relay = place.start(&[]);
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&room.forged()).unwrap(), "unauthorized");
    assert_eq!(member.join(&room).unwrap(), "ok");
}

#[test]
fn a_full_table_drops_strangers_empty_rooms_and_never_the_operators() {
    let place = Place::with_db();
    let rooms: Vec<Room> = (0..4).map(|number| Room::new(&number.to_string())).collect();
    write(&place, &rooms[0], 0, 2);
    write(&place, &rooms[1], 0, 1);
    let relay = place.start(&["--max-rooms", "2"]);
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&rooms[2]).unwrap(), "ok");
    assert_eq!(member.join(&rooms[3]).unwrap(), "relay_full");
    place.wait_for_names(vec![rooms[0].name(), rooms[2].name()]);
}
