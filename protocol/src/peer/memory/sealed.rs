//! A sealed file: `version[1] ‖ nonce[24] ‖ XChaCha20-Poly1305(key, nonce, version ‖ name ‖ part, content ‖ zeros)`,
//! where the content and its zeros are a bucket.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::MemoryKey;
use crate::peer::secret::unstacked;

/// The version that this crate writes and reads.
const VERSION: u8 = 1;
const NONCE_LEN: usize = 24;
/// What surrounds a bucket.
const OVERHEAD: usize = 1 + NONCE_LEN + 16;
/// The sizes of a content, in bytes. The largest holds a full outbox, and all else that is bounded.
const BUCKETS: [usize; 7] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20];
/// The largest file, in bytes.
pub const MAX_FILE: usize = BUCKETS[BUCKETS.len() - 1] + OVERHEAD;

/// Which of a room's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The memory itself.
    Memory,
    /// A segment of the history, from 1 on.
    History(u32),
}

/// Why a file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Its length is none that is written.
    #[error("it is not whole")]
    Truncated,
    /// Another version wrote it.
    #[error("it is of version {0}, which this sotto does not know")]
    Version(u8),
    /// It was changed, or belongs to another room or device.
    #[error("it does not open: it is damaged, or of another passphrase or device")]
    Sealed,
    /// It opens, and its content cannot be read.
    #[error("it opens, but what is in it cannot be read")]
    Content,
}

/// A content that no bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is more to remember than the 8 MiB that fit")]
pub struct TooLarge;

impl MemoryKey {
    /// Seals a content in the smallest bucket that holds it.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn seal(
        &self,
        part: Part,
        content: &impl Serialize,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, TooLarge> {
        let plaintext = BUCKETS.into_iter().find_map(|bucket| {
            let mut plaintext = Zeroizing::new(vec![0; bucket]);
            unstacked(|| postcard::to_slice(content, &mut plaintext).is_ok()).then_some(plaintext)
        });
        let plaintext = plaintext.ok_or(TooLarge)?;
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let aad = self.bound_to(part);
        let (msg, aad) = (&plaintext[..], &aad[..]);
        let sealed = unstacked(|| {
            let cipher = Box::new(XChaCha20Poly1305::new(self.key.expose().into()));
            cipher.encrypt(&XNonce::from(nonce), Payload { msg, aad })
        });
        let sealed = sealed.map_err(|_| TooLarge)?;
        Ok([&[VERSION], &nonce[..], &sealed].concat())
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with it.
    pub fn open<T: DeserializeOwned>(&self, part: Part, file: &[u8]) -> Result<T, OpenError> {
        let (&version, rest) = file.split_first().ok_or(OpenError::Truncated)?;
        if version != VERSION {
            return Err(OpenError::Version(version));
        }
        if !BUCKETS.iter().any(|bucket| bucket + OVERHEAD == file.len()) {
            return Err(OpenError::Truncated);
        }
        let (nonce, msg) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(OpenError::Truncated)?;
        let aad = self.bound_to(part);
        let plaintext = unstacked(|| {
            let cipher = Box::new(XChaCha20Poly1305::new(self.key.expose().into()));
            cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad: &aad })
        });
        let plaintext = plaintext.map(Zeroizing::new).map_err(|_| OpenError::Sealed)?;
        let read = unstacked(|| postcard::take_from_bytes(&plaintext));
        read.map(|(content, _)| content).map_err(|_| OpenError::Content)
    }

    /// What a file is bound to, so that none is taken for another.
    fn bound_to(&self, part: Part) -> Vec<u8> {
        let number = match part {
            Part::Memory => 0,
            Part::History(number) => number,
        };
        [&[VERSION], &self.name[..], &number.to_be_bytes()].concat()
    }
}
