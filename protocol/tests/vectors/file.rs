//! `vectors.json` as types. What they mean stands in `SPEC.md`.

use std::sync::LazyLock;

use serde::Deserialize;

/// The whole file.
pub static VECTORS: LazyLock<Vectors> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../vectors.json")).unwrap());

/// Bytes, in the file as hexadecimal digits.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// The bytes, where their number is known.
    pub fn array<const N: usize>(&self) -> [u8; N] {
        self.0.as_slice().try_into().unwrap()
    }
}

impl TryFrom<String> for Bytes {
    type Error = hex::FromHexError;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        hex::decode(digits).map(Self)
    }
}

#[derive(Deserialize)]
pub struct Vectors {
    pub normalisation: Vec<Normalisation>,
    pub rooms: Vec<Room>,
    pub frames: Frames,
    pub kept: Kept,
    pub mail: Mail,
    pub bond: Bond,
    pub runs: Vec<Run>,
    pub envelopes: Envelopes,
    pub messages: Vec<Message>,
    pub odd_messages: Vec<OddMessage>,
    pub buckets: Vec<Bucket>,
    pub handshakes: Handshakes,
}

#[derive(Deserialize)]
pub struct Normalisation {
    pub typed: String,
    pub normalised: String,
}

#[derive(Deserialize)]
pub struct Room {
    pub passphrase: String,
    pub room: String,
    pub run: Bytes,
    pub root: Bytes,
    pub member_public: Bytes,
    pub access_hash: String,
    pub room_hash: String,
    pub sender_hash: String,
    pub topic: String,
    pub room_words: String,
}

#[derive(Deserialize)]
pub struct Frames {
    pub room: usize,
    pub join_ref: String,
    #[serde(rename = "ref")]
    pub reference: String,
    pub data: Bytes,
    pub join: String,
    pub push: Bytes,
    pub broadcast: Bytes,
    pub reply: String,
}

#[derive(Deserialize)]
pub struct Kept {
    pub room: usize,
    pub challenge: Bytes,
    #[serde(rename = "ref")]
    pub reference: String,
    pub token: Bytes,
    pub drop_hash: Bytes,
    pub days: u8,
    pub drops: Vec<Bytes>,
    pub blob: Bytes,
    pub number: u64,
    pub put: Bytes,
    pub expire: Bytes,
    pub drop: Bytes,
    pub kept_blob: Bytes,
    pub kept_hash: Bytes,
    pub announced: String,
    pub get: String,
    pub got: String,
    pub placed: String,
    pub dropped: String,
}

#[derive(Deserialize)]
pub struct Mail {
    pub room: usize,
    pub under_passphrase: Vec<Blob>,
}

#[derive(Deserialize)]
pub struct Bond {
    pub room: usize,
    pub generations: Vec<Generation>,
}

#[derive(Deserialize)]
pub struct Generation {
    pub lo: Bytes,
    pub hi: Bytes,
    pub hash: Bytes,
    pub id: Bytes,
    pub held_lo: Bytes,
    pub held_hi: Bytes,
    /// The random bytes of a proof.
    pub filling: Bytes,
    pub proof_lo: Bytes,
    /// What `lo` leaves under it.
    pub blobs: Vec<Bonded>,
}

#[derive(Deserialize)]
pub struct Bonded {
    pub nonce: Bytes,
    pub token: Bytes,
    pub note: Note,
    pub blob: Bytes,
}

#[derive(Deserialize)]
pub struct Blob {
    pub tag: Bytes,
    pub nonce: Bytes,
    pub token: Bytes,
    pub note: Note,
    /// Of the small ones.
    pub blob: Option<Bytes>,
    /// Of the large ones.
    pub blob_sha256: Option<Bytes>,
}

#[derive(Deserialize)]
pub struct Note {
    pub author: String,
    /// Empty for nobody.
    pub to: String,
    pub written_ms: u64,
    pub until: u32,
    /// 0 where it does not fade.
    pub fades_s: u32,
    pub index: u32,
    pub replaces: Option<u32>,
    pub lowest: u32,
    #[serde(flatten)]
    pub said: Noted,
    pub bucket: usize,
    /// Without the zeros that fill it.
    pub encoded: Bytes,
}

