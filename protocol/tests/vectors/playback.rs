use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use crate::file::Bytes;

/// Hands out stated bytes in order instead of random ones. More than were stated is a failure of the test.
pub struct Playback(Vec<u8>);

impl Playback {
    pub fn of<'a>(stated: impl IntoIterator<Item = &'a Bytes>) -> Self {
        Self(stated.into_iter().flat_map(|bytes| bytes.0.clone()).collect())
    }

    /// Whether all of them were drawn.
    pub fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryRng for Playback {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        assert!(
            out.len() <= self.0.len(),
            "more random bytes are drawn than stated"
        );
        let later = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = later;
        Ok(())
    }
}

impl TryCryptoRng for Playback {}
