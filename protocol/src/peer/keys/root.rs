//! From the passphrase to everything: the root, the hashes of a join, and the keys of a room.

use argon2::{Algorithm, Argon2, Params, Version};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use rayon::ThreadPoolBuilder;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::peer::passphrase::{Passphrase, RoomName};
use crate::peer::secret::{Secret, unstacked, wipe_stack};
use crate::peer::words::RoomWords;
use crate::wire::hash::{AccessHash, RoomHash, SenderHash};
use crate::wire::{kept, topic::Topic};

/// The memory of the derivation, in KiB. What a guess at the passphrase costs, so not an option.
pub const MEMORY_KIB: u32 = 256 * 1024;
/// The passes of the derivation.
const PASSES: u32 = 3;
/// The lanes of the derivation.
const LANES: u32 = 4;

/// The derivation could not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key derivation needs 256 MiB of memory and four threads, and did not get them")]
pub struct DeriveError;

/// 32 bytes from Argon2id (RFC 9106) over passphrase and room name; all else comes from it.
/// Zeroized on drop, never shown.
pub struct Root(Secret);

impl Root {
    /// Derives the root. Takes about a second and 256 MiB, which are zeroized and given back.
    ///
    /// # Errors
    /// [`DeriveError`] when there is no such memory, or no thread.
    pub fn derive(passphrase: &Passphrase, room: &RoomName) -> Result<Self, DeriveError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(|_| DeriveError)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // Threads of its own, a lane each, which end with it: rayon's usual ones stay, as many as there are cores.
        let threads = ThreadPoolBuilder::new().num_threads(LANES as usize).build();
        let threads = threads.map_err(|_| DeriveError)?;
        let mut hashed = Ok(());
        let root = Secret::written(|root| {
            let hash = || argon2.hash_password_into(passphrase.expose().as_bytes(), &room.salt(), root);
            hashed = threads.install(|| unstacked(hash));
            // The system keeps the stacks of threads that have ended for those to come.
            threads.broadcast(|_| wipe_stack());
        });
        hashed.map_err(|_| DeriveError)?;
        Ok(Self(root))
    }

    /// A root of known bytes, for test vectors and for tests that have no second to wait.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }

    /// The credential for the relay.
    pub fn access_hash(&self) -> AccessHash {
        AccessHash::of(&self.member_key().public())
    }

    /// The key with which a member shows the relay that he is more than somebody who has seen a join.
    pub fn member_key(&self) -> MemberKey {
        MemberKey(self.expanded(b"sotto/v1/member"))
    }

    /// The room's name on the relay.
    pub fn room_hash(&self) -> RoomHash {
        RoomHash::of(&self.access_hash())
    }

    /// The name of a seat, for one run of a client in one room.
    pub fn sender_hash(&self, run: &Run) -> SenderHash {
        SenderHash::from_bytes(self.hash(b"sotto/v1/sender:", &run.0))
    }

    /// SHA-256 of a label, the root, and what else there is.
    fn hash(&self, label: &[u8], more: &[u8]) -> [u8; 32] {
        unstacked(|| {
            Sha256::new()
                .chain_update(label)
                .chain_update(self.0.expose())
                .chain_update(more)
                .finalize()
                .into()
        })
    }

    /// The words that name the room by voice.
    pub fn room_words(&self) -> RoomWords {
        RoomWords::from_bytes(unstacked(|| expand(self.0.expose(), b"sotto/v1/words")))
    }

    /// The keys that two clients talk under.
    pub fn keys(&self) -> RoomKeys {
        RoomKeys {
            envelope: self.expanded(b"sotto/v1/box"),
            psk: self.expanded(b"sotto/v1/psk"),
            mail: self.expanded(b"sotto/v1/mail"),
        }
    }

    /// The bytes, for what is derived of more than the root.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// A key of the root's, by its label.
    fn expanded(&self, label: &[u8]) -> Secret {
        unstacked(|| Secret::written(|key| *key = expand(self.0.expose(), label)))
    }
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Root(…)")
    }
}

/// HKDF-SHA-256 (RFC 5869) with an empty salt and the label as info; at most 255 × 32 bytes.
pub(crate) fn expand<const N: usize>(secret: &[u8], label: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * 32, "HKDF-SHA-256 gives no more") };
    let mut out = [0; N];
    // The length, checked above, is all that can be wrong.
    let _ = Hkdf::<Sha256>::new(None, secret).expand(label, &mut out);
    out
}

/// HMAC-SHA-256 over parts.
pub(crate) fn hmac(key: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    // A key of 32 bytes is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose()) else {
        return [0; 32];
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// An Ed25519 key (RFC 8032) that all members of a room have in common, and that signs what fills or ends the room's bag on
/// the relay. Zeroized on drop, never shown.
#[derive(Clone)]
pub struct MemberKey(Secret);

impl MemberKey {
    /// The half whose hash is the access hash.
    pub fn public(&self) -> [u8; kept::PUBLIC_KEY_LEN] {
        unstacked(|| SigningKey::from_bytes(self.0.expose()).verifying_key().to_bytes())
    }

    /// The payload of a push with `reference` that only a member can make: key\[32\] ‖ signature\[64\] ‖ rest.
    pub fn sign(
        &self,
        event: &str,
        topic: &Topic,
        challenge: &kept::Challenge,
        reference: &str,
        rest: &[u8],
    ) -> Vec<u8> {
        let statement = kept::statement(event, topic, challenge, reference, rest);
        let signature = unstacked(|| SigningKey::from_bytes(self.0.expose()).sign(&statement));
        [&self.public(), &signature.to_bytes()[..], rest].concat()
    }
}

impl std::fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberKey(…)")
    }
}

/// 16 random bytes, new for every run of a client in a room, so that no two runs can be linked.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Run([u8; 16]);

impl Run {
    /// A new run.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut run = Self([0; 16]);
        rng.fill_bytes(&mut run.0);
        run
    }

    /// A run of known bytes, for test vectors.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Run(…)")
    }
}

/// What the members of a room have in common: the key of the envelope, the first key of a handshake, and the key of what
/// waits on the relay.
/// Zeroized on drop, never shown.
#[derive(Clone)]
pub struct RoomKeys {
    pub(crate) envelope: Secret,
    pub(crate) psk: Secret,
    pub(crate) mail: Secret,
}

impl std::fmt::Debug for RoomKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_room_are_as_specified() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../vectors.json")).unwrap();
        for room in vectors["rooms"].as_array().unwrap() {
            let mut root = [0; 32];
            hex::decode_to_slice(room["root"].as_str().unwrap(), &mut root).unwrap();
            let keys = Root::from_bytes(root).keys();
            assert_eq!(
                hex::encode(keys.envelope.expose()),
                room["box_key"].as_str().unwrap()
            );
            assert_eq!(hex::encode(keys.psk.expose()), room["psk"].as_str().unwrap());
            assert_eq!(hex::encode(keys.mail.expose()), room["mail"].as_str().unwrap());
        }
    }
}
