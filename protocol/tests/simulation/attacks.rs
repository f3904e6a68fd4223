//! What somebody can do who has the passphrase, and the relay.

use std::time::Duration;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sotto_protocol::instance::Event;
use sotto_protocol::message::{Acknowledged, Content, Kind};

use crate::member::{Manners, Member, box_key};
use crate::memory::freed_with;
use crate::secs;
use crate::world::{HANDSHAKE, World, keys};

/// Anna and Ben, met, and the lower id of them: the initiator.
fn met(seed: u64) -> (World, usize, usize) {
    let mut world = World::new(seed);
    let (a, b) = (world.start("anna"), world.start("ben"));
    assert!(world.wait(secs(10), |world| {
        world.clients.iter().all(|client| client.present.len() == 1)
    }));
    world.run(secs(10));
    if world.clients[a].instance.id() < world.clients[b].instance.id() {
        (world, a, b)
    } else {
        (world, b, a)
    }
}

/// A member who has heard all that was said so far, and answers nothing.
fn listener(world: &World, seed: u64) -> Member {
    let mut member = Member::new(seed, Manners::default());
    for payload in &world.history {
        let (header, body) = world.envelopes.open(payload).unwrap();
        member.hear(&header, &body);
    }
    member
}

/// A member in a session with everybody.
fn guest(world: &mut World, seed: u64) {
    let manners = Manners {
        echoes: true,
        agrees: true,
        ..Manners::default()
    };
    let mut member = Member::new(seed, manners);
    let hello = member.hello(None).unwrap();
    world.members.push(member);
    world.inject(hello);
    world.run(secs(3));
    assert_eq!(world.members[0].in_session().len(), world.clients.len());
}

#[test]
fn nobody_takes_over_a_confirmed_instance() {
    let (mut world, initiator, responder) = met(41);
    let [from, to] = [initiator, responder].map(|who| world.clients[who].instance.id());
    let first = listener(&world, 1).forged_first(from, to, 1 << 62).unwrap();
    let frames = world.history.len();
    world.act(responder, |instance, now| instance.received(&first, now));
    assert!(
        world.clients[responder]
            .events
            .contains(&Event::Impostor { peer: from }),
        "it is said"
    );
    assert_eq!(world.history.len(), frames, "it is not answered");

    world.say(initiator, "still me");
    world.say(responder, "still me too");
    world.run(secs(2));
    assert!(world.is_delivered(), "the pair talks on");
    assert!(world.clients.iter().all(|client| client.words.len() == 1));
}

#[test]
fn a_hello_in_the_name_of_another_changes_nothing() {
    let (mut world, a, b) = met(42);
    let mut member = listener(&world, 2);
    for (from, to) in [(a, b), (b, a)] {
        let ids = [from, to].map(|who| world.clients[who].instance.id());
        let hello = member.forged_hello(ids[0], ids[1], 1 << 40).unwrap();
        let frames = world.history.len();
        world.act(to, |instance, now| instance.received(&hello, now));
        assert_eq!(world.history.len(), frames, "it is not answered");
        let told = Event::Impostor { peer: ids[0] };
        assert!(world.clients[to].events.contains(&told), "it is said");
    }
    for who in [a, b] {
        world.say(who, "at once");
    }
    world.run(Duration::from_millis(500));
    assert!(world.is_delivered());
    let handshakes = world.history.iter().filter(|frame| frame.len() == HANDSHAKE);
    assert_eq!(handshakes.count(), 2, "the first session still stands");
}

#[test]
fn a_relay_that_only_lies_about_seats_is_a_nuisance_at_most() {
    let (mut world, initiator, responder) = met(43);
    for seats in [1, 500, 0, 2, 1, usize::MAX] {
        for who in [initiator, responder] {
            world.act(who, |instance, now| instance.seats(seats, now));
        }
        world.run(Duration::from_secs(3));
        world.say(initiator, "on and on");
    }
    world.run(secs(30));
    assert!(world.is_delivered());
    assert_eq!(world.clients[responder].got.len(), 6);
}

#[test]
fn a_flood_of_garbage_is_told_now_and_then_and_changes_nothing() {
    let (mut world, initiator, _) = met(44);
    let before = world.clients[initiator].events.len();
    for n in 0..2000u32 {
        let garbage = vec![n as u8; if n % 2 == 0 { 296 } else { 7 }];
        world.act(initiator, |instance, now| instance.received(&garbage, now));
    }
    world.run(secs(10));
    assert!(world.clients[initiator].events.len() - before <= 3);
    assert!(
        world.clients[initiator]
            .events
            .contains(&Event::Disturbed { count: 2000 })
    );
    world.say(initiator, "well?");
    world.run(secs(2));
    assert!(world.is_delivered());
}

#[test]
fn a_flood_of_strangers_costs_bounded_answers() {
    let (mut world, initiator, _) = met(45);
    let frames = world.history.len();
    for seed in 0..1000 {
        let hello = Member::new(seed, Manners::default()).hello(None).unwrap();
        world.act(initiator, |instance, now| instance.received(&hello, now));
    }
    world.run(secs(10));
    // Four answers a second, and hellos with back-off to those that are remembered.
    assert!(
        world.history.len() - frames < 64 * 6 + 60,
        "{} frames",
        world.history.len() - frames
    );
    world.say(initiator, "well?");
    world.run(secs(2));
    assert!(world.is_delivered());
}

