//! SIGKILL at any moment.

use std::{
    collections::HashSet,
    thread,
    time::{Duration, Instant},
};

use crate::{
    keeper::{Keeper, Keys, token},
    member::{Member, Room},
    relay::{Place, Running},
};

const KILLS: usize = 200;
const MEMBERS: usize = 3;
/// The longest life of a relay.
const LIFE_MS: u64 = 25;

/// What one socket was told.
#[derive(Default)]
struct Told {
    joined: Vec<String>,
    ended: Vec<String>,
}

/// Joins new rooms, and ends every third again, until the relay is gone.
fn work(mut member: Member, name: String) -> Told {
    let mut told = Told::default();
    for count in 0.. {
        let room = Room::new(&format!("{name} {count}"));
        match member.join(&room).as_deref() {
            Ok("ok") if count % 3 == 0 => match member.ask(&room, "expire_room").as_deref() {
                Ok("ok") => told.ended.push(room.name()),
                _ => break,
            },
            Ok("ok") => told.joined.push(room.name()),
            Ok(reason) => panic!("a join was answered {reason}"),
            Err(_) => break,
        }
    }
    told
}

/// One life of a relay; the operator removes a room of an earlier one meanwhile.
fn live(place: &Place, cycle: usize, remove: Option<&String>) -> Vec<Told> {
    let mut relay: Running = place.start(&[]);
    let working: Vec<_> = (0..MEMBERS)
        .map(|number| {
            let member = Member::connect(&relay);
            thread::spawn(move || work(member, format!("{cycle} {number}")))
        })
        .collect();
    let removing = remove.map(|name| place.command(&["room", "remove", name]).spawn().unwrap());
    let end = Instant::now() + Duration::from_micros(rand::random_range(0..LIFE_MS * 1000));
    while let left @ 1.. = end.saturating_duration_since(Instant::now()).as_micros() {
        thread::sleep(Duration::from_micros(left as u64));
    }
    relay.child.kill().unwrap();
    relay.child.wait().unwrap();
    if let Some(mut removing) = removing {
        assert!(removing.wait().unwrap().success());
    }
    working.into_iter().map(|work| work.join().unwrap()).collect()
}

#[test]
fn two_hundred_kills_lose_no_acknowledged_room_and_bring_no_ended_one_back() {
    let place = Place::with_db();
    let (mut joined, mut ended) = (HashSet::new(), HashSet::new());
    for cycle in 0..KILLS {
        let remove: Option<String> = (cycle % 4 == 0).then(|| joined.iter().next().cloned()).flatten();
        for told in live(&place, cycle, remove.as_ref()) {
            joined.extend(told.joined);
            ended.extend(told.ended);
        }
        if let Some(name) = remove {
            joined.remove(&name);
            ended.insert(name);
        }
        let names: HashSet<String> = place.names().into_iter().collect();
        assert!(joined.is_subset(&names), "after kill {cycle} a room is lost");
        assert!(
            ended.is_disjoint(&names),
            "after kill {cycle} an ended room is back"
        );
    }
    assert!(
        joined.len() > KILLS && ended.len() > KILLS / 4,
        "{} rooms and {} ends",
        joined.len(),
        ended.len()
    );
}

const KEPT_KILLS: u8 = 60;

/// Puts blobs, each with the token of the one before, until the relay is gone. The last that it was told of, and the
/// one that it was not.
fn replace(mut keeper: Keeper, first: u8) -> (u8, u8) {
    let mut last = first;
    loop {
        let next = if last % 4 == 3 { last - 3 } else { last + 1 };
        match keeper.try_put(next, 256, 7, &[last]) {
            Some(placed) => assert_eq!(placed["dropped"], serde_json::json!([true])),
            None => return (last, next),
        }
        last = next;
    }
}

#[test]
fn no_kill_loses_what_is_kept_or_brings_back_what_was_dropped_in_the_same_step() {
    let place = Place::with_db();
    let keys = Keys::new(1);
    let mut members: Vec<u8> = (0..3).map(|number| 4 * number).collect();
    let mut relay = place.start(&["--address-puts", "0", "--address-put-bytes", "0"]);
    let [mut anna, _ben] = Keeper::two(&relay, &keys);
    for byte in &members {
        anna.put(*byte, 256, 7, &[]);
    }
    for cycle in 0..KEPT_KILLS {
        let working: Vec<_> = (members.iter())
            .map(|first| {
                let (keeper, first) = (Keeper::new(&relay, &keys), *first);
                thread::spawn(move || replace(keeper, first))
            })
            .collect();
        thread::sleep(Duration::from_micros(rand::random_range(0..LIFE_MS * 1000)));
        drop(relay);
        relay = place.start(&["--address-puts", "0", "--address-put-bytes", "0"]);
        let kept: Vec<_> = (Keeper::new(&relay, &keys).list(0).into_iter())
            .map(|(_, hash)| hash)
            .collect();
        assert_eq!(kept.len(), members.len(), "after kill {cycle}");
        for (member, work) in members.iter_mut().zip(working) {
            let (told, asked) = work.join().unwrap();
            // Of what was not answered either is right, but not both, and not none.
            let is_kept = |byte| kept.contains(&token(byte).drop_hash());
            assert!(is_kept(told) != is_kept(asked), "after kill {cycle}");
            *member = if is_kept(told) { told } else { asked };
        }
    }
}
