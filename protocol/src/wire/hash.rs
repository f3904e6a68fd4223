//! The three hashes that a join carries.
//!
//! Each is a SHA-256 value, written on the wire as 64 lower-case hexadecimal digits. What makes them is in
//! `root` (section 5 of the design, "From the passphrase to everything").

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The digits of a hash in its only written form.
pub const HEX_LEN: usize = 64;

/// What is wrong with a text that should be a hash. Says nothing of its content: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 lower-case hexadecimal digits")]
pub struct HashError;

/// 64 lower-case hexadecimal digits to 32 bytes.
fn parse_hex(text: &str) -> Result<[u8; 32], HashError> {
    if text.len() != HEX_LEN || text.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return Err(HashError);
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| HashError)?;
    Ok(bytes)
}

macro_rules! hash {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the 32 bytes of the hash.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Reads 64 lower-case hexadecimal digits.
            ///
            /// # Errors
            /// [`HashError`] for anything else, upper-case digits included: one hash has one written form.
            pub fn parse(text: &str) -> Result<Self, HashError> {
                parse_hex(text).map(Self)
            }

            /// The 32 bytes of the hash.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The written form: 64 lower-case hexadecimal digits.
            pub fn to_hex(&self) -> Zeroizing<String> {
                Zeroizing::new(hex::encode(self.0))
            }
        }

        /// Constant-time: the hashes are bearer credentials.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        /// Never the bytes: a log must not hold a hash.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

hash! {
    /// Names a room on the relay, as part of its topic.
    RoomHash
}
hash! {
    /// Proves to the relay that a client may join the room.
    AccessHash
}
hash! {
    /// Names a seat in a room: new in every run of a client, the same over the reconnects of one run.
    SenderHash
}

impl AccessHash {
    /// Of the public half of a room's member key: who holds the secret half can prove that he is more than a bearer of
    /// this hash.
    pub fn of(member_key: &[u8; 32]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"sotto/v1/access:");
        hasher.update(member_key);
        Self(hasher.finalize().into())
    }
}

impl RoomHash {
    /// The room that belongs to an access hash, so that a relay can see that the two belong together.
    pub fn of(access: &AccessHash) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"sotto/v1/room:");
        hasher.update(access.to_hex().as_bytes());
        Self(hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_written_form_of_a_hash_is_read() {
        let digits = "0123456789abcdef".repeat(4);
        assert_eq!(RoomHash::parse(&digits).unwrap().to_hex().as_str(), digits);
        let not_ascii = "é".repeat(32);
        for wrong in [
            "",
            &digits[1..],
            &digits.to_uppercase(),
            &digits.replace('0', "g"),
            &not_ascii,
        ] {
            assert_eq!(RoomHash::parse(wrong), Err(HashError));
        }
    }

    #[test]
    fn debug_shows_no_byte_of_a_hash() {
        assert_eq!(format!("{:?}", AccessHash::from_bytes([7; 32])), "AccessHash(…)");
    }
}
