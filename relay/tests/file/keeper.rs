//! The machinery of the tests: a member who knows the room's key, and asks things of its bag.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sotto_protocol::{
    AccessHash, RoomHash, Topic,
    frame::{Notice, Payload, Received},
    kept::{self, Announcement, Challenge, Content, DropHash, Kept, Put, Token},
};

use crate::{
    member::{Member, Room, sha256},
    relay::Running,
};

/// A room whose access hash is that of a member key.
#[derive(Clone)]
pub struct Keys {
    pub room: Room,
    key: SigningKey,
}

impl Keys {
    /// Made up of a byte.
    pub fn new(byte: u8) -> Self {
        let key = SigningKey::from_bytes(&[byte; 32]);
        let access = AccessHash::of(key.verifying_key().as_bytes());
        let room = Room {
            topic: Topic::of(&RoomHash::of(&access)).as_str().to_owned(),
            access: access.to_hex().to_string(),
        };
        Self { room, key }
    }

    /// As a member signs it.
    pub fn sign(&self, event: &str, challenge: Challenge, reference: &str, rest: &[u8]) -> Vec<u8> {
        let topic = Topic::parse(&self.room.topic).unwrap();
        let signature = (self.key).sign(&kept::statement(event, &topic, &challenge, reference, rest));
        [
            self.key.verifying_key().as_bytes(),
            &signature.to_bytes()[..],
            rest,
        ]
        .concat()
    }
}

/// A member, seated.
pub struct Keeper {
    pub member: Member,
    pub keys: Keys,
    pub challenge: Challenge,
    pub announced: Announcement,
    pushes: u32,
}

/// The token of a blob that is known by one byte.
pub fn token(byte: u8) -> Token {
    Token([byte; 32])
}

pub fn tokens(bytes: &[u8]) -> Vec<Token> {
    bytes.iter().copied().map(token).collect()
}

/// The blob.
pub fn blob(byte: u8, size: usize) -> Vec<u8> {
    (0..size).map(|at| byte ^ (at % 251) as u8).collect()
}

/// What stands behind the signature of a put.
pub fn rest(byte: u8, size: usize, days: u8, drops: &[u8]) -> Vec<u8> {
    let put = Put {
        drop_hash: token(byte).drop_hash(),
        days,
        drops: tokens(drops),
        blob: &blob(byte, size),
    };
    put.encode().unwrap()
}

impl Keeper {
    pub fn new(relay: &Running, keys: &Keys) -> Self {
        Self::over(Member::connect(relay), keys)
    }

    /// Joins.
    pub fn over(mut member: Member, keys: &Keys) -> Self {
        let payload = json!({"access_hash": keys.room.access, "sender_hash": member.sender});
        let join = json!(["1", "1", keys.room.topic, "phx_join", payload]);
        member.send_text(&join.to_string());
        let reply = member.read().unwrap();
        assert_eq!(reply[4]["status"], "ok", "{reply}");
        let response = reply[4]["response"].to_string();
        let announced = Announcement::parse(serde_json::from_str(&response).unwrap()).unwrap();
        member.wait_for("presence_state");
        Self {
            member,
            keys: keys.clone(),
            challenge: announced.challenge,
            announced,
            pushes: 1,
        }
    }

    /// Two who have met: what is put is only taken from these.
    pub fn two(relay: &Running, keys: &Keys) -> [Self; 2] {
        [(); 2].map(|()| Self::new(relay, keys))
    }

    fn reference(&mut self) -> String {
        self.pushes += 1;
        self.pushes.to_string()
    }

    /// The response to a push, or the reason of its refusal as a string.
    pub fn reply(&mut self, reference: &str) -> Value {
        self.try_reply(reference).expect("the relay is there")
    }

    fn try_reply(&mut self, reference: &str) -> Option<Value> {
        loop {
            let frame = self.member.read().ok()?;
            if frame[1] == reference && frame[3] == "phx_reply" {
                let response = &frame[4]["response"];
                return Some(response.get("reason").unwrap_or(response).clone());
            }
        }
    }

