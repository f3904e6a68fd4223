//! A relay whose rooms the operator adds, and the operator.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    member::{Member, Room},
    relay::Place,
};

/// Within which the relay sees what the operator does, and a little for a busy machine.
const SEEN: Duration = Duration::from_secs(3);

fn add(place: &Place, room: &Room) {
    let [name, access] = room.table_hashes();
    place.room(&["add", &name, &access, "--note", "anna and ben"]);
}

/// Joins until it is let in.
fn join_soon(member: &mut Member, room: &Room) {
    let begun = Instant::now();
    while member.join(room).unwrap() != "ok" {
        assert!(begun.elapsed() < SEEN);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn only_what_the_operator_has_added_is_joined() {
    let place = Place::new();
    let relay = place.start(&["--rooms", "closed"]);
    let room = Room::new("one");
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&room).unwrap(), "unauthorized");
    add(&place, &room);
    join_soon(&mut member, &room);
    assert_eq!(member.join(&room.forged()).unwrap(), "unauthorized");
    assert_eq!(member.join(&Room::new("two")).unwrap(), "unauthorized");
    assert_eq!(member.ask(&room, "expire_room").unwrap(), "unauthorized");
    assert_eq!(member.ask(&room, "anything").unwrap(), "ok");
    let list = place.room(&["list"]);
    assert_eq!(list.lines().count(), 2);
    assert!(list.contains(&room.name()) && list.contains("operator") && list.contains("anna and ben"));

    // It survives, and is open to its members at once.
    drop(relay);
    let relay = place.start(&["--rooms", "closed"]);
    assert_eq!(Member::connect(&relay).join(&room).unwrap(), "ok");
}

#[test]
fn the_members_of_a_removed_room_are_told_and_shut_out() {
    let place = Place::with_db();
    let (room, other) = (Room::new("one"), Room::new("two"));
    add(&place, &room);
    add(&place, &other);
    let relay = place.start(&["--rooms", "closed"]);
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&other).unwrap(), "ok");
    assert_eq!(member.join(&room).unwrap(), "ok");
    place.room(&["remove", &room.name()[..8]]);
    let removed = Instant::now();
    member.wait_for("room_expired");
    member.wait_for("phx_close");
    assert!(removed.elapsed() < SEEN);
    assert_eq!(member.ask(&room, "anything").unwrap(), "unmatched topic");
    assert_eq!(member.join(&room).unwrap(), "unauthorized");
    assert_eq!(member.ask(&other, "anything").unwrap(), "ok");
}

#[test]
fn the_members_of_an_expired_room_are_told_and_may_come_back() {
    let place = Place::with_db();
    let room = Room::new("one");
    add(&place, &room);
    let relay = place.start(&["--rooms", "closed"]);
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&room).unwrap(), "ok");
    place.room(&["expire", &room.name()]);
    member.wait_for("room_expired");
    member.wait_for("phx_close");
    assert_eq!(member.join(&room).unwrap(), "ok");
}

#[test]
fn a_room_that_gets_another_access_hash_is_closed_to_the_old_one() {
    let place = Place::with_db();
    let room = Room::new("one");
    add(&place, &room);
    let relay = place.start(&["--rooms", "closed"]);
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&room).unwrap(), "ok");
    add(&place, &room.forged());
    member.wait_for("room_expired");
    member.wait_for("phx_close");
    assert_eq!(member.join(&room).unwrap(), "unauthorized");
    assert_eq!(member.join(&room.forged()).unwrap(), "ok");
}

#[test]
fn strangers_rooms_of_an_open_relay_are_closed_with_it() {
    let place = Place::new();
    let room = Room::new("one");
    let relay = place.start(&[]);
    assert_eq!(Member::connect(&relay).join(&room).unwrap(), "ok");
    relay.end();
    let relay = place.start(&["--rooms", "closed"]);
    assert_eq!(Member::connect(&relay).join(&room).unwrap(), "unauthorized");
}

#[test]
fn a_list_is_read_by_programs_as_json() {
    let place = Place::with_db();
    let [noted, bare] = ["noted", "bare"].map(Room::new);
    for (room, note) in [(&noted, &["--note", "anna \"&\" ben"][..]), (&bare, &[])] {
        let [name, access] = room.table_hashes();
        place.room(&[&["add", &name, &access], note].concat());
    }
    let text = place.room(&["list", "--json"]);
    let mut rooms: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    rooms.sort_by_key(|room| room["note"].is_null());
    let today = rooms[0]["made"].clone();
    assert_eq!(today.as_str().unwrap().len(), "2026-01-01".len());
    for (found, room, note) in [
        (&rooms[0], noted, json!("anna \"&\" ben")),
        (&rooms[1], bare, json!(null)),
    ] {
        let expected = json!({
            "room": room.name(), "made": today, "used": today, "by": "operator", "note": note,
            "waiting": 0, "waiting_until": null,
        });
        assert_eq!(found, &expected);
    }
}
