//! Plays one side of a handshake that `vectors.json` states, for a test that reads this process's memory.
//!
//! It is told the side by its argument and the handshake by a line of its input, says a word when it has come a step
//! further, and takes the next step after one more line.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::System;
use std::convert::Infallible;
use std::io;
use std::thread;

use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;
use sotto::platform::zeroizing_alloc::ZeroizingAlloc;
use sotto_protocol::Topic;
use sotto_protocol::envelope::SessionId;
use sotto_protocol::handshake::{BODY_LEN, Begun, First, FirstKey, Origin, Parties, Unconfirmed};
use sotto_protocol::run_key::PublicRunKey;
use sotto_protocol::secret::Secret;
use sotto_protocol::session::Session;

/// As in the client: what is given back is wiped.
#[global_allocator]
static ALLOCATOR: ZeroizingAlloc = ZeroizingAlloc(System);

fn main() {
    // As in the client, where it is not the first thread either.
    thread::spawn(play).join().unwrap();
}

fn play() {
    let stated = Stated(serde_json::from_str(&line()).unwrap());
    let (mut session, _chain) = if std::env::args().nth(1).unwrap() == "initiator" {
        let agreed = initiate(&stated);
        step("agreed");
        (agreed.0, agreed.1)
    } else {
        let unconfirmed = respond(&stated);
        step("agreed");
        confirm(&stated, *unconfirmed)
    };
    session.seal(b"hi").unwrap();
    step("sealed");
}

/// Said so that the test may look, and nothing is done until it has.
fn step(word: &str) {
    println!("{word}");
    line();
}

fn line() -> String {
    io::stdin().lines().next().unwrap().unwrap()
}

fn initiate(stated: &Stated) -> (Session, FirstKey) {
    let (topic, runs) = stated.place();
    let parties = Parties::between(&topic, &runs[0], &runs[1]);
    let mut random = stated.random("random_of_first");
    let begun = Begun::new(parties, &stated.first_key(), stated.attempt(), &mut random).unwrap();
    let agreed = begun.read_second(&stated.body("second")).ok().unwrap();
    (agreed.session, agreed.chain)
}

fn respond(stated: &Stated) -> Box<Unconfirmed> {
    let (topic, runs) = stated.place();
    let parties = Parties::between(&topic, &runs[0], &runs[1]);
    let mut random = stated.random("random_of_second");
    let (key, body) = (stated.first_key(), stated.body("first"));
    let first = First::read(parties, stated.session(), &key, &body, &mut random).unwrap();
    Box::new(first.answer(&mut random).unwrap().1)
}

fn confirm(stated: &Stated, unconfirmed: Unconfirmed) -> (Session, FirstKey) {
    let origin: Origin = unconfirmed.origin.clone();
    let body = hex::decode(stated.0["transport"][0]["body"].as_str().unwrap()).unwrap();
    let confirmed = unconfirmed.confirm(&body, &origin).ok().unwrap();
    (confirmed.session, confirmed.chain)
}

/// A handshake of `vectors.json`, with its topic and the public keys of its runs.
struct Stated(Value);

impl Stated {
    fn place(&self) -> (Topic, [PublicRunKey; 2]) {
        let run = |n: usize| {
            let key = hex::decode(self.0["runs"][n].as_str().unwrap()).unwrap();
            PublicRunKey::from_bytes(&key.try_into().unwrap()).unwrap()
        };
        let topic = Topic::parse(self.0["topic"].as_str().unwrap()).unwrap();
        (topic, [run(0), run(1)])
    }

    fn attempt(&self) -> u64 {
        self.0["attempt"].as_u64().unwrap()
    }

    fn session(&self) -> SessionId {
        let mut session = SessionId([0; 8]);
        hex::decode_to_slice(self.0["random_of_first"][0].as_str().unwrap(), &mut session.0).unwrap();
        session
    }

    fn first_key(&self) -> FirstKey {
        let psk0 = self.0["psk0"].as_str().unwrap();
        FirstKey::Room(Secret::written(|key| hex::decode_to_slice(psk0, key).unwrap()))
    }

    /// The body of a handshake message without its signature.
    fn body(&self, which: &str) -> Vec<u8> {
        let body = self.0[which]["body"].as_str().unwrap();
        hex::decode(&body[..2 * BODY_LEN]).unwrap()
    }

    fn random(&self, which: &str) -> Playback {
        let draws = self.0[which].as_array().unwrap().iter();
        Playback(
            draws
                .flat_map(|draw| hex::decode(draw.as_str().unwrap()).unwrap())
                .collect(),
        )
    }
}

/// Hands out stated bytes in order instead of random ones.
struct Playback(Vec<u8>);

impl TryRng for Playback {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let later = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = later;
        Ok(())
    }
}

impl TryCryptoRng for Playback {}
