//! `sotto generate` and `sotto room-id`: what is made, and made of, a passphrase without a room.

use sha2::{Digest, Sha256};
use sotto_protocol::passphrase::PassphraseError;
use sotto_protocol::words::BITS_PER_WORD;
use sotto_protocol::{Passphrase, Root};

use super::print;
use crate::cli;
use crate::exit::{Exit, say};
use crate::open::ask::Asker;

/// Prints a passphrase of random words.
///
/// # Errors
/// When standard output takes nothing.
pub(super) fn run(options: &cli::Generate) -> anyhow::Result<Exit> {
    let (passphrase, strength) = generate(options.words)?;
    print(passphrase.expose())?;
    say(&strength);
    Ok(Exit::Done)
}

/// Prints what the operator of a closed relay needs to let a room in.
///
/// # Errors
/// What keeps it from being made, as a sentence.
pub(super) async fn print_room_id(options: cli::RoomId) -> anyhow::Result<Exit> {
    let room_name = options.room_name()?;
    let mut asker = Asker::open()?;
    let passphrase = asker.passphrase(options.source).await?;
    let root = asker.root(passphrase, room_name).await?;
    print(&room_id(&root))
}

/// A passphrase, and its strength in words for people.
///
/// # Errors
/// [`PassphraseError`] for no words or too many.
fn generate(words: usize) -> Result<(Passphrase, String), PassphraseError> {
    let passphrase = Passphrase::generate(words, &mut rand::rng())?;
    let bits = words as f64 * BITS_PER_WORD;
    Ok((passphrase, format!("{words} words, {} bits", bits.floor())))
}

/// The two hashes that stand in a relay's table, on one line: SHA-256 of the room hash and of the access hash, each as
/// it is written. Neither is good for a join.
fn room_id(root: &Root) -> String {
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
