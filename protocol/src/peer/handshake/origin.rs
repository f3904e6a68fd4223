//! What safety words come from.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::peer::root::expand;
use crate::peer::words::SafetyWords;

/// What a pair's safety words come from: the handshake hash of its first session, and what the initiator
/// committed to before it could see the responder's part of it.
#[derive(Clone, Zeroize)]
pub struct Origin {
    pub(super) hash: [u8; 32],
    pub(super) commitment: [u8; 32],
}

impl Origin {
    /// The handshake hash of the pair's first session.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The safety words, if this is what had been committed to.
    pub fn words(&self, revealed: &[u8; 32]) -> Option<SafetyWords> {
        bool::from(commit(revealed).ct_eq(&self.commitment)).then(|| safety_words(&self.hash, revealed))
    }
}

/// Six words from the first session of a pair, as its initiator computes them.
pub fn safety_words(hash: &[u8; 32], revealed: &[u8; 32]) -> SafetyWords {
    let secret = Zeroizing::new([*hash, *revealed].concat());
    SafetyWords::from_bytes(expand(&secret, b"sotto/v1/safety"))
}

pub(super) fn commit(revealed: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(revealed).into()
}
