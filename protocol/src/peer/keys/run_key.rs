//! The key of a run: an instance's id certifies itself, so that no other member of the room speaks in its name.
//!
//! Everybody in a room can seal an envelope, and so write any id into it. Therefore an id is a hash of an Ed25519 key
//! (RFC 8032) that is new in every run, and hellos and both messages of a handshake end in a signature under it
//! (`SPEC.md`, section 4.1). What is said in a session is never signed: nobody can prove it to anybody else.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::peer::envelope::{HEADER_LEN, Header, bucket_for};
use crate::peer::message::InstanceId;
use crate::peer::secret::unstacked;
use crate::wire::topic::Topic;

/// The bytes of a signature, the last of the body that it is for.
pub const SIGNATURE_LEN: usize = 64;

/// The secret half, known to one run only. Zeroized on drop by its library; boxed, so that no move leaves a copy.
pub struct RunKey(Box<SigningKey>);

impl RunKey {
    /// A new one: 32 bytes of `rng`.
    pub fn new(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        unstacked(|| {
            let mut secret = Zeroizing::new([0; 32]);
            rng.fill_bytes(&mut *secret);
            Self(Box::new(SigningKey::from_bytes(&secret)))
        })
    }

    /// The half that everybody may know.
    pub fn public(&self) -> PublicRunKey {
        PublicRunKey::of(self.0.verifying_key())
    }

    /// Fills a body to its bucket: zeros, then the signature over the topic, the header and all before it. `None` for
    /// one that no bucket holds.
    pub fn sign(&self, topic: &Topic, header: &Header, body: &[u8]) -> Option<Vec<u8>> {
        let bucket = bucket_for(body.len() + SIGNATURE_LEN)?;
        let mut signed = body.to_vec();
        signed.resize(bucket - HEADER_LEN - SIGNATURE_LEN, 0);
        let signature = unstacked(|| self.0.sign(&statement(topic, header, &signed)));
        signed.extend(signature.to_bytes());
        Some(signed)
    }
}

/// The public half, and the id that is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRunKey {
    key: VerifyingKey,
    id: InstanceId,
}

impl PublicRunKey {
    fn of(key: VerifyingKey) -> Self {
        let hash = Sha256::new()
            .chain_update(b"sotto/v1/id:")
            .chain_update(key.as_bytes())
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Self {
            key,
            id: InstanceId(id),
        }
    }

    /// Reads 32 bytes of a hello; `None` for those that encode no point of the curve.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().map(Self::of)
    }

    /// As a hello carries it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The first 16 bytes of SHA-256("sotto/v1/id:" ‖ key).
    pub fn id(&self) -> InstanceId {
        self.id
    }

    /// The body without its signature, if this key made it for this topic and header.
    pub fn verified<'a>(&self, topic: &Topic, header: &Header, body: &'a [u8]) -> Option<&'a [u8]> {
        let (signed, signature) = body.split_last_chunk::<SIGNATURE_LEN>()?;
        let signature = Signature::from_bytes(signature);
        // Strict: of the ways to verify, the one on which all implementations agree, and that takes no weak key.
        self.key
            .verify_strict(&statement(topic, header, signed), &signature)
            .ok()
            .filter(|()| header.from == self.id)
            .map(|()| signed)
    }
}

/// What is signed. The header says which kind of body it is, from whom, to whom, and in which session.
fn statement(topic: &Topic, header: &Header, body: &[u8]) -> Vec<u8> {
    let mut statement = b"sotto/v1/signed:".to_vec();
    statement.extend(topic.as_str().as_bytes());
    header.write(&mut statement);
    statement.extend(body);
    statement
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;
    use crate::peer::envelope::{Kind, Recipient, SessionId};
    use crate::wire::hash::RoomHash;

    fn key(seed: u64) -> RunKey {
        RunKey::new(&mut StdRng::seed_from_u64(seed))
    }

    fn topic(byte: u8) -> Topic {
        Topic::of(&RoomHash::from_bytes([byte; 32]))
    }

    fn header(from: InstanceId) -> Header {
        Header {
            kind: Kind::Hello,
            from,
            to: Recipient::All,
            session: SessionId([0; 8]),
            counter: 7,
        }
    }

    #[test]
    fn what_a_run_signs_verifies_and_is_filled() {
        let (run, topic) = (key(1), topic(1));
        let header = header(run.public().id());
        let body = run.sign(&topic, &header, b"hello").unwrap();
        assert_eq!(body.len(), 206);
        let signed = run.public().verified(&topic, &header, &body).unwrap();
        assert_eq!((&signed[..5], signed.len()), (&b"hello"[..], 142));
    }

    #[test]
    fn another_topic_header_or_run_does_not_verify() {
        let (run, topic_1) = (key(1), topic(1));
        let header_1 = header(run.public().id());
        let body = run.sign(&topic_1, &header_1, b"hello").unwrap();
        let public = run.public();
        assert!(public.verified(&topic(2), &header_1, &body).is_none());
        for changed in [
            Header {
                kind: Kind::First,
                ..header_1
            },
            Header {
                counter: 8,
                ..header_1
            },
            Header {
                to: Recipient::One(InstanceId([1; 16])),
                ..header_1
            },
            Header {
                session: SessionId([1; 8]),
                ..header_1
            },
        ] {
            assert!(public.verified(&topic_1, &changed, &body).is_none());
        }
        assert!(key(2).public().verified(&topic_1, &header_1, &body).is_none());
        // Somebody else's id over one's own signature.
        let foreign = header(InstanceId([5; 16]));
        let body = run.sign(&topic_1, &foreign, b"hello").unwrap();
        assert!(public.verified(&topic_1, &foreign, &body).is_none());
    }

    proptest! {
        #[test]
        fn no_changed_bit_verifies(at in 0usize..206, bit in 0u8..8) {
            let (run, topic) = (key(1), topic(1));
            let header = header(run.public().id());
            let mut body = run.sign(&topic, &header, b"hello").unwrap();
            body[at] ^= 1 << bit;
            prop_assert!(run.public().verified(&topic, &header, &body).is_none());
        }

        #[test]
        fn anything_may_come_as_a_key(bytes: [u8; 32], body in prop::collection::vec(any::<u8>(), 0..100)) {
            if let Some(public) = PublicRunKey::from_bytes(&bytes) {
                prop_assert!(public.verified(&topic(1), &header(public.id()), &body).is_none());
            }
        }
    }
}
