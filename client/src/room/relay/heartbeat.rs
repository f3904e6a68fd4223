//! When to send a heartbeat, and when the relay has been silent for too long.

use std::time::Duration;

use rand::{Rng, RngExt};

use crate::room::Timing;

/// The slowest link that is waited for, in bytes a second: what is pushed before a heartbeat is ahead of it there.
/// A relay gives a frame of 64 KiB a minute.
const SLOWEST_LINK: u64 = 1024;

/// The heartbeats of one connection.
pub(in crate::room) struct Heartbeat {
    timing: Timing,
    /// When the next one is due.
    next: Duration,
    /// One is on the way.
    asked: Option<Asked>,
    /// Bytes that had come when this was looked at last.
    received: u64,
}

struct Asked {
    /// When it is too late for the answer.
    deadline: Duration,
    /// After a jump of the clock only the answer itself counts: other frames may have lain there before.
    probe: bool,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::room) enum Due {
    Nothing,
    /// Send a heartbeat.
    Beat,
    /// The relay is gone.
    Dead,
}

impl Heartbeat {
    pub(in crate::room) fn new(timing: Timing, now: Duration, rng: &mut impl Rng) -> Self {
        let mut heartbeat = Self {
            timing,
            next: now,
            asked: None,
            received: 0,
        };
        heartbeat.schedule(now, rng);
        heartbeat
    }

    fn schedule(&mut self, now: Duration, rng: &mut impl Rng) {
        let interval = rng.random_range(self.timing.heartbeat_min..=self.timing.heartbeat_max);
        self.next = now + interval;
    }

    /// To be called when time has passed; after [`Due::Beat`] the answer is waited for, the longer the more bytes are
    /// on the way before it.
    pub(in crate::room) fn due(&mut self, now: Duration, on_the_way: u64, rng: &mut impl Rng) -> Due {
        match &self.asked {
            Some(asked) if now >= asked.deadline => Due::Dead,
            None if now >= self.next => {
                self.schedule(now, rng);
                self.asked = Some(Asked {
                    deadline: now
                        + self.timing.heartbeat_answer
                        + Duration::from_secs(on_the_way / SLOWEST_LINK),
                    probe: false,
                });
                Due::Beat
            }
            _ => Due::Nothing,
        }
    }

    /// A heartbeat goes out at once, whose answer has little time.
    pub(in crate::room) fn probe(&mut self, now: Duration) {
        self.asked = Some(Asked {
            deadline: now + self.timing.probe_answer,
            probe: true,
        });
    }

    /// Something came, or could not: the relay lives, though its answer may be far back in a queue.
    pub(in crate::room) fn heard(&mut self, now: Duration) {
        if let Some(asked) = &mut self.asked
            && !asked.probe
        {
            asked.deadline = asked.deadline.max(now + self.timing.heartbeat_answer);
        }
    }

    /// So many bytes have come by now: over a slow link a frame may be long on the way.
    pub(in crate::room) fn received(&mut self, bytes: u64, now: Duration) {
        if bytes > self.received {
            self.received = bytes;
            self.heard(now);
        }
    }

    /// The answer came.
    pub(in crate::room) fn answered(&mut self) {
        self.asked = None;
    }

    /// When [`due`](Self::due) has something to say.
    pub(in crate::room) fn timeout(&self) -> Duration {
        match &self.asked {
            Some(asked) => asked.deadline,
            None => self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn begun() -> (Heartbeat, StdRng) {
        let mut rng = StdRng::seed_from_u64(1);
        (Heartbeat::new(Timing::default(), secs(100), &mut rng), rng)
    }

    #[test]
    fn a_heartbeat_comes_every_25_to_30_seconds() {
        let (mut heartbeat, mut rng) = begun();
        let mut now = secs(100);
        for _ in 0..50 {
            let next = heartbeat.timeout();
            assert!(next >= now + secs(25) && next <= now + secs(30));
            assert_eq!(heartbeat.due(next - secs(1), 0, &mut rng), Due::Nothing);
            assert_eq!(heartbeat.due(next, 0, &mut rng), Due::Beat);
            heartbeat.answered();
            now = next;
        }
    }

    #[test]
    fn a_relay_that_does_not_answer_is_dead() {
        let (mut heartbeat, mut rng) = begun();
        assert_eq!(heartbeat.due(secs(130), 0, &mut rng), Due::Beat);
        assert_eq!(heartbeat.due(secs(144), 0, &mut rng), Due::Nothing);
        assert_eq!(heartbeat.timeout(), secs(145));
        assert_eq!(heartbeat.due(secs(145), 0, &mut rng), Due::Dead);
    }

    #[test]
    fn an_answer_behind_much_that_is_on_the_way_has_more_time() {
        let (mut heartbeat, mut rng) = begun();
        assert_eq!(heartbeat.due(secs(130), 64 * 1024, &mut rng), Due::Beat);
        heartbeat.heard(secs(131));
        assert_eq!(heartbeat.timeout(), secs(130 + 15 + 64));
    }

    #[test]
    fn a_frame_that_is_still_coming_prolongs_the_wait() {
        let (mut heartbeat, mut rng) = begun();
        assert_eq!(heartbeat.due(secs(130), 0, &mut rng), Due::Beat);
        heartbeat.received(5000, secs(144));
        assert_eq!(heartbeat.due(secs(145), 0, &mut rng), Due::Nothing);
        heartbeat.received(5000, secs(159));
        assert_eq!(heartbeat.due(secs(159), 0, &mut rng), Due::Dead);
    }

    #[test]
    fn other_frames_prolong_the_wait_for_an_answer_but_not_for_a_probes() {
        let (mut heartbeat, mut rng) = begun();
        assert_eq!(heartbeat.due(secs(130), 0, &mut rng), Due::Beat);
        heartbeat.heard(secs(140));
        assert_eq!(heartbeat.due(secs(150), 0, &mut rng), Due::Nothing);
        heartbeat.probe(secs(150));
        heartbeat.heard(secs(152));
        assert_eq!(heartbeat.due(secs(153), 0, &mut rng), Due::Dead);
    }
}
