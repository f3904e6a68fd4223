//! Messages that go by themselves, and when.

use std::time::Duration;

use sotto_protocol::fading::FadeTime;

/// Whether a message goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fades {
    /// It stays.
    #[default]
    Never,
    /// So long after it was read, or, if it is ours, after everybody holds it.
    After(FadeTime),
    /// At this time.
    At(Duration),
}

impl From<Option<FadeTime>> for Fades {
    fn from(time: Option<FadeTime>) -> Self {
        time.map_or(Self::Never, Self::After)
    }
}

impl Fades {
    /// When a message goes, in words; nothing for one that stays. `mine`: it is ours.
    pub(crate) fn told(self, mine: bool, now: Duration) -> Option<String> {
        match self {
            Self::Never => None,
            Self::After(time) if mine => Some(format!("fades {time} after all have it")),
            Self::After(time) => Some(format!("fades {time} after it is read")),
            Self::At(due) => {
                let left = due.saturating_sub(now);
                let (unit, name) = unit(left);
                let count = left.as_nanos().div_ceil(unit.as_nanos());
                Some(format!("fades in {count} {name}"))
            }
        }
    }

    /// When these words change.
    pub(crate) fn told_until(self, now: Duration) -> Option<Duration> {
        let Self::At(due) = self else {
            return None;
        };
        let left = due.checked_sub(now)?;
        let (unit, _) = unit(left);
        let over = Duration::from_nanos_u128(left.as_nanos() % unit.as_nanos());
        Some(now + if over.is_zero() { unit } else { over })
    }
}

/// The unit in which a time that is left is told.
fn unit(left: Duration) -> (Duration, &'static str) {
    let begun = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let (seconds, name) = match begun {
        0..=120 => (1, "s"),
        121..=7200 => (60, "min"),
        7201..=172_800 => (3600, "h"),
        _ => (86_400, "days"),
    };
    (Duration::from_secs(seconds), name)
}
