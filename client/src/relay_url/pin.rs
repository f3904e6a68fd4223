//! The one key that a relay must have: SHA-256 of its SubjectPublicKeyInfo in DER, as 64 hex digits.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The hash of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pin([u8; 32]);

/// Not 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pin is 64 hex digits")]
pub(crate) struct NotAPin;

impl Pin {
    /// Of a key: its SubjectPublicKeyInfo in DER.
    pub(crate) fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl FromStr for Pin {
    type Err = NotAPin;

    fn from_str(text: &str) -> Result<Self, NotAPin> {
        let mut pin = [0; 32];
        hex::decode_to_slice(text, &mut pin).map_err(|_| NotAPin)?;
        Ok(Self(pin))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}
