//! `sotto generate` and `sotto room-id`: what is made, and made of, a passphrase without a room.

use sotto_protocol::passphrase::PassphraseError;
use sotto_protocol::words::BITS_PER_WORD;
use sotto_protocol::{Passphrase, RoomId};

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
    print(&RoomId::of(&root.room_hash(), &root.access_hash()).to_string())
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
