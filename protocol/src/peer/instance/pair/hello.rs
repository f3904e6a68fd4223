//! What the hellos of a peer have said, and when it is sent one.

use std::time::Duration;

use crate::peer::instance::identity::Nonce;
use crate::peer::instance::limits::HELLO_FIRST;

pub(crate) struct Hellos {
    /// The highest counter of its hellos.
    pub(crate) counter: Option<u64>,
    /// Its present nonce.
    pub(crate) nonce: Option<Nonce>,
    /// It has echoed our present nonce: it is alive, and no recording.
    pub(crate) echoed: bool,
    /// It is owed an answer to a hello.
    pub(crate) answer_due: bool,
    pub(crate) sent_at: Option<Duration>,
    /// When, and after which wait, it is sent a hello while a session is needed.
    pub(crate) due_at: Duration,
    pub(crate) wait: Duration,
    /// Anything of it came, proven or not.
    pub(crate) sign_at: Duration,
}

impl Hellos {
    pub(super) fn new(at: Duration) -> Self {
        Self {
            counter: None,
            nonce: None,
            echoed: false,
            answer_due: false,
            sent_at: None,
            due_at: at + HELLO_FIRST,
            wait: HELLO_FIRST,
            sign_at: at,
        }
    }

    /// They come quickly again.
    pub(crate) fn hurry(&mut self, at: Duration) {
        self.wait = HELLO_FIRST;
        self.due_at = self.due_at.min(at + HELLO_FIRST);
    }
}
