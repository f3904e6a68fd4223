//! `vectors.json` as types. What they mean stands in `SPEC.md`.

use std::sync::LazyLock;

use serde::Deserialize;

/// The whole file.
pub static VECTORS: LazyLock<Vectors> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../vectors.json")).unwrap());

/// Bytes, in the file as hexadecimal digits.
#[derive(Deserialize)]
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
