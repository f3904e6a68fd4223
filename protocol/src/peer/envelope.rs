//! The envelope: hides what, from whom, to whom and how long, from everybody without the passphrase.
//!
//! `nonce[24] ‖ XChaCha20-Poly1305(key, nonce, topic, plaintext)` (draft-irtf-cfrg-xchacha-03), where the
//! plaintext is a [`Header`] and a body, filled with zeros to exactly a [bucket](BUCKETS).

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::peer::message::InstanceId;
use crate::peer::root::RoomKeys;
use crate::peer::secret::unstacked;
use crate::wire::topic::Topic;

/// The sizes of a plaintext, in bytes. All that a relay learns of a message's length.
pub const BUCKETS: [usize; 5] = [256, 1024, 4096, 16 * 1024, 64 * 1024];
/// What the envelope adds to a bucket: 24 bytes of nonce and 16 of tag.
pub(crate) const OVERHEAD: usize = NONCE_LEN + 16;
/// The bytes of a header; a body has the rest of the bucket.
pub const HEADER_LEN: usize = 50;
/// The version that this crate speaks.
pub(crate) const VERSION: u8 = 1;

const NONCE_LEN: usize = 24;

/// Names a session of a pair: 8 random bytes of the initiator, new for each attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub [u8; 8]);

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// "I am here."
    Hello = 1,
    /// The first message of a handshake.
    First = 2,
    /// The second message of a handshake.
    Second = 3,
    /// A message of a session.
    Message = 4,
}

/// Who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// Everybody in the room: hellos only.
    All,
    /// One instance.
    One(InstanceId),
}

/// What stands before a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the body is.
    pub kind: Kind,
    /// Who sends it.
    pub from: InstanceId,
    /// Whom it is for.
    pub to: Recipient,
    /// The session that it belongs to; zeros in a hello.
    pub session: SessionId,
    /// A hello's counter; a message's nonce in its direction; else 0.
    pub counter: u64,
}

/// Why a payload does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Its length is not a bucket's.
    #[error("the payload is not of a bucket's length")]
    Length,
    /// It was not sealed under this key and topic, or was changed.
    #[error("the payload does not open")]
    Sealed,
    /// It is of another version of the protocol.
    #[error("the payload is of version {0}, which this program does not know")]
    Version(u8),
    /// It is of a kind that this version has no use for.
    #[error("the payload is of kind {0}, which this program does not know")]
    Kind(u8),
}

/// Seals and opens the envelopes of one room.
pub struct Envelopes {
    /// Zeroized on drop by the crate's own `zeroize` feature, and boxed, so that no move leaves a copy of its key.
    cipher: Box<XChaCha20Poly1305>,
    topic: Topic,
}

impl Envelopes {
    /// The envelopes of a room.
    pub fn new(keys: &RoomKeys, topic: Topic) -> Self {
        Self {
            cipher: unstacked(|| Box::new(XChaCha20Poly1305::new(keys.envelope.expose().into()))),
            topic,
        }
    }

    /// The room's topic, which every envelope is bound to.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Seals a body in the smallest bucket that holds it; `None` for one that none holds.
    pub fn seal(&self, header: &Header, body: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Option<Vec<u8>> {
        let bucket = bucket_for(body.len())?;
        let mut plaintext = Zeroizing::new(Vec::with_capacity(bucket));
        header.write(&mut plaintext);
        plaintext.extend_from_slice(body);
        plaintext.resize(bucket, 0);
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let aad = self.topic.as_str().as_bytes();
        let payload = Payload { msg: &plaintext, aad };
        let sealed = unstacked(|| self.cipher.encrypt(&XNonce::from(nonce), payload)).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// Opens a payload: its header and its body, filling included.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with it.
    pub fn open(&self, payload: &[u8]) -> Result<(Header, Zeroizing<Vec<u8>>), OpenError> {
        if !BUCKETS.iter().any(|bucket| bucket + OVERHEAD == payload.len()) {
            return Err(OpenError::Length);
        }
        let (nonce, sealed) = payload
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(OpenError::Length)?;
        let aad = self.topic.as_str().as_bytes();
        let payload = Payload { msg: sealed, aad };
        let mut plaintext = unstacked(|| self.cipher.decrypt(&XNonce::from(*nonce), payload))
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Sealed)?;
        let header = Header::read(&plaintext)?;
        plaintext.drain(..HEADER_LEN);
        Ok((header, plaintext))
    }
}

/// The smallest bucket whose body holds so many bytes.
pub fn bucket_for(body: usize) -> Option<usize> {
    BUCKETS.into_iter().find(|bucket| body <= bucket - HEADER_LEN)
}

impl Header {
    /// Appends its [`HEADER_LEN`] bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend([VERSION, self.kind as u8]);
        out.extend(self.from.0);
        out.extend(match self.to {
            Recipient::All => [0; 16],
            Recipient::One(id) => id.0,
        });
        out.extend(self.session.0);
        out.extend(self.counter.to_be_bytes());
    }

