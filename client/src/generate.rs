//! `sotto generate`: a passphrase from random words.

use sotto_protocol::Passphrase;
use sotto_protocol::passphrase::PassphraseError;
use sotto_protocol::words::BITS_PER_WORD;

/// A passphrase, and its strength in words for people.
///
/// # Errors
/// [`PassphraseError`] for no words or too many.
pub fn generate(words: usize) -> Result<(Passphrase, String), PassphraseError> {
    let passphrase = Passphrase::generate(words, &mut rand::rng())?;
    let bits = words as f64 * BITS_PER_WORD;
    Ok((passphrase, format!("{words} words, {} bits", bits.floor())))
}
