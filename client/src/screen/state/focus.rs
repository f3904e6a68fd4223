//! Whether somebody looks at the screen.

use std::time::Duration;

/// Where no focus events come, a key within this time says that somebody looks.
const KEY_COUNTS: Duration = Duration::from_secs(60);

/// What is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The terminal has said nothing yet; the last key came then.
    Unknown(Option<Duration>),
    /// The terminal says so.
    On,
    /// The terminal says that another window has it.
    Off,
}

impl Focus {
    /// A key came.
    pub(crate) fn key(&mut self, now: Duration) {
        // A key without the focus: the terminal's word is not to be relied on.
        if *self != Self::On {
            *self = Self::Unknown(Some(now));
        }
    }

    /// Whether what is on the screen is being read.
    pub(crate) fn reads(self, now: Duration) -> bool {
        match self {
            Self::Unknown(key) => key.is_some_and(|key| now.saturating_sub(key) < KEY_COUNTS),
            Self::On => true,
            Self::Off => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_for_a_minute_where_no_focus_events_come() {
        let second = Duration::from_secs(1);
        let mut focus = Focus::Unknown(None);
        assert!(!focus.reads(second));
        focus.key(second);
        assert!(focus.reads(60 * second) && !focus.reads(61 * second));
        assert!(Focus::On.reads(1000 * second));
        let mut focus = Focus::Off;
        assert!(!focus.reads(second));
        focus.key(second);
        assert!(focus.reads(second));
    }
}
