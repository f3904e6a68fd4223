//! What two and three clients keep of each other over a relay that does what it likes.
#![allow(clippy::unwrap_used, clippy::panic)] // the machinery of tests

mod attacks;
mod bonds;
mod calm;
mod client;
mod disk;
mod fading;
mod member;
mod memory;
mod mischief;
mod redirection;
mod remembering;
mod storm;
mod world;

use std::time::Duration;

use rand::RngExt;
use sotto_protocol::Name;
use sotto_protocol::instance::{Event, SayError};
use sotto_protocol::message::MAX_TEXT;
use world::{Faults, World};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// So many runs from a first seed. `SOTTO_SIMULATIONS=100` makes it a hundred times as many, for a long search;
/// `SOTTO_SEED=7` makes it the one of seed 7, which then tells what happens in it.
fn seeds(first: u64, count: u64) -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse().ok());
    match number("SOTTO_SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + count * number("SOTTO_SIMULATIONS").unwrap_or(1),
    }
}

/// Everybody says things, while the relay misbehaves and connections flap.
fn disturb(world: &mut World, texts: usize) {
    world.faults = Faults::HOSTILE;
    for n in 0..texts {
        let who = world.rng.random_range(0..world.clients.len());
        match world.rng.random_range(0..10) {
            0 => world.disconnect(who),
            1 | 2 => (0..world.clients.len()).for_each(|who| world.connect(who)),
            _ => {}
        }
        let who = world.rng.random_range(0..world.clients.len());
        let long = "x".repeat(if n % 7 == 0 {
            world.rng.random_range(0..9000)
        } else {
            0
        });
        world.say(who, &format!("{n} {long}"));
        let time = Duration::from_millis(world.rng.random_range(0..4000));
        world.run(time);
    }
}

fn turn_honest(world: &mut World) {
    world.faults = Faults::default();
    (0..world.clients.len()).for_each(|who| world.connect(who));
}

#[track_caller]
fn everything_arrived_once_in_order(world: &World) {
    for sender in &world.clients {
        for (at, receiver) in world.clients.iter().enumerate() {
            if receiver.instance.id() == sender.instance.id() {
                continue;
            }
            let to = receiver.instance.id();
            let held: Vec<_> = sender
                .delivered
                .iter()
                .filter(|(_, by)| *by == to)
                .map(|(id, _)| *id)
                .collect();
            let got: Vec<_> = receiver
                .got
                .iter()
                .filter(|got| got.from == sender.instance.id())
                .map(|got| got.id)
                .collect();
            assert_eq!(held, got, "receiver {at} holds what its sender takes it to hold");
            let said: Vec<_> = sender
                .said
                .iter()
                .map(|said| said.id)
                .filter(|id| got.contains(id))
                .collect();
            assert_eq!(said, got, "in the order in which it was said, each once");
        }
        for id in sender.said.iter().map(|said| &said.id) {
            assert!(
                sender.delivered.iter().any(|(delivered, _)| delivered == id),
                "somebody holds every text"
            );
        }
    }
}

#[track_caller]
fn words_are_the_same(world: &World) {
    for one in &world.clients {
        for other in &world.clients {
            if let (Some(mine), Some(theirs)) = (
                one.words.get(&other.instance.id()),
                other.words.get(&one.instance.id()),
            ) {
                assert_eq!(mine, theirs);
            }
        }
    }
}

#[test]
fn two_meet_at_once_and_talk() {
    let mut world = World::new(1);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(Duration::from_millis(400));
    let (anna, ben) = (world.clients[a].instance.id(), world.clients[b].instance.id());
    assert_eq!(world.clients[a].names[&ben], "ben");
    assert_eq!(world.clients[b].names[&anna], "anna");
    world.say(a, "hi");
    world.say(b, "hello");
    world.run(Duration::from_millis(800));
    assert_eq!(world.clients[b].texts_from(anna), ["hi"]);
    assert_eq!(world.clients[a].texts_from(ben), ["hello"]);
    assert!(world.is_delivered());
    words_are_the_same(&world);
}

#[test]
fn everything_outstanding_arrives_once_and_in_order_when_the_relay_turns_honest() {
    for seed in seeds(0, 60) {
        let mut world = World::new(seed);
        world.start("anna");
        world.start("ben");
        disturb(&mut world, 40);
        turn_honest(&mut world);
        assert!(
            world.wait(secs(300), World::is_delivered),
            "seed {seed}: not delivered in time"
        );
        everything_arrived_once_in_order(&world);
        words_are_the_same(&world);
    }
}

