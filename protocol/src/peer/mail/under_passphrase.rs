//! Sealed so that the passphrase alone opens it: for two who remember nothing of each other.
//!
//! There is no secret here that could be deleted, so there is no forward secrecy: who has a copy of the blob and learns the
//! passphrase later reads it. Nor does it prove who wrote it: every member can.

use rand_core::CryptoRng;

use super::blob::{self, Nonce, Sealed};
use super::note::{Note, NoteError};
use crate::peer::root::{RoomKeys, expand};
use crate::peer::secret::{Secret, unstacked};
use crate::wire::{kept::Token, topic::Topic};

/// Seals and opens the notes of one room. Zeroized on drop, never shown.
#[derive(Clone)]
pub struct MailKey {
    key: Secret,
    topic: Topic,
}

impl MailKey {
    /// That of a room.
    pub fn new(keys: &RoomKeys, topic: Topic) -> Self {
        Self {
            key: keys.mail.clone(),
            topic,
        }
    }

    /// The room that it is of.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Seals a note; `None` for one that no bucket holds.
    pub fn seal(&self, note: &Note, rng: &mut (impl CryptoRng + ?Sized)) -> Option<Sealed> {
        let (mut tag, mut nonce) = ([0; 8], [0; 24]);
        rng.fill_bytes(&mut tag);
        rng.fill_bytes(&mut nonce);
        let (key, token) = self.derived(&nonce);
        let blob = blob::seal(&key, &tag, &nonce, &self.topic, &token, note)?;
        Some(Sealed { blob, token })
    }

    /// Opens a blob; `None` for one that no member has sealed so, or that was changed.
    ///
    /// What it holds may be a note that this version cannot read; what takes it out is known anyway.
    pub fn open(&self, blob: &[u8]) -> Option<(Token, Result<Note, NoteError>)> {
        let (_, nonce, _) = blob::split(blob)?;
        let (key, token) = self.derived(nonce);
        let note = blob::open(&key, &self.topic, &token, blob)?;
        Some((token, note))
    }

    /// The key of one blob and what drops it: who reads it knows both.
    fn derived(&self, nonce: &Nonce) -> (Secret, Token) {
        unstacked(|| {
            let secret = zeroize::Zeroizing::new([&self.key.expose()[..], nonce].concat());
            let key = Secret::written(|key| *key = expand(&secret, b"seal"));
            (key, Token(expand(&secret, b"drop")))
        })
    }
}

impl std::fmt::Debug for MailKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailKey(…)")
    }
}

#[cfg(test)]
pub(crate) mod tests;
