//! A note sealed for the relay, alike under whatever key: tag\[8\] ‖ nonce\[24\] ‖ XChaCha20-Poly1305.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use zeroize::Zeroizing;

use super::note::{Note, NoteError, SEAL_LEN};
use crate::peer::secret::{Secret, unstacked};
use crate::wire::kept::{BUCKETS, Token};
use crate::wire::topic::Topic;

/// What finds the key of a blob, or is random where there is nothing to find.
pub type Tag = [u8; 8];
/// 24 random bytes, new for every blob.
pub type Nonce = [u8; 24];

/// A blob as it is put, and what takes it out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Of one of the lengths of [`BUCKETS`].
    pub blob: Vec<u8>,
    /// Drops it.
    pub token: Token,
}

/// Seals a note, filled to the smallest bucket that holds it; `None` for one that none holds.
pub fn seal(
    key: &Secret,
    tag: &Tag,
    nonce: &Nonce,
    topic: &Topic,
    token: &Token,
    note: &Note,
) -> Option<Vec<u8>> {
    seal_bytes(key, tag, nonce, topic, token, &note.encode()?)
}

pub(super) fn seal_bytes(
    key: &Secret,
    tag: &Tag,
    nonce: &Nonce,
    topic: &Topic,
    token: &Token,
    note: &[u8],
) -> Option<Vec<u8>> {
    let bucket = BUCKETS
        .into_iter()
        .find(|bucket| note.len() + SEAL_LEN <= *bucket)?;
    // As long as it gets at once: a buffer that grows leaves copies.
    let mut plaintext = Zeroizing::new(vec![0; bucket - SEAL_LEN]);
    plaintext[..note.len()].copy_from_slice(note);
    let payload = Payload {
        msg: &plaintext,
        aad: &associated(tag, topic, token),
    };
    let cipher = || XChaCha20Poly1305::new(key.expose().into()).encrypt(nonce.into(), payload);
    let sealed = unstacked(cipher).ok()?;
    Some([&tag[..], nonce, &sealed].concat())
}

/// Opens what [`seal`] made; `None` for a blob that was sealed under another key, or changed.
///
/// What it holds may still be a note that this version cannot read.
pub fn open(key: &Secret, topic: &Topic, token: &Token, blob: &[u8]) -> Option<Result<Note, NoteError>> {
    let (tag, nonce, sealed) = split(blob)?;
    let payload = Payload {
        msg: sealed,
        aad: &associated(tag, topic, token),
    };
    let cipher = || XChaCha20Poly1305::new(key.expose().into()).decrypt(nonce.into(), payload);
    let plaintext = Zeroizing::new(unstacked(cipher).ok()?);
    Some(Note::decode(&plaintext))
}

/// Tag, nonce and what is sealed; `None` for what is of no bucket's length.
pub fn split(blob: &[u8]) -> Option<(&Tag, &Nonce, &[u8])> {
    if !BUCKETS.contains(&blob.len()) {
        return None;
    }
    let (tag, rest) = blob.split_first_chunk()?;
    let (nonce, sealed) = rest.split_first_chunk()?;
    Some((tag, nonce, sealed))
}

/// Bound to the room, and to what drops it: nobody can put it again under a token of his own.
fn associated(tag: &Tag, topic: &Topic, token: &Token) -> Vec<u8> {
    [topic.as_str().as_bytes(), tag, &token.drop_hash().0].concat()
}
