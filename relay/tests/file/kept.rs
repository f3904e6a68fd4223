//! What waits in the rooms of a relay.

use serde_json::json;
use sotto_protocol::kept::{self, BUCKETS, Challenge};

use crate::{
    keeper::{Keeper, Keys, blob, rest, token},
    member::Member,
    relay::{Place, Running},
};

const KIB: usize = 1024;

/// A relay with a file.
fn with_file() -> (Place, Running) {
    let place = Place::new();
    let relay = place.start(&[]);
    (place, relay)
}

/// A relay without one.
fn in_memory(arguments: &[&str]) -> (Place, Running) {
    let place = Place::new();
    let mut command = place.command(&["--listen", "127.0.0.1:0"]);
    let relay = Running::start(command.env_remove("SOTTO_RELAY_DB").args(arguments));
    (place, relay)
}

#[test]
fn what_is_put_is_brought_to_who_comes_later_and_dropped_by_who_has_the_token() {
    for (durable, (_place, relay)) in [(true, with_file()), (false, in_memory(&[]))] {
        let keys = Keys::new(1);
        let [mut anna, ben] = Keeper::two(&relay, &keys);
        assert_eq!((anna.announced.days, anna.announced.blobs), (7, 64));
        drop(ben);
        for (byte, size) in (1..).zip(BUCKETS) {
            let placed = anna.put(byte, size, 3, &[]);
            assert_eq!(
                (&placed["number"], &placed["durable"]),
                (&json!(byte), &json!(durable))
            );
        }
        drop(anna);
        let mut ben = Keeper::new(&relay, &keys);
        // 256 bytes, 1 and 4 KiB; then 16 KiB in a get of its own.
        let (found, more) = ben.get(0);
        let expected: Vec<_> = (1u8..4)
            .zip(BUCKETS)
            .map(|(byte, size)| (byte.into(), 3, blob(byte, size)))
            .collect();
        assert_eq!((found, more), (expected, true));
        assert_eq!(ben.get(3), (vec![(4, 3, blob(4, 16 * KIB))], false));
        assert_eq!(
            ben.list(2),
            [3, 4].map(|byte| (byte.into(), token(byte).drop_hash()))
        );
        assert_eq!(ben.drop(&[2, 9, 2, 4]), json!([true, false, false, true]));
        assert_eq!(ben.list(0).len(), 2);
        // A receipt goes in the step that drops what it is for.
        assert_eq!(ben.put(5, 256, 3, &[1, 3])["dropped"], json!([true, true]));
        assert_eq!(ben.all(), [blob(5, 256)]);
    }
}

#[test]
fn a_blob_stays_as_long_as_asked_but_no_longer_than_the_relay_keeps_anything() {
    let (_place, relay) = in_memory(&["--kept-days", "5"]);
    let [mut anna, _ben] = Keeper::two(&relay, &Keys::new(1));
    assert_eq!(anna.announced.days, 5);
    let today = anna.put(1, 256, 1, &[])["until"].as_u64().unwrap() - 1;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // Midnight may have been in between.
    assert!(now.unwrap().as_secs() / 86_400 - today <= 1);
    assert_eq!(anna.put(2, 256, 255, &[])["until"], today + 5);
    let days: Vec<u8> = anna.get(0).0.into_iter().map(|found| found.1).collect();
    assert_eq!(days, [1, 5]);
}

