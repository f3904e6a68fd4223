//! What time it is, and whether this process or the whole machine slept.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sotto_protocol::instance::Now;

use crate::platform;

/// What time it is by both clocks.
pub(super) fn now() -> Now {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now {
        monotonic: platform::monotonic(),
        wall: wall.as_millis().try_into().unwrap_or(u64::MAX),
    }
}

/// Notices that more time has passed than can have.
pub(super) struct Watch {
    last: Now,
    /// Between two looks, at most.
    tick: Duration,
    /// What is too much.
    jump: Duration,
}

impl Watch {
    pub(super) fn new(now: Now, tick: Duration, jump: Duration) -> Self {
        Self {
            last: now,
            tick,
            jump,
        }
    }

    /// Looks at the time. True when this look comes far too late (the process was stopped, the machine slept),
    /// or the two clocks disagree on how much has passed (a virtual machine slept, or somebody set the clock).
    pub(super) fn jumped(&mut self, now: Now) -> bool {
        let passed = now.monotonic.saturating_sub(self.last.monotonic);
        let on_the_wall = Duration::from_millis(now.wall.saturating_sub(self.last.wall));
        let turned_back = Duration::from_millis(self.last.wall.saturating_sub(now.wall));
        self.last = now;
        passed > self.tick + self.jump
            || on_the_wall.abs_diff(passed) > self.jump && turned_back.is_zero()
            || turned_back > self.jump
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(monotonic: u64, wall: u64) -> Now {
        Now {
            monotonic: Duration::from_millis(monotonic),
            wall,
        }
    }

    fn jumps(next: Now) -> bool {
        let (tick, jump) = (Duration::from_secs(2), Duration::from_secs(5));
        Watch::new(at(100_000, 1_000_000), tick, jump).jumped(next)
    }

    #[test]
    fn time_that_passes_is_no_jump() {
        assert!(!jumps(at(100_000, 1_000_000)));
        assert!(!jumps(at(102_000, 1_002_000)));
        assert!(!jumps(at(106_900, 1_006_900)));
        assert!(!jumps(at(102_000, 998_000)));
    }

    #[test]
    fn sleep_and_a_clock_that_was_set_are_jumps() {
        assert!(jumps(at(107_100, 1_007_100)));
        assert!(jumps(at(102_000, 1_010_000)));
        assert!(jumps(at(102_000, 900_000)));
    }

    #[test]
    fn a_jump_is_told_once() {
        let (tick, jump) = (Duration::from_secs(2), Duration::from_secs(5));
        let mut watch = Watch::new(at(0, 0), tick, jump);
        assert!(watch.jumped(at(60_000, 60_000)));
        assert!(!watch.jumped(at(61_000, 61_000)));
    }

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let first = now();
        assert!(now().monotonic >= first.monotonic);
    }
}
