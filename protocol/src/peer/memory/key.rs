//! Under which key, and under which name, a memory is kept.

use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::peer::root::{Root, expand};
use crate::peer::secret::{Secret, unstacked};

/// 32 random bytes of a device, beside its memories: without them none opens, with them and without the passphrase none
/// does either. Zeroized on drop, never shown.
#[derive(Clone)]
pub struct DeviceSecret(Secret);

impl DeviceSecret {
    /// The bytes of one.
    pub const LEN: usize = 32;

    /// A new one.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::written(|secret| rng.fill_bytes(secret)))
    }

    /// Reads one where it is kept.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read<E>(read: impl FnOnce(&mut [u8; Self::LEN]) -> Result<(), E>) -> Result<Self, E> {
        let mut done = Ok(());
        let secret = Secret::written(|secret| done = read(secret));
        done.map(|()| Self(secret))
    }

    /// The bytes, to be kept.
    pub fn expose(&self) -> &[u8; Self::LEN] {
        self.0.expose()
    }
}

impl std::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceSecret(…)")
    }
}

/// What one room's memory is sealed with on one device, and where it is. Zeroized on drop, never shown.
pub struct MemoryKey {
    pub(super) key: Secret,
    pub(super) name: [u8; 16],
}

impl MemoryKey {
    /// Of a room, on a device.
    pub fn new(root: &Root, device: &DeviceSecret) -> Self {
        let both = |first: &[u8; 32], second: &[u8; 32]| Zeroizing::new([&first[..], second].concat());
        let (root, device) = (root.expose(), device.expose());
        let key = unstacked(|| Secret::written(|key| *key = expand(&both(root, device), b"sotto/v1/disk")));
        let name = unstacked(|| file_name(&both(device, root)));
        Self { key, name }
    }

    /// The name of the file: without the device's secret it tells no passphrase from another.
    pub fn file_name(&self) -> String {
        hex::encode(self.name)
    }
}

impl std::fmt::Debug for MemoryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryKey(…)")
    }
}

/// The first half of HMAC-SHA-256 of the label under these bytes.
fn file_name(secret: &[u8]) -> [u8; 16] {
    let mut name = [0; 16];
    // A key of any length is one.
    if let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) {
        let mac = mac.chain_update(b"sotto/v1/file").finalize().into_bytes();
        name.copy_from_slice(&mac[..16]);
    }
    name
}