#[test]
fn only_a_member_puts_and_only_in_his_own_seat_and_push() {
    let (_place, relay) = in_memory(&[]);
    let keys = Keys::new(1);
    let [mut anna, mut ben] = Keeper::two(&relay, &keys);
    let rest = rest(1, 256, 7, &[]);
    let good = keys.sign(kept::PUT, anna.challenge, "77", &rest);
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    let unsigned = [&good[..32], &[0; 64], &rest[..]].concat();
    let strangers = Keys::new(2).sign(kept::PUT, anna.challenge, "77", &rest);
    let others_seat = keys.sign(kept::PUT, ben.challenge, "77", &rest);
    let guessed = keys.sign(kept::PUT, Challenge([0; 16]), "77", &rest);
    let other_event = keys.sign(kept::EXPIRE, anna.challenge, "77", &rest);
    for wrong in [
        &changed,
        &unsigned,
        &strangers,
        &others_seat,
        &guessed,
        &other_event,
        &good[..90],
        &[][..],
    ] {
        assert_eq!(anna.push_as("77", kept::PUT, wrong), "unauthorized");
    }
    // What was recorded counts under no other ref, from no other seat, and not after another join.
    assert_eq!(anna.push_as("78", kept::PUT, &good), "unauthorized");
    assert_eq!(ben.push_as("77", kept::PUT, &good), "unauthorized");
    assert_eq!(anna.list(0), []);
    assert_eq!(anna.push_as("77", kept::PUT, &good)["number"], 1);
    let mut again = Keeper::new(&relay, &keys);
    assert_ne!(again.challenge, anna.challenge);
    assert_eq!(again.push_as("77", kept::PUT, &good), "unauthorized");
}

#[test]
fn what_is_not_a_put_a_get_or_a_drop_is_refused() {
    let (_place, relay) = in_memory(&[]);
    let keys = Keys::new(1);
    let [mut anna, mut ben] = Keeper::two(&relay, &keys);
    for size in [0, 255, 257, 16_385, 65_000] {
        let mut rest = rest(1, 256, 7, &[]);
        rest.resize(34 + size, 0);
        let payload = keys.sign(kept::PUT, anna.challenge, "77", &rest);
        assert_eq!(anna.push_as("77", kept::PUT, &payload), "unauthorized");
    }
    for (event, payload) in [(kept::DROP, &[2, 1][..]), (kept::DROP, &[]), (kept::GET, &[])] {
        assert_eq!(anna.push(event, payload), "unauthorized");
    }
    // The rest of these names is the relay's own: nothing of it reaches the others.
    for event in [kept::NEW, "kept_anything"] {
        assert_eq!(anna.push(event, b"forged"), "reserved");
    }
    assert_eq!(ben.list(0), []);
}

#[test]
fn a_relay_that_keeps_nothing_says_nothing_of_it_and_takes_nothing() {
    let (_place, relay) = in_memory(&["--kept-days", "0"]);
    let keys = Keys::new(1);
    let mut members = [(); 2].map(|()| {
        let mut member = Member::connect(&relay);
        let payload = json!({"access_hash": keys.room.access, "sender_hash": member.sender});
        member.send_text(&json!(["1", "1", keys.room.topic, "phx_join", payload]).to_string());
        assert_eq!(member.read().unwrap()[4], json!({"status": "ok", "response": {}}));
        member
    });
    for event in [kept::PUT, kept::GET, kept::DROP] {
        assert_eq!(members[0].say(&keys.room, event, &json!({})).unwrap(), "reserved");
    }
}

