//! The sessions of a pair that its peer's messages may belong to.

use std::time::Duration;

use crate::peer::envelope::SessionId;
use crate::peer::instance::limits::SESSION_AGE;
use crate::peer::message::Message;
use crate::peer::session::Session;

pub(crate) struct Sessions {
    pub(crate) current: Option<Session>,
    /// The session before, for what the peer had still sent in it.
    pub(crate) old: Option<Session>,
    pub(crate) agreed_at: Duration,
    /// What comes in it was sent after this: it answers what we sent then.
    pub(crate) spoke_after: Duration,
}

impl Sessions {
    pub(super) fn new(at: Duration) -> Self {
        Self {
            current: None,
            old: None,
            agreed_at: at,
            spoke_after: at,
        }
    }

    /// The current one, if it has this id.
    pub(crate) fn current(&self, id: SessionId) -> Option<&Session> {
        self.current.as_ref().filter(|current| current.id() == id)
    }

    /// The one before, if it has this id.
    pub(crate) fn old(&self, id: SessionId) -> Option<&Session> {
        self.old.as_ref().filter(|old| old.id() == id)
    }

    /// Opens the next message of the current one. The peer's first ends the session before.
    pub(crate) fn open_current(&mut self, body: &[u8]) -> Option<Message> {
        let plaintext = self.current.as_mut()?.open(body).ok()?;
        self.old = None;
        Message::decode(&plaintext).ok()
    }

    /// Opens the next message of the one before.
    pub(crate) fn open_old(&mut self, body: &[u8]) -> Option<Message> {
        let plaintext = self.old.as_mut()?.open(body).ok()?;
        Message::decode(&plaintext).ok()
    }

    /// When the current one is old.
    pub(crate) fn aged_at(&self) -> Duration {
        self.agreed_at + SESSION_AGE
    }
}
