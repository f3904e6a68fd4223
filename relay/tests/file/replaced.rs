//! A room database that goes away under a relay that runs.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::ChildStderr,
    time::{Duration, Instant},
};

use crate::{
    member::{Member, Room},
    relay::{Place, Running, SOON},
};

/// Reads on to a line with these words.
fn wait_for_line(log: &mut BufReader<ChildStderr>, words: &str) {
    let found = log.lines().any(|line| line.unwrap().contains(words));
    assert!(found, "the log says {words}");
}

/// What `/healthz` answers.
fn health(relay: &Running) -> String {
    let mut stream = TcpStream::connect(&relay.addr).unwrap();
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn wait_for_health(relay: &Running, status: &str) {
    let begun = Instant::now();
    while !health(relay).starts_with(&format!("HTTP/1.1 {status} ")) {
        assert!(begun.elapsed() < SOON, "{status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn join_once_known(relay: &Running, room: &Room) {
    let begun = Instant::now();
    while Member::connect(relay).join(room).unwrap() != "ok" {
        assert!(begun.elapsed() < SOON);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_database_that_is_deleted_is_said_and_no_room_is_promised_to_be_kept() {
    let place = Place::with_db();
    let mut relay = place.start(&[]);
    let mut log = BufReader::new(relay.child.stderr.take().unwrap());
    let known = Room::new("known");
    assert_eq!(Member::connect(&relay).join(&known).unwrap(), "ok");
    assert!(health(&relay).starts_with("HTTP/1.1 200 "));
    fs::remove_file(place.db()).unwrap();
    wait_for_line(&mut log, "is gone, or another file stands in its place");
    assert!(health(&relay).ends_with("degraded: the room database cannot be written\n"));
    assert_eq!(
        Member::connect(&relay).join(&Room::new("new")).unwrap(),
        "relay_full"
    );
    assert_eq!(Member::connect(&relay).join(&known).unwrap(), "ok");
    assert!(!place.db().exists());
}

#[test]
fn a_database_that_is_put_in_its_place_is_used() {
    let [place, backup] = [(); 2].map(|()| Place::with_db());
    let [old, new, added] = ["old", "new", "added"].map(Room::new);
    let add = |place: &Place, room: &Room| {
        let [name, access] = room.table_hashes();
        place.room(&["add", &name, &access]);
    };
    add(&place, &old);
    add(&backup, &new);
    let mut relay = place.start(&["--rooms", "closed"]);
    let mut log = BufReader::new(relay.child.stderr.take().unwrap());
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&old).unwrap(), "ok");
    fs::rename(backup.db(), place.db()).unwrap();
    wait_for_line(&mut log, "is gone, or another file stands in its place");
    wait_for_line(&mut log, "can be written again");
    wait_for_health(&relay, "200");
    member.wait_for("room_expired");
    join_once_known(&relay, &new);
    assert_eq!(Member::connect(&relay).join(&old).unwrap(), "unauthorized");
    add(&place, &added);
    join_once_known(&relay, &added);
    drop(member);
    drop(relay);
    let relay = place.start(&["--rooms", "closed"]);
    assert_eq!(Member::connect(&relay).join(&added).unwrap(), "ok");
    place.wait_for_names(vec![new.name(), added.name()]);
}

#[test]
fn a_file_that_is_no_database_is_not_used_and_not_changed() {
    let place = Place::with_db();
    let mut relay = place.start(&[]);
    let mut log = BufReader::new(relay.child.stderr.take().unwrap());
    let other = place.folder.path().join("other");
    fs::write(&other, "another program's").unwrap();
    fs::rename(&other, place.db()).unwrap();
    wait_for_line(&mut log, "is gone, or another file stands in its place");
    assert_eq!(
        Member::connect(&relay).join(&Room::new("new")).unwrap(),
        "relay_full"
    );
    wait_for_health(&relay, "503");
    assert_eq!(fs::read(place.db()).unwrap(), b"another program's");
}
