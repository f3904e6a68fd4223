//! How two who share a generation show it to each other in a session, and to nobody else.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::peer::root::hmac;
use crate::peer::secret::{Secret, unstacked};

/// Which of the two: fixed when the bond is made, whatever ids later runs have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Who had the lower id then.
    Lo = 0,
    /// Who had the higher one.
    Hi = 1,
}

impl Role {
    /// That of the other.
    pub fn other(self) -> Self {
        match self {
            Self::Lo => Self::Hi,
            Self::Hi => Self::Lo,
        }
    }
}

/// Generations that a proof has room for.
pub const SLOTS: usize = 24;
const SLOT_LEN: usize = 32;
const INDEXES_LEN: usize = 12;

/// Where both directions of a bond stand, as one of the two says. Places count through all generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Indexes {
    /// What it seals next has this place.
    pub sent: u32,
    /// It has read nothing from this place on.
    pub received: u32,
    /// Of what it has sealed, nothing before this place waits any more.
    pub lowest: u32,
}

impl Indexes {
    fn to_bytes(self) -> [u8; INDEXES_LEN] {
        let mut bytes = [0; INDEXES_LEN];
        bytes[..4].copy_from_slice(&self.sent.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.received.to_be_bytes());
        bytes[8..].copy_from_slice(&self.lowest.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; INDEXES_LEN]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *bytes;
        Self {
            sent: u32::from_be_bytes([a, b, c, d]),
            received: u32::from_be_bytes([e, f, g, h]),
            lowest: u32::from_be_bytes([i, j, k, l]),
        }
    }
}

/// What everybody says right after his name, whether he remembers anybody or not: a place for each generation that he has,
/// and random bytes in the others. Who shares none of them sees random bytes only.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof(pub [u8; Self::LEN]);

impl Proof {
    /// Bytes of a proof.
    pub const LEN: usize = SLOTS * SLOT_LEN;

    /// That of nobody, to be [added](Self::add) to.
    pub(crate) fn empty(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut proof = Self([0; Self::LEN]);
        rng.fill_bytes(&mut proof.0);
        proof
    }

    /// Shows a generation, by its key, in the session of `hash`.
    pub(crate) fn add(&mut self, at: usize, key: &Secret, role: Role, hash: &[u8; 32], indexes: Indexes) {
        let (slots, _) = self.0.as_chunks_mut();
        if let Some(slot) = slots.get_mut(at) {
            *slot = unstacked(|| write(key, role, hash, indexes));
        }
    }

    /// What the other says of a generation, if he shows it.
    pub(crate) fn shows(&self, key: &Secret, role: Role, hash: &[u8; 32]) -> Option<Indexes> {
        let (slots, _) = self.0.as_chunks();
        unstacked(|| slots.iter().find_map(|slot| read(slot, key, role, hash)))
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(…)")
    }
}

/// indexes\[12\], masked ‖ MAC\[20\]. Masked, so that a stranger does not tell a place that is used from one that is not.
fn write(key: &Secret, role: Role, hash: &[u8; 32], indexes: Indexes) -> [u8; SLOT_LEN] {
    let mut slot = [0; SLOT_LEN];
    let (masked, mac) = slot.split_at_mut(INDEXES_LEN);
    mac.copy_from_slice(&shown(key, role, hash, indexes));
    for ((masked, byte), mask) in masked
        .iter_mut()
        .zip(indexes.to_bytes())
        .zip(mask(key, role, hash, mac))
    {
        *masked = byte ^ mask;
    }
    slot
}

fn read(slot: &[u8; SLOT_LEN], key: &Secret, role: Role, hash: &[u8; 32]) -> Option<Indexes> {
    let (masked, mac) = slot.split_first_chunk::<INDEXES_LEN>()?;
    let mut bytes = *masked;
    for (byte, mask) in bytes.iter_mut().zip(mask(key, role, hash, mac)) {
        *byte ^= mask;
    }
    let indexes = Indexes::from_bytes(&bytes);
    bool::from(shown(key, role, hash, indexes)[..].ct_eq(mac)).then_some(indexes)
}

fn shown(key: &Secret, role: Role, hash: &[u8; 32], indexes: Indexes) -> [u8; SLOT_LEN - INDEXES_LEN] {
    let mac = hmac(key, &[b"proof", &[role as u8], hash, &indexes.to_bytes()]);
    let mut short = [0; SLOT_LEN - INDEXES_LEN];
    short.copy_from_slice(&mac[..SLOT_LEN - INDEXES_LEN]);
    short
}

fn mask(key: &Secret, role: Role, hash: &[u8; 32], mac: &[u8]) -> [u8; 32] {
    hmac(key, &[b"mask", &[role as u8], hash, mac])
}

/// Says that a generation is on the disk of the one who says it, and where both directions stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Which one.
    pub generation: u32,
    /// Where both directions stand.
    pub indexes: Indexes,
    /// Under the generation's key.
    pub mac: [u8; 32],
}

impl Held {
    pub(crate) fn new(generation: u32, key: &Secret, role: Role, hash: &[u8; 32], indexes: Indexes) -> Self {
        let mac = Self::mac(generation, key, role, hash, indexes);
        Self {
            generation,
            indexes,
            mac,
        }
    }

    /// Whether the other has made it in the session of `hash`.
    pub(crate) fn is_of(&self, key: &Secret, role: Role, hash: &[u8; 32]) -> bool {
        let mac = Self::mac(self.generation, key, role, hash, self.indexes);
        mac.ct_eq(&self.mac).into()
    }

    fn mac(generation: u32, key: &Secret, role: Role, hash: &[u8; 32], indexes: Indexes) -> [u8; 32] {
        let parts: [&[u8]; 5] = [
            b"held",
            &[role as u8],
            hash,
            &generation.to_be_bytes(),
            &indexes.to_bytes(),
        ];
        unstacked(|| hmac(key, &parts))
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({}, {:?})", self.generation, self.indexes)
    }
}