#[derive(Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Noted {
    Text {
        id: Bytes,
        answers_author: Option<Bytes>,
        answers_id: Option<Bytes>,
        text: String,
    },
    Edit {
        id: Bytes,
        text: String,
    },
    Delete {
        id: Bytes,
    },
    Receipts {
        first: u32,
        indexes: Vec<u32>,
    },
}

#[derive(Deserialize)]
pub struct Run {
    pub secret: Bytes,
    pub public: Bytes,
    pub id: Bytes,
}

#[derive(Deserialize)]
pub struct Envelopes {
    pub room: usize,
    pub sealed: Vec<Envelope>,
}

#[derive(Deserialize)]
pub struct Envelope {
    pub name: String,
    pub nonce: Bytes,
    pub kind: u8,
    pub from: Bytes,
    pub to: Bytes,
    pub session: Bytes,
    pub counter: u64,
    pub bucket: usize,
    /// Without the zeros that fill it.
    pub body: Bytes,
    /// Of the small ones.
    pub payload: Option<Bytes>,
    /// Of the large ones.
    pub payload_sha256: Option<Bytes>,
}

#[derive(Clone, Deserialize)]
pub struct Message {
    pub ack: u64,
    pub read: u64,
    pub number: u64,
    #[serde(flatten)]
    pub said: Said,
    pub bucket: usize,
    /// Without the zeros that fill it.
    pub encoded: Bytes,
}

#[derive(Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Said {
    Nothing,
    Confirm {
        revealed: Bytes,
    },
    Ping {
        token: u64,
    },
    Pong {
        token: u64,
    },
    Typing {
        on: u8,
    },
    Text {
        id: Bytes,
        repeat: bool,
        clock_ms: u64,
        waited_ms: u32,
        answers_author: Option<Bytes>,
        answers_id: Option<Bytes>,
        fades_s: Option<u32>,
        text: String,
    },
    Edit {
        id: Bytes,
        text: String,
    },
    Delete {
        id: Bytes,
    },
    Reaction {
        author: Bytes,
        id: Bytes,
        text: String,
    },
    Name {
        text: String,
    },
    Leave,
    Empty,
    Fading {
        wish: u32,
    },
    Exchange {
        generation: u32,
        bytes: Bytes,
    },
    Held {
        generation: u32,
        sent: u32,
        received: u32,
        lowest: u32,
        mac: Bytes,
    },
    Proof {
        places: Bytes,
    },
}

#[derive(Deserialize)]
pub struct OddMessage {
    pub name: String,
    pub taken_for: String,
    pub plaintext: Bytes,
}

#[derive(Deserialize)]
pub struct Bucket {
    pub bucket: usize,
    pub longest_content: usize,
}

#[derive(Deserialize)]
pub struct Handshakes {
    pub room: usize,
    /// The sessions of one pair, in order.
    pub pair: Vec<Handshake>,
    pub void_first: VoidFirst,
}

#[derive(Deserialize)]
pub struct VoidFirst {
    pub initiator: Bytes,
    pub responder: Bytes,
    pub session: Bytes,
    pub psk0: Bytes,
    pub body: Bytes,
}

#[derive(Deserialize)]
pub struct Handshake {
    pub name: String,
    pub initiator: Bytes,
    pub responder: Bytes,
    pub attempt: u64,
    pub psk0: Bytes,
    /// Whether psk0 is the room's psk, and the initiator commits.
    pub committed: bool,
    pub revealed: Bytes,
    pub random_of_first: Vec<Bytes>,
    pub random_of_second: Vec<Bytes>,
    pub first: Sealed,
    pub second: Sealed,
    pub handshake_hash: Bytes,
    pub chain: Bytes,
    pub safety_words: Option<String>,
    pub transport: Vec<Transport>,
}

#[derive(Deserialize)]
pub struct Sealed {
    pub nonce: Bytes,
    pub body: Bytes,
    pub payload_sha256: Bytes,
}

#[derive(Deserialize)]
pub struct Transport {
    pub from: Bytes,
    pub counter: u64,
    pub message: Message,
    pub nonce: Bytes,
    pub body: Bytes,
    pub payload_sha256: Bytes,
}
