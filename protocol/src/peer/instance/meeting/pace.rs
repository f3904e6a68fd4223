//! How often something is done for others, whoever asks.

use std::collections::VecDeque;
use std::time::Duration;

use crate::peer::instance::limits::ANSWERS_A_SECOND;

/// When it was last done: at most [`ANSWERS_A_SECOND`].
#[derive(Debug, Default)]
pub(crate) struct Pace(VecDeque<Duration>);

impl Pace {
    /// It is done now.
    pub(crate) fn note(&mut self, at: Duration) {
        self.0.push_back(at);
        if self.0.len() > ANSWERS_A_SECOND {
            self.0.pop_front();
        }
    }

    /// When it may be done next, `at` or later.
    pub(crate) fn next_free(&self, at: Duration) -> Duration {
        match self.0.front() {
            Some(&oldest) if self.0.len() == ANSWERS_A_SECOND => at.max(oldest + Duration::from_secs(1)),
            _ => at,
        }
    }
}
