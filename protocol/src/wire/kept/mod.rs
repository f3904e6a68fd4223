//! Messages that wait on the relay until somebody comes for them: what is pushed for it, byte for byte (`SPEC.md`, 3.1).
//!
//! The relay keeps a bag of sealed blobs for each room. It knows of each a number, its last day and a [`DropHash`], the
//! hash of the [`Token`] that takes it out again, and nothing of who put it there or for whom.
//!
//! A bearer of the join's hashes may have found them on the way, so what fills or ends a bag is [`Signed`] with a key that
//! only members derive. The access hash is a hash of its public half: the relay needs to know nothing more to verify it.

mod answer;
mod ask;
mod signed;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use answer::{Announcement, Content, Got, Kept, Placed, dropped};
pub use ask::{Get, Put, tokens, write_tokens};
pub use signed::{Challenge, PUBLIC_KEY_LEN, SIGNATURE_LEN, Signed, statement};

/// The event that puts a blob into the bag, signed: [`Put`], answered by [`Placed`].
pub const PUT: &str = "kept_put";
/// The event that asks for what is in the bag: [`Get`], answered by [`Got`].
pub const GET: &str = "kept_get";
/// The event that takes blobs out: [`write_tokens`], answered by [`dropped`].
pub const DROP: &str = "kept_drop";
/// The relay tells with it, without a payload, that something new is in the bag.
pub const NEW: &str = "kept_new";
/// The relay's push of one blob: [`Kept`].
pub const KEPT: &str = "kept";
/// The event that ends a room, signed while something is in its bag, with nothing behind the signature.
pub const EXPIRE: &str = "expire_room";

/// The lengths that a blob may have, in bytes.
pub const BUCKETS: [usize; 4] = [256, 1024, 4096, 16_384];
/// Bytes of blobs that one [`Get`] brings at most, unless a single blob is larger: it must not hold up a handshake for
/// long on a slow link.
pub const GET_BYTES: usize = 16_384;

/// Takes a blob out of the bag: 32 bytes that its author and its readers derive.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Token(pub [u8; 32]);

impl Token {
    /// What the relay keeps of it: SHA-256.
    pub fn drop_hash(&self) -> DropHash {
        DropHash(Sha256::digest(self.0).into())
    }
}

/// Never the bytes: whoever has them can drop the blob.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of the [`Token`] of a blob; it names the blob, too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DropHash(pub [u8; 32]);

/// Never the bytes: a log must not hold a hash.
impl std::fmt::Debug for DropHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DropHash(…)")
    }
}

#[cfg(test)]
mod tests;