#[test]
fn a_seat_that_says_nothing_costs_those_who_talk_no_handshakes() {
    let mut world = World::new(51);
    world.start("anna");
    world.start("ben");
    world.start("cleo");
    world.run(secs(5));
    world.member_sits = true;
    world.tell_seats();
    let frames = world.history.len();
    world.run(secs(3600));
    let later = &world.history[frames..];
    // Four an hour in each of three pairs, each of two.
    let handshakes = later.iter().filter(|frame| frame.len() == HANDSHAKE).count();
    assert!(handshakes <= 24, "{handshakes} of handshakes");
    // Hellos to all and keep-alives, with their answers: two each half minute from each, to all or in each pair.
    assert!(later.len() < 1200, "{} frames", later.len());
}

#[test]
fn those_who_came_and_died_are_not_called_for_ever() {
    let mut world = World::new(52);
    let a = world.start("anna");
    world.start("ben");
    world.run(secs(5));
    for n in 0..20 {
        let visitor = world.start(&format!("visitor {n}"));
        world.run(secs(2));
        world.stop(visitor);
        // A name that it never gets.
        world.rename(a, &format!("anna {n}"));
        world.run(secs(1));
        world.kill(visitor);
    }
    world.run(secs(300));
    let frames = world.history.len();
    world.run(secs(3600));
    // A ping and its answer each half minute, at times from both, and four handshakes an hour.
    let frames = world.history.len() - frames;
    assert!(frames < 4 * 120 + 8, "{frames} frames");
}

#[test]
fn a_crowd_costs_bounded_memory() {
    let manners = [(true, true), (true, false), (false, false)];
    for (echoes, agrees) in manners {
        let mut world = World::new(50);
        let a = world.start("anna");
        for seed in 0..300 {
            let mut member = Member::new(
                seed,
                Manners {
                    echoes,
                    agrees,
                    ..Manners::default()
                },
            );
            let hello = member.hello(None).unwrap();
            world.members = vec![member];
            world.inject(hello);
            world.run(Duration::from_millis(400));
        }
        let bytes = freed_with(world.clients.swap_remove(a).instance);
        assert!(bytes < 1 << 20, "{bytes} bytes");
    }
}

#[test]
fn a_flood_of_pings_over_a_socket_that_takes_nothing_costs_no_memory() {
    let (mut world, a, _) = met(46);
    guest(&mut world, 3);
    let anna = world.clients[a].instance.id();
    let now = world.time();
    for token in 0..10_000 {
        let ping = world.members[0].message(anna, Acknowledged::default(), Kind::Ping(token));
        world.clients[a].instance.received(&ping.unwrap(), now);
    }
    let waiting = std::iter::from_fn(|| world.clients[a].instance.next_push()).count();
    assert!(waiting < 100, "{waiting} pushes wait");
}

#[test]
fn a_flood_of_firsts_costs_one_answer_a_second_to_each_and_four_in_all() {
    let mut world = World::new(47);
    let anna = world.start("anna");
    // Whoever has a lower id begins.
    let to = world.clients[anna].instance.id();
    let manners = Manners {
        echoes: true,
        ..Manners::default()
    };
    let lower = (0..)
        .map(|seed| Member::new(seed, manners))
        .filter(|member| member.id() < to);
    world.members = lower.take(6).collect();
    for at in 0..6 {
        let hello = world.members[at].hello(None).unwrap();
        world.inject(hello);
        world.run(secs(2));
    }
    let seen = |world: &World| {
        let handshakes = world.history.iter().filter(|frame| frame.len() == HANDSHAKE);
        handshakes.count()
    };
    for (from, most) in [(0..1, 10), (0..6, 40)] {
        let (before, mut firsts) = (seen(&world), 0);
        for _ in 0..100 {
            for at in from.clone() {
                let first = world.members[at].first(to, 1).unwrap();
                firsts += 1;
                world.inject(first);
            }
            world.run(Duration::from_millis(100));
        }
        let answered = seen(&world) - before - firsts;
        assert!(
            (most - 2..=most + 1).contains(&answered),
            "{answered} in ten seconds"
        );
    }
}

#[test]
fn what_a_guest_says_before_a_name_or_acknowledges_beyond_all_that_was_said_is_ignored() {
    let (mut world, a, b) = met(48);
    guest(&mut world, 4);
    for to in world.members[0].in_session() {
        let member = &mut world.members[0];
        let acknowledged = Acknowledged {
            held: u64::MAX,
            read: u64::MAX,
        };
        let said = [Content::Empty, Content::Leave].map(|content| member.say(to, content, acknowledged));
        said.into_iter()
            .flatten()
            .for_each(|payload| world.inject(payload));
    }
    world.say(a, "between us");
    world.say(b, "between us too");
    world.run(secs(30));
    assert!(world.is_delivered());
    for client in &world.clients {
        assert_eq!((client.present.len(), client.got.len()), (1, 1));
    }
}

#[test]
fn an_envelope_of_a_kind_that_is_yet_to_come_is_no_disturbance() {
    let (mut world, a, b) = met(49);
    let mut plaintext = vec![0; 256];
    plaintext[..2].copy_from_slice(&[1, 9]);
    plaintext[2..18].copy_from_slice(&world.clients[b].instance.id().0);
    let (nonce, topic) = ([5; 24], keys().1);
    let payload = Payload {
        msg: &plaintext,
        aad: topic.as_str().as_bytes(),
    };
    let cipher = XChaCha20Poly1305::new(&box_key().into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap();
    let events = world.clients[a].events.len();
    let payload = [&nonce[..], &sealed].concat();
    world.act(a, |instance, now| instance.received(&payload, now));
    world.run(secs(20));
    assert_eq!(world.clients[a].events.len(), events);
}
