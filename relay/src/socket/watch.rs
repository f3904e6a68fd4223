//! When a connection has waited too long, and for what.

use tokio::time::Instant;

use super::Limits;

/// The times of one connection; it reads no clock.
#[derive(Debug)]
pub(super) struct Watch {
    /// When the last frame was complete.
    heard: Instant,
    /// Since when a frame is under way.
    begun: Option<Instant>,
    /// Since when something waits to be written without a byte leaving.
    stalled: Option<Instant>,
    /// Until when nothing is read.
    paused: Option<Instant>,
}

/// What has taken too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expired {
    /// The peer sends nothing, or no whole frame.
    Silent,
    /// The peer reads nothing.
    Stalled,
}

impl Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            heard: now,
            begun: None,
            stalled: None,
            paused: None,
        }
    }

    /// After a turn of reading: `frames` were completed, and one may be `under_way`.
    pub(super) fn read(&mut self, now: Instant, frames: usize, under_way: bool) {
        if frames > 0 {
            self.heard = now;
            self.begun = None;
        }
        self.begun = under_way.then(|| self.begun.unwrap_or(now));
    }

    /// After a turn of writing.
    pub(super) fn wrote(&mut self, now: Instant, waiting: bool, moved: bool) {
        self.stalled = match self.stalled {
            Some(since) if waiting && !moved => Some(since),
            _ => waiting.then_some(now),
        };
    }

    /// Nothing is to be read until then.
    pub(super) fn pause(&mut self, until: Option<Instant>) {
        self.paused = until;
    }

    /// Whether nothing is to be read now. A pause does not count against the peer.
    pub(super) fn is_paused(&mut self, now: Instant) -> bool {
        match self.paused {
            Some(until) if now < until => true,
            Some(_) => {
                self.paused = None;
                self.heard = now;
                self.begun = self.begun.map(|_| now);
                false
            }
            None => false,
        }
    }

    /// What has taken too long by now.
    pub(super) fn expired(&self, now: Instant, limits: &Limits) -> Option<Expired> {
        if self.stalled.is_some_and(|since| since + limits.stall <= now) {
            return Some(Expired::Stalled);
        }
        (self.paused.is_none() && self.silent_at(limits) <= now).then_some(Expired::Silent)
    }

    /// When to look again.
    pub(super) fn next(&self, limits: &Limits) -> Instant {
        let reading = self.paused.unwrap_or_else(|| self.silent_at(limits));
        self.stalled
            .map_or(reading, |since| reading.min(since + limits.stall))
    }

    fn silent_at(&self, limits: &Limits) -> Instant {
        let idle = self.heard + limits.idle;
        self.begun.map_or(idle, |since| idle.min(since + limits.frame))
    }
}