#[test]
fn who_has_asked_what_is_there_is_told_of_what_comes_and_nobody_else() {
    let (_place, relay) = with_file();
    let keys = Keys::new(1);
    let [mut anna, mut ben] = Keeper::two(&relay, &keys);
    let mut cara = Keeper::new(&relay, &keys);
    ben.list(0);
    anna.list(0);
    assert_eq!(anna.put(1, 256, 7, &[])["number"], 1);
    assert_eq!(
        ben.member.read_event(kept::NEW),
        json!(["1", null, keys.room.topic, kept::NEW, {}])
    );
    // The same again is nothing new, and who put it knows.
    anna.put(1, 256, 7, &[]);
    assert_eq!(anna.put(2, 256, 7, &[1])["number"], 2);
    ben.member.read_event(kept::NEW);
    let quiet = |keeper: &mut Keeper| {
        keeper.member.send_text(r#"[null,"q","phoenix","heartbeat",{}]"#);
        loop {
            let frame = keeper.member.read().unwrap();
            assert_ne!(frame[3], kept::NEW);
            if frame[1] == "q" {
                break;
            }
        }
    };
    [&mut anna, &mut ben, &mut cara].into_iter().for_each(quiet);
}

#[test]
fn a_full_bag_refuses_and_is_emptied_by_who_answers_what_is_in_it() {
    let (_place, relay) = in_memory(&["--address-puts", "0", "--address-put-bytes", "0"]);
    let [mut anna, _ben] = Keeper::two(&relay, &Keys::new(1));
    for byte in 0..16 {
        assert_eq!(anna.put(byte, 16 * KIB, 7, &[])["number"], u32::from(byte) + 1);
    }
    assert_eq!(anna.put(99, 256, 7, &[]), "kept_full");
    assert_eq!(anna.put(99, 256, 7, &[100]), "kept_full");
    assert_eq!(anna.put(99, 256, 7, &[3])["dropped"], json!([true]));
    assert_eq!(anna.all().len(), 16);
}

#[test]
fn an_address_puts_so_much_and_no_more_but_may_always_answer() {
    for options in [["--address-puts", "3"], ["--address-put-bytes", "768"]] {
        let (_place, relay) = in_memory(&options);
        let [mut anna, _ben] = Keeper::two(&relay, &Keys::new(1));
        for byte in 0..3 {
            assert_eq!(anna.put(byte, 256, 7, &[])["number"], u32::from(byte) + 1);
        }
        assert_eq!(anna.put(9, 256, 7, &[]), "rate_limited");
        assert_eq!(anna.put(10, 256, 7, &[2])["number"], 4);
    }
}

#[test]
fn nothing_is_kept_in_a_room_where_nobody_has_met() {
    let (_place, relay) = in_memory(&[]);
    let keys = Keys::new(1);
    let mut anna = Keeper::new(&relay, &keys);
    assert_eq!(anna.put(1, 256, 7, &[]), "kept_full");
    drop(Keeper::new(&relay, &keys));
    assert_eq!(anna.put(1, 256, 7, &[])["number"], 1);
}

#[test]
fn while_something_waits_only_a_member_ends_the_room_and_what_waits_with_it() {
    for (_place, relay) in [with_file(), in_memory(&[])] {
        let keys = Keys::new(1);
        let [mut anna, mut ben] = Keeper::two(&relay, &keys);
        anna.put(1, 256, 7, &[]);
        let refused = anna.member.say(&keys.room, kept::EXPIRE, &json!({}));
        assert_eq!(refused.unwrap(), "unauthorized");
        let recorded = keys.sign(kept::EXPIRE, ben.challenge, "77", b"");
        assert_eq!(anna.push_as("77", kept::EXPIRE, &recorded), "unauthorized");
        let signed = keys.sign(kept::EXPIRE, anna.challenge, "77", b"");
        assert_eq!(anna.push_as("77", kept::EXPIRE, &signed), json!({}));
        ben.member.wait_for("room_expired");
        let [mut anna, _ben] = Keeper::two(&relay, &keys);
        assert_eq!(anna.list(0), []);
        // Where nothing waits it works as ever.
        assert_eq!(
            anna.member.say(&keys.room, kept::EXPIRE, &json!({})).unwrap(),
            "ok"
        );
    }
}

#[test]
fn what_was_answered_with_ok_survives_the_end_and_the_death_of_the_relay() {
    let (place, relay) = with_file();
    let keys = Keys::new(1);
    let [mut anna, _ben] = Keeper::two(&relay, &keys);
    for byte in 1..=3 {
        anna.put(byte, 4 * KIB, 7, &[]);
    }
    relay.end();
    let relay = place.start(&[]);
    let mut anna = Keeper::new(&relay, &keys);
    assert_eq!(anna.all(), [1, 2, 3].map(|byte| blob(byte, 4 * KIB)));
    assert_eq!(anna.put(4, 256, 7, &[2])["number"], 4);
    anna.drop(&[1]);
    // SIGKILL.
    drop(relay);
    let relay = place.start(&[]);
    let mut anna = Keeper::new(&relay, &keys);
    assert_eq!(anna.all(), [blob(3, 4 * KIB), blob(4, 256)]);
    assert_eq!(anna.list(3), [(4, token(4).drop_hash())]);
}

#[test]
fn what_waits_goes_with_its_room_and_is_in_no_file_a_minute_later() {
    let (place, relay) = with_file();
    let keys = Keys::new(1);
    let [mut anna, _ben] = Keeper::two(&relay, &keys);
    anna.put(1, 4 * KIB, 7, &[]);
    anna.put(2, 4 * KIB, 7, &[]);
    let files = || {
        let files = std::fs::read_dir(place.folder.path()).unwrap();
        (files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())).collect::<Vec<u8>>()
    };
    let holds = |byte| {
        let part = &blob(byte, 4 * KIB)[..64];
        files().windows(64).any(|window| window == part)
    };
    assert!(holds(1) && holds(2));
    anna.drop(&[1]);
    relay.end();
    assert!(!holds(1) && holds(2));
    place.room(&["remove", &crate::keeper::name(&keys)]);
    place.start(&[]).end();
    assert!(!holds(2));
}

