//! How late a text is, whatever the clocks say.

use std::collections::VecDeque;
use std::time::Duration;

use crate::peer::instance::Now;
use crate::peer::instance::limits::CLOCK_SAMPLES;
use crate::peer::message::Text;

/// Arrival against the sender's clock, of the last texts, in milliseconds.
#[derive(Default)]
pub(crate) struct Lateness(VecDeque<i64>);

impl Lateness {
    /// What a text waited at its sender, and what it was held back on the way beyond the usual. When one of the clocks
    /// was set that seems long; it is not longer than since what the peer had from us when it spoke (`spoke_after`).
    pub(crate) fn of(&mut self, text: &Text, spoke_after: Duration, now: Now) -> Duration {
        let waited = Duration::from_millis(text.waited.into());
        let sent = i128::from(text.clock) + i128::from(text.waited);
        let delay = i128::from(now.wall) - sent;
        let delay = delay.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let usual = self.0.iter().copied().min().unwrap_or(delay).min(delay);
        self.0.push_back(delay);
        if self.0.len() > CLOCK_SAMPLES {
            self.0.pop_front();
        }
        let held_back = Duration::from_millis(delay.saturating_sub(usual).max(0).unsigned_abs());
        waited + held_back.min(now.monotonic.saturating_sub(spoke_after))
    }
}
