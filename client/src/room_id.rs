//! `sotto room-id`: what the operator of a closed relay needs to let a room in.

use sha2::{Digest, Sha256};
use sotto_protocol::Root;

/// The two hashes that stand in a relay's table, on one line: SHA-256 of the room hash and of the access hash, each as
/// it is written. Neither is good for a join.
pub fn room_id(root: &Root) -> String {
    let hashed = |hex: &str| hex::encode(Sha256::digest(hex.as_bytes()));
    let (room, access) = (root.room_hash().to_hex(), root.access_hash().to_hex());
    format!("{} {}", hashed(&room), hashed(&access))
}

#[cfg(test)]
mod tests {
    use sotto_protocol::{Passphrase, RoomHash, RoomName};

    use super::*;

    #[test]
    fn it_is_what_the_table_holds_and_not_what_a_join_carries() {
        let passphrase = Passphrase::new("correct horse battery staple").unwrap();
        let root = Root::derive(&passphrase, &RoomName::default()).unwrap();
        let printed = room_id(&root);
        let sha256 = |hex: &str| hex::encode(Sha256::digest(hex));
        let (room, access) = printed.split_once(' ').unwrap();
        assert_eq!(access, sha256(&root.access_hash().to_hex()));
        assert_eq!(room, sha256(&RoomHash::of(&root.access_hash()).to_hex()));
        for secret in [root.access_hash().to_hex(), root.room_hash().to_hex()] {
            assert!(!printed.contains(secret.as_str()));
        }
    }
}