#[test]
fn three_keep_it_up_as_well() {
    for seed in seeds(1_000_000, 30) {
        let mut world = World::new(seed);
        world.start("anna");
        world.start("ben");
        world.start("cleo");
        disturb(&mut world, 40);
        turn_honest(&mut world);
        assert!(
            world.wait(secs(300), World::is_delivered),
            "seed {seed}: not delivered in time"
        );
        everything_arrived_once_in_order(&world);
        words_are_the_same(&world);
    }
}

#[test]
fn recordings_of_an_earlier_run_start_nothing() {
    let mut earlier = World::new(5);
    earlier.start("anna");
    earlier.start("ben");
    earlier.run(secs(5));
    earlier.say(0, "old");
    earlier.run(secs(5));
    let mut world = World::new(6);
    let a = world.start("anna");
    for payload in &earlier.history {
        let now = world.time();
        world.clients[a].instance.received(payload, now);
        world.run(Duration::from_millis(300));
    }
    world.run(secs(60));
    assert!(world.clients[a].present.is_empty() && world.clients[a].got.is_empty());
    // No more than the answers to hellos and our own: recordings make no storm.
    assert!(world.history.len() < 40, "{} frames", world.history.len());
}

#[test]
fn a_new_run_of_a_name_gets_what_the_old_one_did_not_acknowledge_marked_as_a_repeat() {
    for seed in seeds(2_000_000, 15) {
        let mut world = World::new(seed);
        let (a, old) = (world.start("anna"), world.start("ben"));
        assert!(world.wait(secs(20), |world| world.clients[a].present.len() == 1));
        world.say(a, "one");
        assert!(world.wait(secs(20), World::is_delivered));
        // It takes everything in and acknowledges nothing any more.
        world.kill(old);
        world.clients[old].connected = false;
        world.say(a, "two");
        world.say(a, "three");
        world.run(Duration::from_millis(seed % 50 * 20));
        let new = world.start("ben");
        assert!(world.wait(secs(60), World::is_delivered), "seed {seed}");
        world.say(a, "four");
        assert!(world.wait(secs(60), World::is_delivered), "seed {seed}");
        let got: Vec<_> = world.clients[new]
            .got
            .iter()
            .map(|got| (&got.text[..], got.repeat))
            .collect();
        assert_eq!(
            got,
            [("two", true), ("three", true), ("four", false)],
            "seed {seed}"
        );
    }
}

#[test]
fn compared_words_hold_back_what_an_unknown_new_run_would_get() {
    let mut world = World::new(31);
    let (a, old) = (world.start("anna"), world.start("ben"));
    world.run(secs(2));
    let ben = world.clients[old].instance.id();
    world.clients[a].instance.compared(ben);
    world.kill(old);
    world.say(a, "for ben alone");
    let new = world.start("ben");
    world.run(secs(60));
    assert!(world.clients[new].got.is_empty());
    let heir = world.clients[new].instance.id();
    let of = Name::new("ben").unwrap();
    let asked = Event::Withheld {
        peer: heir,
        of,
        count: 1,
    };
    assert!(world.clients[a].events.contains(&asked));
    world.act(a, |anna, now| anna.release(heir, now));
    world.run(secs(5));
    assert_eq!(world.clients[new].got.len(), 1);
}

#[test]
fn what_is_typed_while_alone_goes_to_the_first_who_comes() {
    let mut world = World::new(8);
    let a = world.start("anna");
    world.say(a, "is anybody there?");
    world.run(secs(100));
    let b = world.start("ben");
    assert!(world.wait(secs(10), World::is_delivered));
    let c = world.start("cleo");
    world.run(secs(20));
    assert_eq!(world.clients[b].got.len(), 1);
    assert!(world.clients[c].got.is_empty());
    let Some(Event::Message { age: Some(age), .. }) = world.clients[b]
        .events
        .iter()
        .find(|event| matches!(event, Event::Message { .. }))
    else {
        panic!("its age is told")
    };
    assert!((99..120).contains(&age.as_secs()));
}

#[test]
fn a_stopped_peer_is_shown_silent_then_gone_and_gets_all_when_it_comes_back() {
    let mut world = World::new(9);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(2));
    let ben = world.clients[b].instance.id();
    world.clients[b].stopped = true;
    world.say(a, "are you there?");
    world.run(secs(45));
    assert!(world.clients[a].events.contains(&Event::PeerSilent { peer: ben }));
    assert_eq!(world.clients[a].present, [ben]);
    world.run(secs(80));
    assert!(world.clients[a].present.is_empty());
    world.clients[b].stopped = false;
    assert!(world.wait(secs(60), World::is_delivered));
    assert_eq!(world.clients[a].present, [ben]);
    assert_eq!(world.clients[b].got.len(), 1);
}

