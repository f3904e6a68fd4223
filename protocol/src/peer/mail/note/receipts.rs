//! Which notes were read: at most 256 places, in the bytes of one that was.

/// Places of notes that were read, within 256 of the first one: however many, they are as long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipts {
    pub(super) first: u32,
    pub(super) bits: [u8; 32],
}

impl Receipts {
    /// Of nothing yet, from a place on.
    pub fn from(first: u32) -> Self {
        Self { first, bits: [0; 32] }
    }

    /// Adds a place. False when it is before the first one or too far behind it: that is for another note.
    pub fn add(&mut self, index: u32) -> bool {
        let Some(at) = index.checked_sub(self.first) else {
            return false;
        };
        let Some(byte) = self.bits.get_mut((at / 8) as usize) else {
            return false;
        };
        *byte |= 1 << (at % 8);
        true
    }

    /// The places, in order.
    pub fn indexes(&self) -> impl Iterator<Item = u32> {
        let is_set = |at: &u32| {
            let byte = self.bits.get((at / 8) as usize);
            byte.is_some_and(|byte| byte >> (at % 8) & 1 == 1)
        };
        (0..256)
            .filter(is_set)
            .filter_map(|at| self.first.checked_add(at))
    }
}
