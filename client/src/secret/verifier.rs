//! Whether a passphrase is the one of a room that is open, without keeping it.

use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;
use sotto_protocol::Passphrase;
use zeroize::Zeroizing;

/// A passphrase's tag under a key that lives in this memory only. Quick to check, unlike the derivation of the
/// room's key, which is in the same memory anyway.
pub struct Verifier {
    key: Zeroizing<[u8; 64]>,
    tag: Zeroizing<[u8; 32]>,
    /// The command that prints the passphrase, where it came from one.
    pub(crate) command: Option<String>,
    /// It was made here: whoever sits here may never have typed it.
    pub(crate) made: bool,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(…)")
    }
}

impl Verifier {
    /// The verifier that this passphrase fits.
    pub fn new(passphrase: &Passphrase, command: Option<String>) -> Self {
        let mut key = Zeroizing::new([0; 64]);
        rand::rng().fill_bytes(&mut *key);
        let tag = mac(&key, passphrase).finalize().into_bytes().into();
        Self {
            tag: Zeroizing::new(tag),
            key,
            command,
            made: false,
        }
    }

    /// Whether it fits; takes as long for every passphrase of a length.
    pub(crate) fn fits(&self, passphrase: &Passphrase) -> bool {
        mac(&self.key, passphrase).verify_slice(&*self.tag).is_ok()
    }
}

fn mac(key: &[u8; 64], passphrase: &Passphrase) -> Hmac<Sha256> {
    // A block of the hash: as long as a key gets without being hashed itself.
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(passphrase.expose().as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_passphrase_fits_as_people_type_it_and_no_other() {
        let passphrase = |text| Passphrase::new(text).unwrap();
        let verifier = Verifier::new(&passphrase("correct horse"), None);
        assert!(verifier.fits(&passphrase(" correct  horse ")));
        assert!(!verifier.fits(&passphrase("correct horses")));
        assert!(!format!("{verifier:?}").contains("correct"));
    }
}