    /// Pushes bytes and reads the reply.
    pub fn push(&mut self, event: &str, payload: &[u8]) -> Value {
        let reference = self.reference();
        self.push_as(&reference, event, payload)
    }

    pub fn push_as(&mut self, reference: &str, event: &str, payload: &[u8]) -> Value {
        let topic = self.keys.room.topic.clone();
        self.member.push(&topic, reference, event, payload).unwrap();
        self.reply(reference)
    }

    /// Puts a blob that is known by one byte, for so many days, with tokens of others.
    pub fn put(&mut self, byte: u8, size: usize, days: u8, drops: &[u8]) -> Value {
        self.try_put(byte, size, days, drops).expect("the relay is there")
    }

    /// The same; `None` when the relay is gone.
    pub fn try_put(&mut self, byte: u8, size: usize, days: u8, drops: &[u8]) -> Option<Value> {
        let reference = self.reference();
        let rest = rest(byte, size, days, drops);
        let payload = self.keys.sign(kept::PUT, self.challenge, &reference, &rest);
        let topic = self.keys.room.topic.clone();
        (self.member.push(&topic, &reference, kept::PUT, &payload)).ok()?;
        self.try_reply(&reference)
    }

    /// Drops, and for each says whether it was there.
    pub fn drop(&mut self, bytes: &[u8]) -> Value {
        let payload = kept::write_tokens(&tokens(bytes)).unwrap();
        self.push(kept::DROP, &payload)["dropped"].clone()
    }

    /// One get: number, days left and blob of each, and whether there is more.
    pub fn get(&mut self, after: u64) -> (Vec<(u64, u8, Vec<u8>)>, bool) {
        let (count, more) = self.ask(after, true);
        let found = (0..count).map(|_| {
            let frame = self.member.read_binary();
            let kept = self.kept(&frame);
            let Content::Blob(blob) = kept.content else {
                panic!("a blob, not a hash")
            };
            (kept.number, kept.days_left, blob.to_vec())
        });
        (found.collect(), more)
    }

    /// A get without blobs: number and drop hash of each.
    pub fn list(&mut self, after: u64) -> Vec<(u64, DropHash)> {
        let (count, more) = self.ask(after, false);
        assert!(!more);
        let found = (0..count).map(|_| {
            let frame = self.member.read_binary();
            let kept = self.kept(&frame);
            let Content::Hash(hash) = kept.content else {
                panic!("a hash, not a blob")
            };
            (kept.number, hash)
        });
        found.collect()
    }

    /// The bytes by which the blobs are known that are there, over as many gets as it takes.
    pub fn all(&mut self) -> Vec<Vec<u8>> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let (found, more) = self.get(after);
            after = found.last().map_or(after, |found| found.0);
            all.extend(found.into_iter().map(|found| found.2));
            if !more {
                return all;
            }
        }
    }

    fn ask(&mut self, after: u64, blobs: bool) -> (u64, bool) {
        let reference = self.reference();
        let get = json!({"after": after, "blobs": blobs});
        let push = json!(["1", reference, self.keys.room.topic, kept::GET, get]);
        self.member.send_text(&push.to_string());
        let got = self.reply(&reference);
        (got["count"].as_u64().unwrap(), got["more"].as_bool().unwrap())
    }

    /// What a push of the relay's carries.
    fn kept<'a>(&self, frame: &'a [u8]) -> Kept<'a> {
        assert_eq!(frame[0], 0, "a push, and no broadcast");
        let Received::Notice(Notice {
            join_ref,
            topic,
            event,
            payload: Payload::Binary(payload),
            ..
        }) = Received::decode_binary(frame).unwrap()
        else {
            panic!("a push of bytes");
        };
        assert_eq!((join_ref.text(), &*event), ("1", kept::KEPT));
        assert_eq!(*topic, *self.keys.room.topic);
        Kept::decode(payload).unwrap()
    }
}

/// What the table has of a room that is made up of a byte.
pub fn name(keys: &Keys) -> String {
    sha256(keys.room.topic.strip_prefix("anon_room:").unwrap())
}
