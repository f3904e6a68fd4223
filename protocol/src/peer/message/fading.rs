//! Messages that fade: after how long, and what a peer wants of it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The shortest time, in seconds: a line can be read in it.
pub const SHORTEST: u32 = 5;
/// The longest time, in seconds: four weeks, longer than any run of a client that was meant to be forgotten.
pub const LONGEST: u32 = 4 * 7 * 24 * 3600;

/// How long a message stays, in whole seconds from [`SHORTEST`] to [`LONGEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct FadeTime(u32);

/// A time that no message can fade after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("messages fade after 5 s at least, and 4 weeks at most")]
pub struct FadeTimeError;

impl FadeTime {
    /// So many seconds.
    ///
    /// # Errors
    /// [`FadeTimeError`] when they are too few or too many.
    pub fn from_secs(seconds: u32) -> Result<Self, FadeTimeError> {
        if (SHORTEST..=LONGEST).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(FadeTimeError)
        }
    }

    /// In seconds.
    pub fn as_secs(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for FadeTime {
    type Error = FadeTimeError;

    fn try_from(seconds: u32) -> Result<Self, FadeTimeError> {
        Self::from_secs(seconds)
    }
}

impl From<FadeTime> for u32 {
    fn from(time: FadeTime) -> Self {
        time.0
    }
}

impl From<FadeTime> for Duration {
    fn from(time: FadeTime) -> Self {
        Self::from_secs(time.0.into())
    }
}

/// `10 min`: in the largest unit that it is whole in.
impl fmt::Display for FadeTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (7 * 24 * 3600, "week"),
            (24 * 3600, "day"),
            (3600, "h"),
            (60, "min"),
            (1, "s"),
        ];
        let whole = units.into_iter().find(|(unit, _)| self.0.is_multiple_of(*unit));
        let (unit, name) = whole.unwrap_or((1, "s"));
        let count = self.0 / unit;
        let plural = if unit >= 24 * 3600 && count > 1 { "s" } else { "" };
        write!(f, "{count} {name}{plural}")
    }
}

/// What one of a pair wants of the messages of both. They fade while both want the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fading {
    /// They stay.
    #[default]
    Stay,
    /// They stay, as this client cannot take back what it has shown.
    Cannot,
    /// They go so long after they were read.
    After(FadeTime),
}

impl Fading {
    /// As it stands in a message.
    pub(crate) fn to_u32(self) -> u32 {
        match self {
            Self::Stay => 0,
            Self::Cannot => u32::MAX,
            Self::After(time) => time.as_secs(),
        }
    }

    pub(crate) fn from_u32(wish: u32) -> Result<Self, FadeTimeError> {
        match wish {
            0 => Ok(Self::Stay),
            u32::MAX => Ok(Self::Cannot),
            seconds => FadeTime::from_secs(seconds).map(Self::After),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit_that_it_is_whole_in() {
        let told = [5, 60, 90, 600, 3600, 86_400, 172_800, 604_800, LONGEST]
            .map(|seconds| FadeTime::from_secs(seconds).unwrap().to_string());
        assert_eq!(
            told,
            [
                "5 s", "1 min", "90 s", "10 min", "1 h", "1 day", "2 days", "1 week", "4 weeks"
            ]
        );
    }

    #[test]
    fn a_time_that_is_too_short_or_too_long_is_none() {
        for seconds in [0, SHORTEST - 1, LONGEST + 1, u32::MAX] {
            assert_eq!(FadeTime::from_secs(seconds), Err(FadeTimeError));
        }
    }
}
