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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const IDLE: u64 = 60;
    const FRAME: u64 = 30;
    const STALL: u64 = 20;

    /// A watch that was begun at second 0, and the time of any other second.
    fn watch() -> (Watch, Limits, impl Fn(u64) -> Instant) {
        let limits = Limits {
            idle: Duration::from_secs(IDLE),
            frame: Duration::from_secs(FRAME),
            stall: Duration::from_secs(STALL),
            ..Limits::default()
        };
        let start = Instant::now();
        (Watch::new(start), limits, move |second| {
            start + Duration::from_secs(second)
        })
    }

    #[test]
    fn only_whole_frames_count_as_signs_of_life() {
        let (mut watch, limits, at) = watch();
        watch.read(at(10), 1, false);
        watch.read(at(50), 0, true);
        assert_eq!(watch.next(&limits), at(10 + IDLE));
        assert_eq!(watch.expired(at(10 + IDLE - 1), &limits), None);
        assert_eq!(watch.expired(at(10 + IDLE), &limits), Some(Expired::Silent));
    }

    #[test]
    fn a_frame_has_its_time_from_when_it_was_begun_however_often_some_of_it_comes() {
        let (mut watch, limits, at) = watch();
        watch.read(at(5), 0, true);
        watch.read(at(20), 0, true);
        assert_eq!(watch.next(&limits), at(5 + FRAME));
        watch.read(at(21), 1, true);
        assert_eq!(watch.next(&limits), at(21 + FRAME));
        watch.read(at(22), 1, false);
        assert_eq!(watch.next(&limits), at(22 + IDLE));
    }

    #[test]
    fn a_reader_is_stalled_only_while_not_a_byte_leaves() {
        let (mut watch, limits, at) = watch();
        watch.wrote(at(1), true, false);
        watch.wrote(at(10), true, true);
        watch.wrote(at(15), true, false);
        assert_eq!(watch.next(&limits), at(10 + STALL));
        assert_eq!(watch.expired(at(10 + STALL), &limits), Some(Expired::Stalled));
        watch.wrote(at(16), false, true);
        assert_eq!(watch.expired(at(10 + STALL), &limits), None);
    }

    #[test]
    fn a_pause_does_not_count_against_the_peer() {
        let (mut watch, limits, at) = watch();
        watch.read(at(1), 1, true);
        watch.pause(Some(at(100)));
        assert!(watch.is_paused(at(99)));
        assert_eq!(watch.expired(at(99), &limits), None);
        assert_eq!(watch.next(&limits), at(100));
        assert!(!watch.is_paused(at(100)));
        assert_eq!(watch.next(&limits), at(100 + FRAME));
    }

    #[test]
    fn a_paused_peer_that_does_not_read_is_cut_all_the_same() {
        let (mut watch, limits, at) = watch();
        watch.pause(Some(at(100)));
        watch.wrote(at(1), true, false);
        assert_eq!(watch.next(&limits), at(1 + STALL));
        assert_eq!(watch.expired(at(1 + STALL), &limits), Some(Expired::Stalled));
    }
}