#[test]
fn an_idle_pair_is_never_shown_silent_and_costs_little() {
    let mut world = World::new(10);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    let before = world.history.len();
    world.run(secs(3600));
    for who in [a, b] {
        let told = |event: &Event| matches!(event, Event::PeerSilent { .. } | Event::Strangers { .. });
        assert!(!world.clients[who].events.iter().any(told));
        assert_eq!(world.clients[who].present.len(), 1);
    }
    // Two frames each half minute and four handshakes an hour, with some room.
    assert!(
        world.history.len() - before < 320,
        "{} frames",
        world.history.len() - before
    );
}

#[test]
fn the_longest_texts_go_to_several_peers_one_at_a_time() {
    let mut world = World::new(11);
    let a = world.start("anna");
    let others = [world.start("ben"), world.start("cleo"), world.start("dora")];
    world.run(secs(3));
    for _ in 0..4 {
        world.say(a, &"x".repeat(MAX_TEXT));
    }
    world.say(a, "short");
    // Twelve large ones, each acknowledged at once: a few round trips of 80 ms, not of 300 ms more.
    assert!(world.wait(secs(3), World::is_delivered));
    for who in others {
        assert_eq!(world.clients[who].got.len(), 5);
    }
    everything_arrived_once_in_order(&world);
}

#[test]
fn what_was_on_the_way_to_one_who_is_gone_holds_up_nothing_that_is_large() {
    let mut world = World::new(16);
    let (a, b, c) = (world.start("anna"), world.start("ben"), world.start("cleo"));
    world.run(secs(5));
    world.clients[c].stopped = true;
    world.say(a, "to all");
    world.run(secs(5));
    world.kill(c);
    world.run(secs(20));
    assert_eq!(world.clients[a].present, [world.clients[b].instance.id()]);
    world.say(a, &"x".repeat(MAX_TEXT));
    world.say(a, "and what comes after it");
    world.run(secs(5));
    assert_eq!(world.clients[b].got.len(), 3);
}

#[test]
fn who_takes_another_name_before_the_first_one_arrived_is_heard_from_the_first_word_on() {
    let mut world = World::new(17);
    let (a, b) = (world.start("anna"), world.start("ben"));
    let ids = [a, b].map(|who| world.clients[who].instance.id());
    // The higher id has the other's name first.
    let (first, second) = if ids[0] > ids[1] { (a, b) } else { (b, a) };
    assert!(world.wait(secs(10), |world| !world.clients[first].present.is_empty()));
    assert!(world.clients[second].present.is_empty());
    world.say(first, "hello");
    // What was on its way is lost.
    world.disconnect(second);
    world.act(first, |instance, now| {
        instance.rename(Name::new("cleo").unwrap(), now)
    });
    world.connect(second);
    assert!(world.wait(secs(10), World::is_delivered));
    let id = world.clients[first].instance.id();
    assert_eq!(world.clients[second].texts_from(id), ["hello"]);
    let name = world.clients[second].instance.peers().next().unwrap().name;
    assert_eq!(name.as_str(), "cleo");
}

#[test]
fn edits_and_deletions_follow_their_message_and_change_it_where_it_still_waits() {
    let mut world = World::new(12);
    let a = world.start("anna");
    let kept = world.act(a, |anna, now| anna.say("teh", None, now).unwrap().id);
    let dropped = world.act(a, |anna, now| anna.say("oops", None, now).unwrap().id);
    world.act(a, |anna, now| anna.edit(kept, "the", now).unwrap());
    world.act(a, |anna, now| anna.delete(dropped, now).unwrap());
    let b = world.start("ben");
    assert!(world.wait(secs(10), World::is_delivered));
    assert_eq!(
        world.clients[b]
            .got
            .iter()
            .map(|got| &got.text[..])
            .collect::<Vec<_>>(),
        ["the"]
    );
    world.act(a, |anna, now| anna.edit(kept, "them", now).unwrap());
    world.act(a, |anna, now| anna.delete(kept, now).unwrap());
    world.run(secs(3));
    let ben = &world.clients[b].events;
    assert!(
        ben.iter()
            .any(|event| matches!(event, Event::Edited { id, text, .. } if *id == kept && text == "them"))
    );
    assert!(
        ben.iter()
            .any(|event| matches!(event, Event::Deleted { id, .. } if *id == kept))
    );
    let again = world.act(a, |anna, now| anna.edit(kept, "then", now));
    assert_eq!(again, Err(SayError::Unknown), "what is deleted stays so");
}

