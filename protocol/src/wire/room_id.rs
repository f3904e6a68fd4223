//! What an operator lets in: a room by the hashes of its hashes, in one word that a slip of the hand does not survive.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::hash::{AccessHash, RoomHash};

/// Bytes of one hash.
const HASH: usize = 32;
/// Bytes of the checksum: one of four thousand million slips passes.
const CHECKSUM: usize = 4;
/// The digits of the whole.
pub const ROOM_ID_LEN: usize = 2 * (2 * HASH + CHECKSUM);

/// A room as it stands in a relay's table: SHA-256 of the room hash and of the access hash, each as it is written. With
/// them nobody can join.
///
/// Written it is both in hexadecimal digits and the first four bytes of the SHA-256 of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomId {
    /// Of the room hash.
    pub room: [u8; HASH],
    /// Of the access hash.
    pub access: [u8; HASH],
}

/// Not a room id, or not the one that was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomIdError {
    /// Of another length, or with something else than digits.
    #[error("a room id is {ROOM_ID_LEN} hexadecimal digits, as sotto room-id prints them")]
    Form,
    /// Something was changed on the way.
    #[error("the room id is not as it was printed: copy all of it again, as sotto room-id prints it")]
    Checksum,
}

impl RoomId {
    /// Of the hashes that its members join with.
    pub fn of(room: &RoomHash, access: &AccessHash) -> Self {
        let hashed = |hex: &str| Sha256::digest(hex.as_bytes()).into();
        Self {
            room: hashed(&room.to_hex()),
            access: hashed(&access.to_hex()),
        }
    }

    fn checksum(&self) -> [u8; CHECKSUM] {
        let digest: [u8; HASH] = Sha256::new()
            .chain_update(self.room)
            .chain_update(self.access)
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        [a, b, c, d]
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.room[..], &self.access, &self.checksum()] {
            f.write_str(&hex::encode(part))?;
        }
        Ok(())
    }
}

impl FromStr for RoomId {
    type Err = RoomIdError;

    fn from_str(text: &str) -> Result<Self, RoomIdError> {
        let mut id = Self {
            room: [0; HASH],
            access: [0; HASH],
        };
        let mut checksum = [0; CHECKSUM];
        let mut rest = text;
        for part in [&mut id.room[..], &mut id.access, &mut checksum] {
            let (digits, after) = rest.split_at_checked(2 * part.len()).ok_or(RoomIdError::Form)?;
            hex::decode_to_slice(digits, part).map_err(|_| RoomIdError::Form)?;
            rest = after;
        }
        match (rest, checksum == id.checksum()) {
            ("", true) => Ok(id),
            ("", false) => Err(RoomIdError::Checksum),
            _ => Err(RoomIdError::Form),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: RoomId = RoomId {
        room: [0x0a; HASH],
        access: [0x0b; HASH],
    };

    #[test]
    fn a_room_id_has_one_written_form() {
        let written = ID.to_string();
        let hashes = format!("{}{}", "0a".repeat(32), "0b".repeat(32));
        assert_eq!(written, format!("{hashes}{CHECKSUM_OF_ID}"));
        assert_eq!(written.parse(), Ok(ID));
        assert_eq!(written.to_uppercase().parse(), Ok(ID));
    }

    /// By `sha256sum`, of 32 bytes 0a and 32 bytes 0b.
    const CHECKSUM_OF_ID: &str = "cfdfcbc7";

    #[test]
    fn it_is_what_the_table_holds_and_not_what_a_join_carries() {
        let access = AccessHash::from_bytes([7; HASH]);
        let room = RoomHash::of(&access);
        let id = RoomId::of(&room, &access);
        assert_eq!(id.room[..], Sha256::digest(room.to_hex().as_bytes())[..]);
        assert_eq!(id.access[..], Sha256::digest(access.to_hex().as_bytes())[..]);
        for secret in [access.to_hex(), room.to_hex()] {
            assert!(!id.to_string().contains(secret.as_str()));
        }
    }

    #[test]
    fn swapped_hashes_are_noticed() {
        let written = ID.to_string();
        let (hashes, checksum) = written.split_at(128);
        let (room, access) = hashes.split_at(64);
        let swapped = format!("{access}{room}{checksum}");
        assert_eq!(swapped.parse::<RoomId>(), Err(RoomIdError::Checksum));
    }

    proptest! {
        #[test]
        fn a_changed_digit_is_noticed(at in 0..ROOM_ID_LEN, digit in "[0-9a-f]") {
            let mut written = ID.to_string();
            prop_assume!(written[at..=at] != digit);
            written.replace_range(at..=at, &digit);
            prop_assert_eq!(written.parse::<RoomId>(), Err(RoomIdError::Checksum));
        }

        #[test]
        fn what_is_no_room_id_is_refused(text: String) {
            prop_assert_eq!(text.parse::<RoomId>(), Err(RoomIdError::Form));
        }
    }
}
