//! When to send a heartbeat, and when the relay has been silent for too long.

use std::time::Duration;

use rand::{Rng, RngExt};

use crate::room::Timing;

/// The slowest link that is waited for, in bytes a second: what is pushed before a heartbeat is ahead of it there.
/// A relay gives a frame of 64 KiB a minute.
const SLOWEST_LINK: u64 = 1024;

/// After a jump of the clock, frames that lay here before have been read by then.
const LEFT_OVER: Duration = Duration::from_secs(1);

/// The heartbeats of one connection.
pub(in crate::room) struct Heartbeat {
    timing: Timing,
    /// What the path took for a frame and its answer when that was seen last.
    round_trip: Duration,
    /// When the next one is due.
    next: Duration,
    /// One is on the way.
    asked: Option<Asked>,
    /// Bytes that had come when this was looked at last.
    received: u64,
}

struct Asked {
    at: Duration,
    /// When it is too late for the answer.
    deadline: Duration,
    /// By how much everything that comes puts that off: the relay lives, though its answer may be far back in a
    /// queue.
    patience: Duration,
    /// From when on it does.
    credible: Duration,
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
    pub(in crate::room) fn new(
        timing: Timing,
        round_trip: Duration,
        now: Duration,
        rng: &mut impl Rng,
    ) -> Self {
        let mut heartbeat = Self {
            timing,
            round_trip,
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
                self.ask(now, on_the_way, self.timing.heartbeat_answer, now);
                Due::Beat
            }
            _ => Due::Nothing,
        }
    }

    /// A heartbeat goes out at once, whose answer has little more time than the path is known to take.
    pub(in crate::room) fn probe(&mut self, now: Duration, on_the_way: u64) {
        let patience = self.timing.probe_answer + self.round_trip;
        self.ask(now, on_the_way, patience, now + LEFT_OVER);
    }

    fn ask(&mut self, now: Duration, on_the_way: u64, patience: Duration, credible: Duration) {
        self.asked = Some(Asked {
            at: now,
            deadline: now + patience + Duration::from_secs(on_the_way / SLOWEST_LINK),
            patience,
            credible,
        });
    }

    /// So many bytes have come by now: over a slow link a frame may be long on the way.
    pub(in crate::room) fn received(&mut self, bytes: u64, now: Duration) {
        if bytes > self.received {
            self.received = bytes;
            if self.asked.as_ref().is_some_and(|asked| now >= asked.credible) {
                self.excused(now);
            }
        }
    }

    /// It is not the relay's fault that no answer has come.
    pub(in crate::room) fn excused(&mut self, now: Duration) {
        if let Some(asked) = &mut self.asked {
            asked.deadline = asked.deadline.max(now + asked.patience);
        }
    }

    /// The answer came.
    pub(in crate::room) fn answered(&mut self, now: Duration) {
        if let Some(asked) = self.asked.take() {
            self.round_trip = now.saturating_sub(asked.at);
        }
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
        (
            Heartbeat::new(Timing::default(), secs(0), secs(100), &mut rng),
            rng,
        )
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
            heartbeat.answered(next);
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
        heartbeat.received(1, secs(131));
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
    fn what_lay_here_before_a_jump_does_not_prolong_the_wait_for_a_probes_answer() {
        let (mut heartbeat, mut rng) = begun();
        heartbeat.probe(secs(110), 0);
        heartbeat.received(5000, secs(110));
        assert_eq!(heartbeat.due(secs(112), 0, &mut rng), Due::Nothing);
        assert_eq!(heartbeat.due(secs(113), 0, &mut rng), Due::Dead);
    }

    #[test]
    fn what_still_comes_prolongs_the_wait_for_a_probes_answer() {
        let (mut heartbeat, mut rng) = begun();
        heartbeat.probe(secs(110), 0);
        heartbeat.received(5000, secs(112));
        assert_eq!(heartbeat.due(secs(113), 0, &mut rng), Due::Nothing);
        assert_eq!(heartbeat.due(secs(115), 0, &mut rng), Due::Dead);
    }

    #[test]
    fn a_probes_answer_behind_much_that_is_on_the_way_has_more_time() {
        let (mut heartbeat, mut rng) = begun();
        heartbeat.probe(secs(110), 4 * 1024);
        assert_eq!(heartbeat.due(secs(116), 0, &mut rng), Due::Nothing);
        assert_eq!(heartbeat.due(secs(117), 0, &mut rng), Due::Dead);
    }

    #[test]
    fn a_path_that_is_known_to_be_slow_has_more_time_for_a_probe() {
        let (mut heartbeat, mut rng) = begun();
        assert_eq!(heartbeat.due(secs(130), 0, &mut rng), Due::Beat);
        heartbeat.answered(secs(134));
        heartbeat.probe(secs(140), 0);
        assert_eq!(heartbeat.due(secs(146), 0, &mut rng), Due::Nothing);
        assert_eq!(heartbeat.due(secs(147), 0, &mut rng), Due::Dead);
    }

    #[test]
    fn nothing_runs_out_while_nothing_is_read() {
        let (mut heartbeat, mut rng) = begun();
        heartbeat.probe(secs(110), 0);
        heartbeat.excused(secs(112));
        assert_eq!(heartbeat.due(secs(113), 0, &mut rng), Due::Nothing);
        assert_eq!(heartbeat.due(secs(115), 0, &mut rng), Due::Dead);
    }
}