#[test]
fn who_takes_the_room_from_a_pair_that_does_not_prove_itself_finds_nothing_in_it() {
    let (_place, relay) = in_memory(&[]);
    let (keys, forger) = (Keys::new(1), Keys::new(2));
    // The forger's own key, under the topic of the others.
    let mut forged = forger.clone();
    forged.room.topic.clone_from(&keys.room.topic);
    let [mut mallory, _] = Keeper::two(&relay, &forged);
    assert_eq!(mallory.put(1, 256, 7, &[])["number"], 1);
    let mut anna = Keeper::new(&relay, &keys);
    assert_eq!(anna.list(0), []);
}

#[test]
fn the_operator_sees_how_many_wait_and_until_when_and_ends_them() {
    let (place, relay) = with_file();
    let keys = Keys::new(1);
    let [mut anna, mut ben] = Keeper::two(&relay, &keys);
    assert!(place.room(&["list"]).contains("  stranger  -\n"));
    anna.put(1, 256, 7, &[]);
    anna.put(2, 256, 3, &[]);
    let list = place.room(&["list"]);
    let line = list.lines().nth(1).unwrap();
    let waiting = line.split("  ").nth(4).unwrap();
    let (count, date) = waiting.split_once(" until ").unwrap();
    assert_eq!((count, date.len()), ("2", 10));
    place.room(&["expire", &crate::keeper::name(&keys)]);
    ben.member.wait_for("room_expired");
    let mut anna = Keeper::new(&relay, &keys);
    assert_eq!(anna.list(0), []);
    assert!(place.room(&["list"]).contains("  stranger  -\n"));
}

#[test]
fn a_file_of_an_earlier_release_is_taken_over_as_it_is() {
    let place = Place::with_db();
    let file = rusqlite::Connection::open(place.db()).unwrap();
    // As it was before anything was kept.
    file.execute_batch(
        "DROP TRIGGER kept_goes; DROP TRIGGER kept_ends; DROP TABLE kept; PRAGMA user_version = 1;
         INSERT INTO room (name, access, made, used, standing, note)
         VALUES (zeroblob(32), zeroblob(32), 20000, 20000, 2, 'old')",
    )
    .unwrap();
    drop(file);
    // The operator may look at it before the relay does.
    assert!(
        place
            .room(&["list"])
            .contains("operator  -                    old")
    );
    let relay = place.start(&[]);
    let keys = Keys::new(1);
    let [mut anna, _ben] = Keeper::two(&relay, &keys);
    assert_eq!(anna.put(1, 256, 7, &[])["durable"], true);
    relay.end();
    assert!(place.room(&["list"]).contains("old"));
    let relay = place.start(&[]);
    assert_eq!(Keeper::new(&relay, &keys).all(), [blob(1, 256)]);
}
