//! When blobs go: at midnight (UTC), by a clock that may be wrong.

use crate::clock::Day;

/// The days that have been seen.
///
/// A machine that comes up with a wrong clock, or whose clock is set, must not throw away in a moment what was to stay for
/// days. A day that follows on none that was seen is therefore believed only when another has followed on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    seen: Day,
    /// Nothing goes up to and on this day.
    held: Option<Day>,
}

impl Calendar {
    /// `seen`: the last day that is known to have been.
    pub(crate) fn new(seen: Day) -> Self {
        Self { seen, held: None }
    }

    /// Whether blobs whose last day is before today may go.
    pub(crate) fn may_sweep(&mut self, today: Day) -> bool {
        if today < self.seen {
            // It was wrong before, or is now: neither has to be held for.
            self.held = None;
        } else if today.since(self.seen) > 1 {
            self.held = Some(Day(today.0.saturating_add(1)));
        }
        self.seen = today;
        if self.held.is_some_and(|held| today > held) {
            self.held = None;
        }
        self.held.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swept(began: u32, days: &[u32]) -> Vec<bool> {
        let mut calendar = Calendar::new(Day(began));
        days.iter().map(|day| calendar.may_sweep(Day(*day))).collect()
    }

    #[test]
    fn what_is_over_goes_each_midnight() {
        assert_eq!(swept(10, &[10, 10, 11, 12, 13]), [true; 5]);
    }

    #[test]
    fn a_clock_that_jumped_over_a_day_sweeps_nothing_for_a_day() {
        assert_eq!(
            swept(10, &[12, 12, 13, 14, 15]),
            [false, false, false, true, true]
        );
        assert_eq!(swept(10, &[9000, 9001, 9002]), [false, false, true]);
    }

    #[test]
    fn a_clock_that_is_set_right_again_is_believed() {
        assert_eq!(swept(10, &[9000, 10, 11]), [false, true, true]);
    }
}
