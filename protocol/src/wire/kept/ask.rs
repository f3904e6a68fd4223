//! What a client asks of the bag.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{BUCKETS, DropHash, Token};

/// A blob to be kept: what stands behind the signature of a `kept_put`.
///
/// drop hash\[32\] ‖ days u8 ‖ n u8 ‖ n × token\[32\] ‖ blob
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put<'a> {
    /// Of the token that takes it out again. The same one put again is the same blob.
    pub drop_hash: DropHash,
    /// For how many days, at least 1; the relay keeps it as long as it keeps anything if that is less.
    pub days: u8,
    /// Of the blobs that are dropped in the same step; at most 255.
    pub drops: Vec<Token>,
    /// Of one of the lengths of [`BUCKETS`].
    pub blob: &'a [u8],
}

impl<'a> Put<'a> {
    /// The payload behind the signature; `None` when it could not be read again.
    pub fn encode(&self) -> Option<Vec<u8>> {
        if self.days == 0 || !BUCKETS.contains(&self.blob.len()) {
            return None;
        }
        let mut payload = self.drop_hash.0.to_vec();
        payload.push(self.days);
        payload.extend(write_tokens(&self.drops)?);
        payload.extend(self.blob);
        Some(payload)
    }

    /// `None` for what is cut short, of no day, or of no bucket's length.
    pub fn decode(payload: &'a [u8]) -> Option<Self> {
        let (drop_hash, payload) = payload.split_first_chunk()?;
        let (&days, payload) = payload.split_first()?;
        let (drops, blob) = read_tokens(payload)?;
        (days > 0 && BUCKETS.contains(&blob.len())).then_some(Self {
            drop_hash: DropHash(*drop_hash),
            days,
            drops,
            blob,
        })
    }
}

/// The payload of a `kept_drop`: n u8 ‖ n × token\[32\]. `None` for more than 255.
pub fn write_tokens(tokens: &[Token]) -> Option<Vec<u8>> {
    let mut payload = Vec::with_capacity(1 + 32 * tokens.len());
    payload.push(u8::try_from(tokens.len()).ok()?);
    for token in tokens {
        payload.extend(token.0);
    }
    Some(payload)
}

/// Reads the payload of a `kept_drop`; `None` when it is cut short or something is behind it.
pub fn tokens(payload: &[u8]) -> Option<Vec<Token>> {
    let (tokens, rest) = read_tokens(payload)?;
    rest.is_empty().then_some(tokens)
}

fn read_tokens(payload: &[u8]) -> Option<(Vec<Token>, &[u8])> {
    let (&count, payload) = payload.split_first()?;
    let (tokens, rest) = payload.split_at_checked(32 * usize::from(count))?;
    let (tokens, _) = tokens.as_chunks();
    Some((tokens.iter().copied().map(Token).collect(), rest))
}

/// Asks for what is in the bag: the payload of a `kept_get`, `{"after": NUMBER, "blobs": BOOL}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Get {
    /// Only what has a higher number; 0 for all. Numbers are good within one join only.
    pub after: u64,
    /// The blobs themselves, or only which there are.
    pub blobs: bool,
}

impl Get {
    /// Reads the payload; other members are ignored.
    pub fn parse(payload: &RawValue) -> Option<Self> {
        serde_json::from_str(payload.get()).ok()
    }

    /// Writes the payload.
    pub fn to_json(&self) -> Box<RawValue> {
        serde_json::value::to_raw_value(self).unwrap_or_default()
    }
}
