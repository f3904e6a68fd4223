//! What two people share: a passphrase and, so that no two rooms share a salt, a room's name.

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::peer::words;

/// The longest passphrase, in bytes after normalisation: more than anybody types, less than a wrong file.
pub const MAX_PASSPHRASE: usize = 1024;
/// The longest room name, in bytes after normalisation.
pub const MAX_ROOM_NAME: usize = 255;
/// The letters of a name that [`RoomName::generate`] makes.
const GENERATED_NAME_LETTERS: usize = 8;

/// Why a text is no passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Nothing but white space.
    #[error("the passphrase is empty")]
    Empty,
    /// Over [`MAX_PASSPHRASE`].
    #[error("the passphrase is longer than 1,024 bytes: is it the right file?")]
    TooLong,
}

/// Why a text is no room name: it is over [`MAX_ROOM_NAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the room name is longer than 255 bytes")]
pub struct RoomNameError;

/// NFKC, trimmed, inner white space folded to one space: two people type the same thing differently.
fn normalise(text: &str) -> Zeroizing<String> {
    // Twice the length holds all but rare compatibility forms, so that growing leaves no copy behind.
    let mut composed = Zeroizing::new(String::with_capacity(text.len() * 2));
    composed.extend(text.nfkc());
    let mut folded = Zeroizing::new(String::with_capacity(composed.len()));
    for word in composed.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// The secret that two people share, normalised. Zeroized on drop, never shown by `Debug`.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what somebody typed or a file holds.
    ///
    /// # Errors
    /// [`PassphraseError`] when nothing is left of it or it is too long.
    pub fn new(text: &str) -> Result<Self, PassphraseError> {
        // NFKC shrinks a text to a third at the most; what is far over the limit is not even looked at.
        if text.len() > 4 * MAX_PASSPHRASE {
            return Err(PassphraseError::TooLong);
        }
        let text = normalise(text);
        match text.len() {
            0 => Err(PassphraseError::Empty),
            1..=MAX_PASSPHRASE => Ok(Self(text)),
            _ => Err(PassphraseError::TooLong),
        }
    }

    /// Makes a passphrase of so many words of the EFF long list, each worth [`words::BITS_PER_WORD`] bits.
    ///
    /// # Errors
    /// [`PassphraseError`] for no words, or more than fit [`MAX_PASSPHRASE`].
    pub fn generate(words: usize, rng: &mut impl CryptoRng) -> Result<Self, PassphraseError> {
        if words > MAX_PASSPHRASE {
            return Err(PassphraseError::TooLong);
        }
        let mut text = Zeroizing::new(String::with_capacity(words * (words::LONGEST + 1)));
        for n in 0..words {
            if n > 0 {
                text.push(' ');
            }
            text.push_str(words::random(rng));
        }
        Self::new(&text)
    }

    /// The passphrase itself, for the one who made it to see and for the rating of its strength.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// The name of a room: no secret of its own, but the relay never sees it. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Zeroize)]
pub struct RoomName(String);

impl RoomName {
    /// Takes what somebody typed or a URL's fragment holds.
    ///
    /// # Errors
    /// [`RoomNameError`] when it is too long.
    pub fn new(text: &str) -> Result<Self, RoomNameError> {
        if text.len() > 4 * MAX_ROOM_NAME {
            return Err(RoomNameError);
        }
        let text = normalise(text);
        if text.len() > MAX_ROOM_NAME {
            Err(RoomNameError)
        } else {
            Ok(Self(text.to_string()))
        }
    }

    /// Eight random letters, for a new room.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut name = String::with_capacity(GENERATED_NAME_LETTERS);
        while name.len() < GENERATED_NAME_LETTERS {
            let mut byte = [0];
            rng.fill_bytes(&mut byte);
            // 234 is the largest multiple of 26 in a byte: no letter is likelier than another.
            if byte[0] < 234 {
                name.push(char::from(b'a' + byte[0] % 26));
            }
        }
        Self(name)
    }

    /// The name; empty for the room without one.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The salt of the key derivation.
    pub(crate) fn salt(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(b"sotto/v1/salt:")
            .chain_update(self.0.as_bytes())
            .finalize()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn what_two_people_type_differently_is_the_same_passphrase() {
        let typed = Passphrase::new("  correct \t horse\u{a0}ba\u{301}ttery \n").unwrap();
        assert_eq!(typed.expose(), "correct horse báttery");
        assert_eq!(
            Passphrase::new("ｃorrect horse báttery").unwrap().expose(),
            typed.expose()
        );
    }

    #[test]
    fn nothing_and_too_much_are_no_passphrase() {
        assert_eq!(
            Passphrase::new(" \u{3000}\n").unwrap_err(),
            PassphraseError::Empty
        );
        assert!(Passphrase::new(&"x".repeat(1024)).is_ok());
        assert_eq!(
            Passphrase::new(&"x".repeat(1025)).unwrap_err(),
            PassphraseError::TooLong
        );
        assert_eq!(
            Passphrase::new(&"x".repeat(1 << 20)).unwrap_err(),
            PassphraseError::TooLong
        );
        assert!(RoomName::new(&"x".repeat(256)).is_err());
        assert_eq!(RoomName::new("").unwrap(), RoomName::default());
    }

    #[test]
    fn a_generated_passphrase_has_its_words_from_the_list() {
        let mut rng = StdRng::seed_from_u64(1);
        let made = Passphrase::generate(6, &mut rng).unwrap();
        assert_eq!(made.expose().split(' ').count(), 6);
        assert!(made.expose().split(' ').all(words::is_word));
        assert!(Passphrase::generate(0, &mut rng).is_err());
    }

    #[test]
    fn a_generated_room_name_is_eight_letters() {
        let name = RoomName::generate(&mut StdRng::seed_from_u64(2));
        assert_eq!(name.as_str().len(), 8);
        assert!(name.as_str().bytes().all(|letter| letter.is_ascii_lowercase()));
    }
}