    fn read(plaintext: &[u8]) -> Result<Self, OpenError> {
        fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], OpenError> {
            let (field, after) = rest.split_first_chunk().ok_or(OpenError::Length)?;
            *rest = after;
            Ok(*field)
        }
        let rest = &mut &plaintext[..];
        let [version, kind] = take(rest)?;
        if version != VERSION {
            return Err(OpenError::Version(version));
        }
        let kind = match kind {
            1 => Kind::Hello,
            2 => Kind::First,
            3 => Kind::Second,
            4 => Kind::Message,
            kind => return Err(OpenError::Kind(kind)),
        };
        let from = InstanceId(take(rest)?);
        let to = match take(rest)? {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] if kind == Kind::Hello => Recipient::All,
            id => Recipient::One(InstanceId(id)),
        };
        Ok(Self {
            kind,
            from,
            to,
            session: SessionId(take(rest)?),
            counter: u64::from_be_bytes(take(rest)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;
    use crate::peer::root::Root;
    use crate::wire::hash::RoomHash;

    fn envelopes(root: u8, room: u8) -> Envelopes {
        Envelopes::new(
            &Root::from_bytes([root; 32]).keys(),
            Topic::of(&RoomHash::from_bytes([room; 32])),
        )
    }

    fn header(to: Recipient) -> Header {
        Header {
            kind: if to == Recipient::All {
                Kind::Hello
            } else {
                Kind::Message
            },
            from: InstanceId([3; 16]),
            to,
            session: SessionId([4; 8]),
            counter: 0x0102_0304_0506_0708,
        }
    }

    fn seal(to: Recipient, body: &[u8]) -> Vec<u8> {
        envelopes(1, 1)
            .seal(&header(to), body, &mut StdRng::seed_from_u64(1))
            .unwrap()
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_has_a_buckets_length(body in prop::collection::vec(any::<u8>(), 0..70_000), all: bool) {
            let to = if all { Recipient::All } else { Recipient::One(InstanceId([9; 16])) };
            let sealed = envelopes(1, 1).seal(&header(to), &body, &mut StdRng::seed_from_u64(1));
            let Some(bucket) = BUCKETS.into_iter().find(|bucket| body.len() + HEADER_LEN <= *bucket) else {
                prop_assert!(sealed.is_none());
                return Ok(());
            };
            let sealed = sealed.unwrap();
            prop_assert_eq!(sealed.len(), bucket + 40);
            let (read, opened) = envelopes(1, 1).open(&sealed).unwrap();
            prop_assert_eq!(read, header(to));
            prop_assert_eq!(&opened[..body.len()], &body[..]);
            prop_assert!(opened[body.len()..].iter().all(|&byte| byte == 0));
        }

        #[test]
        fn no_changed_byte_opens(at in 0usize..296, bit in 0u8..8) {
            let mut sealed = seal(Recipient::All, b"body");
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(envelopes(1, 1).open(&sealed).unwrap_err(), OpenError::Sealed);
        }
    }

    #[test]
    fn another_passphrase_or_topic_does_not_open() {
        let sealed = seal(Recipient::All, b"body");
        assert_eq!(envelopes(2, 1).open(&sealed).unwrap_err(), OpenError::Sealed);
        assert_eq!(envelopes(1, 2).open(&sealed).unwrap_err(), OpenError::Sealed);
        assert_eq!(envelopes(1, 1).open(&sealed[1..]).unwrap_err(), OpenError::Length);
    }
}
