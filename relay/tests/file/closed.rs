//! A relay whose rooms the operator adds, and the operator.

use std::{
    io::Write,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sotto_protocol::RoomId;

use crate::{
    member::{Member, Room},
    relay::{Place, outcome},
};

/// Within which the relay sees what the operator does, and a little for a busy machine.
const SEEN: Duration = Duration::from_secs(3);

fn add(place: &Place, room: &Room) {
    let [name, access] = room.table_hashes();
    place.room(&["add", &name, &access, "--note", "anna and ben"]);
}

/// What `sotto room-id` prints of it.
fn room_id(room: &Room) -> String {
    let [room, access] = room.table_hashes().map(|hash| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(hash, &mut bytes).unwrap();
        bytes
    });
    RoomId { room, access }.to_string()
}

#[test]
fn a_room_is_added_by_its_id_once_and_changed_only_where_that_is_said() {
    let place = Place::with_db();
    let room = Room::new("one");
    let id = room_id(&room);
    let shown = &room.name()[..8];
    assert_eq!(place.room(&["add", &id]), format!("added {shown}\n"));
    assert_eq!(place.room(&["add", &id]), format!("{shown} is already there\n"));
    // As two words it is the same.
    let [name, access] = room.table_hashes();
    assert_eq!(
        place.room(&["add", &name, &access]),
        format!("{shown} is already there\n")
    );

    let other = "0b".repeat(32);
    let (code, stderr) = outcome(&mut place.command(&["room", "add", &name, &other]));
    assert!(
        code == Some(1) && stderr.contains("is there with another access hash: nothing has changed"),
        "{stderr}"
    );
    assert_eq!(place.room(&["add", &id]), format!("{shown} is already there\n"));
    assert_eq!(
        place.room(&["add", &name, &other, "--replace"]),
        format!("{shown} has another access hash from now on\n")
    );
    assert_eq!(place.names(), [name]);
}

#[test]
fn a_room_id_is_read_from_standard_input() {
    let place = Place::with_db();
    let room = Room::new("one");
    let mut add = place.command(&["room", "add", "-"]);
    let mut add = add.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = add.stdin.take().unwrap();
    writeln!(stdin, " {} ", room_id(&room)).unwrap();
    drop(stdin);
    let output = add.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("added {}\n", &room.name()[..8])
    );
    assert_eq!(place.names(), [room.name()]);
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
    let [name, access] = room.forged().table_hashes();
    place.room(&["add", &name, &access, "--replace"]);
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
