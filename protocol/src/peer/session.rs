//! An agreed session: one key a direction, changed after each message of that direction.

use snow::TransportState;
use zeroize::Zeroizing;

use crate::peer::envelope::{SessionId, bucket_for};
use crate::peer::secret::unstacked;

/// The tag that sealing adds to a plaintext.
pub const TAG_LEN: usize = 16;

/// A body that does not decrypt; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message does not decrypt")]
pub struct SessionError;

/// Both directions of a session. A message's counter is its Noise nonce; the key is replaced (Noise revision
/// 34, section 4.2, `REKEY`) after each, so that a key that leaks opens nothing that was said before.
pub struct Session {
    id: SessionId,
    transport: TransportState,
}

impl Session {
    pub(crate) fn new(id: SessionId, transport: TransportState) -> Self {
        Self { id, transport }
    }

    /// The session's id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The counter of the message that [`open`](Self::open) takes next.
    pub fn next_counter(&self) -> u64 {
        self.transport.receiving_nonce()
    }

    /// Seals a plaintext, filled so that the envelope is exactly a bucket: the counter and the body.
    ///
    /// # Errors
    /// [`SessionError`] for a plaintext that no bucket holds, or after 2⁶⁴ − 1 messages.
    pub fn seal(&mut self, plaintext: &[u8]) -> Result<(u64, Vec<u8>), SessionError> {
        let body_len = filled(plaintext.len()).ok_or(SessionError)?;
        let mut plaintext = Zeroizing::new(plaintext.to_vec());
        plaintext.resize(body_len - TAG_LEN, 0);
        let counter = self.transport.sending_nonce();
        let mut body = vec![0; body_len];
        unstacked(|| {
            self.transport.write_message(&plaintext, &mut body)?;
            self.transport.rekey_outgoing();
            Ok(())
        })
        .map_err(|_: snow::Error| SessionError)?;
        Ok((counter, body))
    }

    /// Opens the body of the message with the [next counter](Self::next_counter).
    ///
    /// # Errors
    /// [`SessionError`] when it does not decrypt; keys and counters are as before.
    pub fn open(&mut self, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, SessionError> {
        let mut plaintext = Zeroizing::new(vec![0; body.len()]);
        let length = unstacked(|| {
            let length = self.transport.read_message(body, &mut plaintext)?;
            self.transport.rekey_incoming();
            Ok(length)
        })
        .map_err(|_: snow::Error| SessionError)?;
        plaintext.truncate(length);
        Ok(plaintext)
    }
}

/// The body that a plaintext of so many bytes is filled to.
fn filled(plaintext: usize) -> Option<usize> {
    bucket_for(plaintext + TAG_LEN).map(|bucket| bucket - crate::peer::envelope::HEADER_LEN)
}

/// The payload's length on the wire of a plaintext of so many bytes: what a window counts.
pub(crate) fn sealed_len(plaintext: usize) -> usize {
    bucket_for(plaintext + TAG_LEN).map_or(usize::MAX, |bucket| bucket + crate::peer::envelope::OVERHEAD)
}