#[test]
fn who_leaves_is_known_to_have_left() {
    let mut world = World::new(13);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(3));
    world.say(b, "bye");
    world.act(b, |ben, now| ben.leave(now));
    assert!(world.wait(Duration::from_millis(200), |world| {
        world.clients[b].instance.has_left()
    }));
    world.kill(b);
    world.run(secs(1));
    assert_eq!(world.clients[a].got.len(), 1);
    assert!(world.clients[a].present.is_empty());
    let frames = world.history.len();
    world.run(secs(600));
    // Alone: a hello each half minute, and nothing to the one who left.
    assert!(
        world.history.len() - frames < 30,
        "{} frames",
        world.history.len() - frames
    );
}

#[test]
fn a_peer_whose_user_takes_nothing_stays_here_and_gets_the_rest_later() {
    let mut world = World::new(15);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    for n in 0..60 {
        world.say(a, &format!("{n}"));
    }
    assert!(world.wait(secs(20), World::is_delivered));
    world.clients[b].clogged = true;
    for n in 60..160 {
        world.say(a, &format!("{n}"));
    }
    let before = world.history.len();
    world.run(secs(600));
    let frames = world.history.len() - before;
    assert!(
        frames < 400,
        "{frames} frames for 64 texts and ten minutes of pings"
    );
    let troubled = |event: &Event| {
        matches!(
            event,
            Event::Disturbed { .. } | Event::PeerSilent { .. } | Event::PeerLeft { .. }
        )
    };
    for client in &world.clients {
        assert!(!client.events.iter().any(troubled), "{:?}", client.events);
    }
    world.unclog(b);
    assert!(world.wait(secs(60), World::is_delivered));
    everything_arrived_once_in_order(&world);
}

#[test]
fn a_peer_that_was_away_for_long_costs_nobody_its_id() {
    for seed in 3_000_000..3_000_020 {
        let mut world = World::new(seed);
        let (a, b) = (world.start("anna"), world.start("ben"));
        world.run(secs(5));
        let ids = [a, b].map(|who| world.clients[who].instance.id());
        let initiator = if ids[0] < ids[1] { a } else { b };
        // As after SIGSTOP or sleep: the relay still shows the seat.
        world.clients[a + b - initiator].stopped = true;
        world.run(secs(600));
        world.clients[a + b - initiator].stopped = false;
        world.disconnect(a + b - initiator);
        world.faults.drop = 0.5;
        world.connect(a + b - initiator);
        world.run(secs(60));
        assert_eq!(
            [a, b].map(|who| world.clients[who].instance.id()),
            ids,
            "seed {seed}"
        );
    }
}

#[test]
fn who_sleeps_now_and_then_gets_everything_and_never_spins() {
    for seed in seeds(4_000_000, 15) {
        let mut world = World::new(seed);
        let both = [world.start("anna"), world.start("ben")];
        let ids = both.map(|who| world.clients[who].instance.id());
        for n in 0..25 {
            world.faults = Faults::HOSTILE;
            let who = world.rng.random_range(0..2);
            world.clients[who].stopped = true;
            world.say(1 - who, &format!("{n}"));
            let time = secs(world.rng.random_range(0..300));
            world.run(time);
            world.clients[who].stopped = false;
            // A relay cuts whom it has not heard for a minute.
            if time > secs(60) {
                world.disconnect(who);
                world.connect(who);
            }
            let time = secs(world.rng.random_range(0..30));
            world.run(time);
        }
        turn_honest(&mut world);
        assert!(world.wait(secs(300), World::is_delivered), "seed {seed}");
        everything_arrived_once_in_order(&world);
        words_are_the_same(&world);
        assert_eq!(
            both.map(|who| world.clients[who].instance.id()),
            ids,
            "nobody was refused, seed {seed}"
        );
    }
}

#[test]
fn an_id_that_was_confirmed_is_not_met_anew_under_the_passphrase() {
    for seed in seeds(5_000_000, 10) {
        let mut world = World::new(seed);
        let (a, forgetful) = (world.start("anna"), world.start_from("ben", seed));
        world.run(secs(5));
        let ids = [a, forgetful].map(|who| world.clients[who].instance.id());
        world.kill(forgetful);
        // The same run key, and nothing else of what the two had in common: as no honest run comes back.
        let b = world.start_from("ben", seed);
        world.run(secs(600));
        assert_eq!([a, b].map(|who| world.clients[who].instance.id()), ids);
        let events = &world.clients[a].events;
        let joined = events
            .iter()
            .filter(|event| matches!(event, Event::PeerJoined { .. }));
        assert_eq!(joined.count(), 1, "seed {seed}");
        let told = events.iter().any(|event| match event {
            Event::Refused { peer } => *peer == ids[1],
            Event::Disturbed { .. } => true,
            _ => false,
        });
        assert!(told, "the user is told, seed {seed}");
    }
}
