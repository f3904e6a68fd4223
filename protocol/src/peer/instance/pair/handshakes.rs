//! Where the handshakes of a pair stand.

use std::time::Duration;

use crate::peer::handshake::{Begun, FirstKey, Origin, Revealed, Unconfirmed};

pub(crate) struct Handshakes {
    /// A session was confirmed since either's last join.
    pub(crate) fresh: bool,
    /// A handshake is asked for although the session is fresh.
    pub(crate) wanted: bool,
    /// The number of the last attempt: begun by the initiator, answered by the responder.
    pub(crate) attempt: u64,
    pub(crate) key_chain: KeyChain,
    pub(crate) open: Option<Open>,
    pub(crate) answer: Option<Answer>,
    /// When one was last begun or answered.
    pub(crate) last_at: Option<Duration>,
    /// When one was last answered.
    pub(crate) answered_at: Option<Duration>,
    /// Since when the peer has asked for them without answering our first.
    pub(crate) refused_since: Option<Duration>,
    /// Somebody made something in its name that it did not sign; when the user was told.
    pub(crate) forged: bool,
    pub(crate) impostor_told: Option<Duration>,
}

impl Handshakes {
    pub(super) fn new() -> Self {
        Self {
            fresh: false,
            wanted: false,
            attempt: 0,
            key_chain: KeyChain::None,
            open: None,
            answer: None,
            last_at: None,
            answered_at: None,
            refused_since: None,
            forged: false,
            impostor_told: None,
        }
    }
}

/// What two instances have in common beyond the room: the first key of their next handshake.
pub(crate) enum KeyChain {
    /// Nothing: the room's key.
    None,
    /// We are the initiator and have read a second.
    Initiated { chain: FirstKey, revealed: Revealed },
    /// We are the responder and have answered: the initiator may or may not have read it.
    Answered {
        under: FirstKey,
        chain: FirstKey,
        origin: Origin,
    },
    /// We are the responder and the initiator has confirmed.
    Confirmed { chain: FirstKey, origin: Origin },
}

/// A handshake of ours that waits for its second.
pub(crate) struct Open {
    pub(crate) begun: Box<Begun>,
    pub(crate) since: Duration,
    pub(crate) resend_at: Duration,
    pub(crate) wait: Duration,
}

/// A handshake that we have answered and that waits for its confirm.
pub(crate) struct Answer {
    pub(crate) unconfirmed: Box<Unconfirmed>,
    pub(crate) second: Vec<u8>,
    pub(crate) sent_at: Duration,
}

impl KeyChain {
    /// The first keys that a *first* may be made under, when we are the responder.
    pub(crate) fn answerable(&self, room: &FirstKey) -> Vec<FirstKey> {
        match self {
            Self::None => vec![room.clone()],
            Self::Answered { under, chain, .. } => vec![under.clone(), chain.clone()],
            Self::Confirmed { chain, .. } => vec![chain.clone()],
            Self::Initiated { .. } => Vec::new(),
        }
    }

    /// What the pair's safety words come from, when we are the responder and have answered.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Answered { origin, .. } | Self::Confirmed { origin, .. } => Some(origin),
            Self::None | Self::Initiated { .. } => None,
        }
    }
}
