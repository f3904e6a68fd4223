//! Time as the limits count it.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

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
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
        }
    }

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
        Self::of(seconds)
    }

    /// Of a time in seconds since 1970.
    pub(crate) fn of(seconds: u64) -> Self {
        Self(u32::try_from(seconds / 86_400).unwrap_or(u32::MAX))
    }

    /// How many days it is after another; 0 when it is not.
    pub(crate) fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Year, month and day.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// 1970-01-01.
        const EPOCH: i32 = 2_440_588;
        let date = (i32::try_from(self.0).ok())
            .and_then(|days| time::Date::from_julian_day(EPOCH.saturating_add(days)).ok());
        match date {
            Some(date) => date.fmt(f),
            None => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_a_date() {
        assert_eq!(Day(0).to_string(), "1970-01-01");
        assert_eq!(Day(20_000).to_string(), "2024-10-04");
        assert_eq!(Day(u32::MAX).to_string(), "?");
    }
}
