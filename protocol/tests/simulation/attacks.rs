//! What somebody can do who has the passphrase, and the relay.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sotto_protocol::envelope::{Envelopes, Header, Kind, Recipient, SessionId};
use sotto_protocol::handshake::{Begun, FirstKey, Parties};
use sotto_protocol::instance::Event;
use sotto_protocol::message::InstanceId;
use sotto_protocol::run_key::{PublicRunKey, RunKey};

use crate::secs;
use crate::world::{World, keys};

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

/// The room's key, as everybody with the passphrase derives it.
fn room_key() -> FirstKey {
    use hkdf::Hkdf;
    let mut psk = [0; 32];
    Hkdf::<sha2::Sha256>::new(None, &[7; 32])
        .expand(b"sotto/v1/psk", &mut psk)
        .unwrap();
    FirstKey::Room(psk.into())
}

/// The key of somebody who has the passphrase.
fn member(seed: u64) -> RunKey {
    RunKey::new(&mut StdRng::seed_from_u64(seed))
}

/// The public half of a client's, as the first hello shows it that the relay has seen of it.
fn run_key_of(world: &World, who: usize) -> PublicRunKey {
    let (keys, topic) = keys();
    let envelopes = Envelopes::new(&keys, topic);
    let id = world.clients[who].instance.id();
    let opened = world
        .history
        .iter()
        .filter_map(|payload| envelopes.open(payload).ok());
    opened
        .filter(|(header, _)| header.kind == Kind::Hello && header.from == id)
        .find_map(|(_, body)| PublicRunKey::from_bytes(body[32..64].try_into().unwrap()))
        .unwrap()
}

/// What a hello says before its signature.
fn hello(key: &PublicRunKey) -> Vec<u8> {
    [&[9; 16][..], &[0; 16], key.as_bytes()].concat()
}

/// An envelope in anybody's name, with whose key it is signed.
fn signed(
    by: &RunKey,
    kind: Kind,
    from: InstanceId,
    to: InstanceId,
    session: SessionId,
    counter: u64,
    body: &[u8],
) -> Vec<u8> {
    let (keys, topic) = keys();
    let header = Header {
        kind,
        from,
        to: Recipient::One(to),
        session,
        counter,
    };
    let body = by.sign(&topic, &header, body).unwrap();
    Envelopes::new(&keys, topic)
        .seal(&header, &body, &mut StdRng::seed_from_u64(99))
        .unwrap()
}

#[test]
fn nobody_takes_over_a_confirmed_instance() {
    let (mut world, initiator, responder) = met(41);
    let (from, to) = (
        world.clients[initiator].instance.id(),
        world.clients[responder].instance.id(),
    );
    let (topic, member) = (keys().1, member(1));
    let (key, theirs) = (member.public(), run_key_of(&world, responder));
    let parties = Parties::between(&topic, &key, &theirs);
    let begun = Begun::new(parties, &room_key(), 1_000, &mut StdRng::seed_from_u64(1)).unwrap();
    let frames = world.history.len();
    let first = signed(&member, Kind::First, from, to, begun.session(), 0, begun.first());
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
fn whoever_poses_as_the_responder_cannot_answer_under_the_chain() {
    let (mut world, initiator, responder) = met(42);
    let (us, them) = (
        world.clients[initiator].instance.id(),
        world.clients[responder].instance.id(),
    );
    // A hello as from the responder, with a nonce of his own: he cannot sign it.
    let member = member(2);
    let body = hello(&run_key_of(&world, responder));
    let hello = signed(&member, Kind::Hello, them, us, SessionId([0; 8]), 1 << 40, &body);
    world.act(initiator, |instance, now| instance.received(&hello, now));
    world.say(initiator, "for the real one");
    world.run(secs(60));
    assert_eq!(world.clients[responder].got.len(), 1);
    assert!(world.is_delivered());
    let told = Event::Impostor { peer: them };
    assert!(world.clients[initiator].events.contains(&told), "it is said");
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
    let us = world.clients[initiator].instance.id();
    let frames = world.history.len();
    for n in 0..1000u64 {
        let stranger = member(n);
        let (from, body) = (stranger.public().id(), hello(&stranger.public()));
        let hello = signed(&stranger, Kind::Hello, from, us, SessionId([0; 8]), 1, &body);
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
