//! Time as the limits count it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the relay began: fits an atomic, and lasts 584 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub u64);

impl Moment {
    /// So much later.
    pub(crate) fn after(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

/// Turns what the system says into a [`Moment`] and back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
}

impl Clock {
    /// Begins now.
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    /// Now.
    pub(crate) fn now(self) -> Moment {
        Moment(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// The moment as the runtime's timers know it.
    pub(crate) fn instant(self, moment: Moment) -> Instant {
        self.began + Duration::from_nanos(moment.0)
    }
}

/// Days since 1970 (UTC): all that a room record says of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub u32);

impl Day {
    /// Today, by the system's clock; a clock before 1970 means the first day.
    pub(crate) fn today() -> Self {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Self(u32::try_from(seconds / 86_400).unwrap_or(u32::MAX))
    }

    /// How many days it is after another; 0 when it is not.
    pub(crate) fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}
