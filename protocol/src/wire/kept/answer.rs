//! What the relay says of the bag.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{BUCKETS, Challenge, DropHash};

/// What the reply to a join says of a relay that keeps: `{"kept":{"days":D,"blobs":N},"challenge":HEX}`.
///
/// Any other reply means that it keeps nothing, and that nothing of this may be sent to it: it would pass it on to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// Days for which a blob is kept at most.
    pub days: u8,
    /// Blobs of one room that are kept at most.
    pub blobs: u16,
    /// What this seat signs.
    pub challenge: Challenge,
}

#[derive(Serialize, Deserialize)]
struct Response {
    kept: Bounds,
    challenge: String,
}

#[derive(Serialize, Deserialize)]
struct Bounds {
    days: u8,
    blobs: u16,
}

impl Announcement {
    /// Reads the response to a join; other members are ignored. `None` when the relay keeps nothing.
    pub fn parse(response: &RawValue) -> Option<Self> {
        let Response { kept, challenge } = serde_json::from_str(response.get()).ok()?;
        Some(Self {
            days: kept.days,
            blobs: kept.blobs,
            challenge: Challenge::parse(&challenge)?,
        })
    }

    /// Writes the response to a join.
    pub fn to_json(&self) -> Box<RawValue> {
        let response = Response {
            kept: Bounds {
                days: self.days,
                blobs: self.blobs,
            },
            challenge: self.challenge.to_hex(),
        };
        to_raw_value(&response).unwrap_or_default()
    }
}

/// The answer to a `kept_put`: `{"number":N,"until":DAY,"durable":BOOL,"dropped":[BOOL,…]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Of the blob, within the life of the relay and the room.
    pub number: u64,
    /// Its last day, in days since 1970-01-01: it goes at the midnight (UTC) that ends it.
    pub until: u32,
    /// It is on a disk.
    pub durable: bool,
    /// For each token that came with it, in their order, whether its blob was there.
    pub dropped: Vec<bool>,
}

impl Placed {
    /// Reads the response.
    pub fn parse(response: &RawValue) -> Option<Self> {
        serde_json::from_str(response.get()).ok()
    }

    /// Writes the response.
    pub fn to_json(&self) -> Box<RawValue> {
        to_raw_value(self).unwrap_or_default()
    }
}

/// The answer to a `kept_get`: `{"count":N,"more":BOOL}`. The pushes follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Got {
    /// How many pushes follow.
    pub count: u16,
    /// More is in the bag after the last of them.
    pub more: bool,
}

impl Got {
    /// Reads the response.
    pub fn parse(response: &RawValue) -> Option<Self> {
        serde_json::from_str(response.get()).ok()
    }

    /// Writes the response.
    pub fn to_json(&self) -> Box<RawValue> {
        to_raw_value(self).unwrap_or_default()
    }
}

/// The answer to a `kept_drop`: `{"dropped":[BOOL,…]}`, for each token in their order whether its blob was there.
pub mod dropped {
    use super::{Deserialize, RawValue, Serialize, to_raw_value};

    #[derive(Serialize, Deserialize)]
    struct Response {
        dropped: Vec<bool>,
    }

    /// Reads the response.
    pub fn parse(response: &RawValue) -> Option<Vec<bool>> {
        let response: Response = serde_json::from_str(response.get()).ok()?;
        Some(response.dropped)
    }

    /// Writes the response.
    pub fn to_json(dropped: Vec<bool>) -> Box<RawValue> {
        to_raw_value(&Response { dropped }).unwrap_or_default()
    }
}

/// One push of `kept`: number u64 ‖ days left u8 ‖ a blob, or the drop hash of one. The length says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept<'a> {
    /// In the order in which they were put.
    pub number: u64,
    /// Midnights (UTC) that it outlives; 0 on its last day.
    pub days_left: u8,
    /// What was asked for.
    pub content: Content<'a>,
}

/// What a push of `kept` brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// The blob, of one of the lengths of [`BUCKETS`].
    Blob(&'a [u8]),
    /// Which blob it is, 32 bytes.
    Hash(DropHash),
}

impl<'a> Kept<'a> {
    /// `None` for what has another length.
    pub fn decode(payload: &'a [u8]) -> Option<Self> {
        let (number, payload) = payload.split_first_chunk()?;
        let (&days_left, content) = payload.split_first()?;
        let content = match <[u8; 32]>::try_from(content) {
            Ok(hash) => Content::Hash(DropHash(hash)),
            Err(_) if BUCKETS.contains(&content.len()) => Content::Blob(content),
            Err(_) => return None,
        };
        Some(Self {
            number: u64::from_be_bytes(*number),
            days_left,
            content,
        })
    }

    /// The payload.
    pub fn encode(&self) -> Vec<u8> {
        let content: &[u8] = match &self.content {
            Content::Blob(blob) => blob,
            Content::Hash(hash) => &hash.0,
        };
        [&self.number.to_be_bytes(), &[self.days_left][..], content].concat()
    }
}
