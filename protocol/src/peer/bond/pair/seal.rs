//! What is sealed for the other, and what becomes of it.

use rand_core::CryptoRng;

use super::super::limits::UNREAD;
use super::{Bond, Copied};
use crate::peer::mail::{Note, Sealed, blob};
use crate::wire::topic::Topic;

/// Something of ours that waits for the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The blob and what drops it.
    pub sealed: Sealed,
    /// What it says, with its place.
    pub note: Note,
}

/// Why nothing can be sealed under a bond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is not known that the other has it.
    #[error("it is not sure yet that the other side remembers")]
    Half,
    /// See [`Copied`].
    #[error("one of the two memories is an older copy: compare the words again")]
    Copied,
    /// The other has read nothing for too long.
    #[error("too much waits that was never read")]
    Unread,
    /// No bucket holds it.
    #[error("the message is too long to wait on a relay")]
    TooLong,
}

impl Bond {
    /// Seals a note, as the next of this direction: its place and the lowest that waits are written into it. It must not
    /// be put anywhere before the bond is written.
    ///
    /// # Errors
    /// [`SealError`]; nothing has changed then.
    pub fn seal(
        &mut self,
        mut note: Note,
        topic: &Topic,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Waiting, SealError> {
        if self.copied.is_some() {
            return Err(SealError::Copied);
        }
        let place = self.sent;
        let next = place.checked_add(1).ok_or(SealError::Unread)?;
        let lowest = self.indexes().lowest;
        let shown = self.generations.iter_mut().rfind(|one| one.shown);
        let generation = shown.ok_or(SealError::Half)?;
        let start = place.saturating_sub(generation.sending.step());
        if place - self.read.max(start) >= UNREAD {
            return Err(SealError::Unread);
        }
        (note.index, note.lowest) = (place, lowest);
        let mut sending = generation.sending.clone();
        let key = sending.advance().ok_or(SealError::Unread)?;
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let token = key.token();
        let blob = blob::seal(&key.seal(), &key.hint(), &nonce, topic, &token, &note);
        let blob = blob.ok_or(SealError::TooLong)?;
        generation.sending = sending;
        self.sent = next;
        self.waiting.insert(place);
        Ok(Waiting {
            sealed: Sealed { blob, token },
            note,
        })
    }

    /// The other has read what stands at a place of ours: true if that is news. One that was never sealed is what an older
    /// copy of our memory is told.
    pub fn read(&mut self, place: u32) -> bool {
        if place >= self.sent {
            self.copied = Some(Copied::Ours);
            return false;
        }
        self.read = self.read.max(place + 1);
        self.waiting.remove(&place)
    }

    /// What stands at a place of ours waits no more: true if that is news.
    pub fn withdraw(&mut self, place: u32) -> bool {
        self.waiting.remove(&place)
    }
}
