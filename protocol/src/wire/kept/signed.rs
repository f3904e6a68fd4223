//! What only a member can make: a payload with the room's public key and a signature before it.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::wire::{hash::AccessHash, topic::Topic};

/// The bytes of the public half of the member key.
pub const PUBLIC_KEY_LEN: usize = 32;
/// The bytes of a signature.
pub const SIGNATURE_LEN: usize = 64;

/// 16 random bytes that the relay draws for each join and gives in its reply: a signature is good for one seat only, so
/// that who has recorded it cannot send it again from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge(pub [u8; 16]);

impl Challenge {
    /// 32 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// What is signed and verified, of a push with `reference` and this payload behind the signature.
pub fn statement(event: &str, topic: &Topic, challenge: &Challenge, reference: &str, rest: &[u8]) -> Vec<u8> {
    let mut statement = b"sotto/v1/kept:".to_vec();
    for field in [event, topic.as_str(), reference] {
        // A field that does not fit its length byte is in no frame; as 255 it says something else than any that is.
        statement.push(u8::try_from(field.len()).unwrap_or(u8::MAX));
        statement.extend(field.as_bytes());
    }
    statement.extend(challenge.0);
    statement.extend(Sha256::digest(rest));
    statement
}

/// A payload as it came: key\[32\] ‖ signature\[64\] ‖ rest. Nothing of it is verified yet.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    key: &'a [u8; PUBLIC_KEY_LEN],
    signature: &'a [u8; SIGNATURE_LEN],
    rest: &'a [u8],
}

impl<'a> Signed<'a> {
    /// `None` for a payload that is too short.
    pub fn decode(payload: &'a [u8]) -> Option<Self> {
        let (key, payload) = payload.split_first_chunk()?;
        let (signature, rest) = payload.split_first_chunk()?;
        Some(Self { key, signature, rest })
    }

    /// Of the room to which the key belongs: to be compared with that of the join.
    pub fn access_hash(&self) -> AccessHash {
        AccessHash::of(self.key)
    }

    /// What is behind the signature, if the key made it for this event, topic, challenge and ref.
    pub fn verified(
        &self,
        event: &str,
        topic: &Topic,
        challenge: &Challenge,
        reference: &str,
    ) -> Option<&'a [u8]> {
        let key = VerifyingKey::from_bytes(self.key).ok()?;
        let statement = statement(event, topic, challenge, reference, self.rest);
        // Strict: of the ways to verify, the one on which all implementations agree, and that takes no weak key.
        key.verify_strict(&statement, &Signature::from_bytes(self.signature))
            .ok()
            .map(|()| self.rest)
    }
}
