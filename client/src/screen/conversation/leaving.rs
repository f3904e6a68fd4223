//! A room on the way out.

use std::time::Duration;

use super::{Conversation, Link};

/// How long leaving waits for what is not yet delivered.
pub(crate) const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);

/// How far a room is on its way out.
#[derive(Debug, Default)]
pub(crate) struct WayOut {
    /// It is being left.
    pub(crate) begun: bool,
    /// It is, and waits for nothing.
    pub(crate) now: bool,
    /// To leave when all that was typed is with the room, and how long to wait then.
    pub(crate) then: Option<Duration>,
}

impl Conversation {
    /// The messages that are not delivered yet.
    pub(crate) fn waiting(&self) -> usize {
        self.undelivered.saturating_sub(self.kept.ours.len()) + self.outgoing.texts.len()
    }

    /// How long leaving waits.
    pub(crate) fn patience(&self) -> Duration {
        match self.link {
            Link::Up if !self.people.is_empty() => LEAVE_TIMEOUT,
            // Without a connection, or with nobody there, it would be waited in vain.
            _ => Duration::ZERO,
        }
    }
}
