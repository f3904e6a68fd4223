//! Signs of life: whether a peer is here, and since when it was not heard.

use std::time::Duration;

use crate::peer::instance::limits::{ANSWER_LIMIT, GONE, SILENT};

/// Whether a peer is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// No session with it was ever confirmed.
    Unmet,
    /// A session is confirmed.
    Here,
    /// It was given up; it may come back.
    Away,
    /// It said that it leaves.
    Left,
}

/// A ping that waits for its pong.
pub(crate) struct Ping {
    pub(crate) token: u64,
    pub(crate) at: Duration,
}

pub(crate) struct Signs {
    pub(crate) presence: Presence,
    /// When its first session was confirmed.
    pub(crate) met_at: Duration,
    /// Since when it is here.
    pub(crate) here_since: Duration,
    /// It has said no name in time: it is left alone until then.
    pub(crate) paused_until: Option<Duration>,
    /// When the last thing of it decrypted.
    pub(crate) decrypted_at: Duration,
    /// What its silence is measured from: the last thing that decrypted, or a join of ours.
    pub(crate) heard_at: Duration,
    pub(crate) silent: bool,
    pub(crate) ping: Option<Ping>,
    /// The token of its last ping, until it is answered. One that pings again before has its answer in the later one.
    pub(crate) pong: Option<u64>,
    /// The relay has fewer seats than we have peers: it must answer in time from here.
    pub(crate) doubted: Option<Duration>,
    /// When acknowledgements last advanced, or had nothing to advance to.
    pub(crate) progress_at: Duration,
}

impl Signs {
    pub(super) fn new(at: Duration) -> Self {
        Self {
            presence: Presence::Unmet,
            met_at: at,
            here_since: at,
            paused_until: None,
            decrypted_at: at,
            heard_at: at,
            silent: false,
            ping: None,
            pong: None,
            doubted: None,
            progress_at: at,
        }
    }

    /// When it is given up, unless it is heard.
    pub(crate) fn gone_at(&self) -> Duration {
        let silence = self.heard_at + GONE;
        self.doubted
            .map_or(silence, |doubted| silence.min(doubted + ANSWER_LIMIT))
    }

    /// When it is shown as silent, if it is not yet.
    pub(crate) fn silent_at(&self) -> Option<Duration> {
        (!self.silent).then_some(self.heard_at + SILENT)
    }
}
