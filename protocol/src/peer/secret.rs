//! Secrets are where they are used and nowhere else: on the heap, where a move leaves no copy, and gone from the stack
//! once something was computed with them.

use std::hint::black_box;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What is wiped of the stack below a computation, in bytes. The deepest, ML-KEM's in an unoptimised build, takes less.
const DEPTH: usize = 128 * 1024;

/// 32 secret bytes, made and kept in one place of the heap. Zeroized on drop.
#[derive(Clone)]
pub struct Secret(Box<[u8; 32]>);

impl Secret {
    /// Lets them be written where they stay.
    pub fn written(write: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut secret = Self(Box::new([0; 32]));
        write(&mut secret.0);
        secret
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Of known bytes, for test vectors.
impl From<[u8; 32]> for Secret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Box::new(bytes))
    }
}

/// In constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for Secret {}

/// For what is sealed again before it is kept.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Zeroizing::new(<[u8; 32]>::deserialize(deserializer)?);
        Ok(Self::written(|secret| *secret = *bytes))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Secret {}

/// Computes with secrets, then wipes the stack that it took: neither the libraries nor the compiler do. What it gives
/// back lies above that, so that a secret in it has to be on the heap.
pub(crate) fn unstacked<T>(compute: impl FnOnce() -> T) -> T {
    let computed = below(compute);
    wipe_stack();
    computed
}

/// Never inlined: what is computed must have its stack where [`wipe_stack`] has its own.
#[inline(never)]
fn below<T>(compute: impl FnOnce() -> T) -> T {
    compute()
}

/// Writes over what functions have left on the stack below the caller.
#[inline(never)]
pub(crate) fn wipe_stack() {
    // The compiler must believe that somebody reads it.
    black_box(&mut [0_u8; DEPTH]);
}
