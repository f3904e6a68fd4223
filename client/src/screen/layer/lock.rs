//! The locked screen: blank until the passphrase of an open room is given. And the way out in a hurry.

use std::time::Duration;

use crate::screen::conversation::fraction;
use crate::screen::editor::secret_line::Hidden;

/// After so many wrong passphrases the next one has to wait.
const FREE_TRIES: u32 = 3;
/// The longest wait between two tries. The first is a second, and each is twice as long as the one before: a passphrase
/// that was mistyped costs little, and somebody who guesses gets a few thousand tries a day.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How far the user was told what unlocks the screen, where that was made here and may stand written down nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Told {
    /// Not yet.
    #[default]
    No,
    /// It is shown, with a question.
    Asked,
    /// The user has it.
    Yes,
}

/// A locked screen.
#[derive(Debug, Default)]
pub struct Lock {
    /// What was typed of the passphrase.
    pub typed: Hidden,
    /// What the screen says about it.
    pub(crate) says: String,
    /// A command that prints the passphrase runs.
    pub(crate) fetching: bool,
    /// The passphrase was made here.
    pub(crate) made: bool,
    /// How many wrong ones were given.
    pub(crate) wrong: u32,
    /// Until then none is looked at.
    pub(crate) closed_until: Duration,
}

impl Lock {
    /// What the screen says.
    pub fn says(&self, now: Duration) -> String {
        let wait = self.wait(now);
        match (self.says.as_str(), wait.is_zero()) {
            (_, false) => {
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                format!("locked: that was wrong {} times; wait {seconds} s", self.wrong)
            }
            ("", true) if self.made => {
                "locked: the passphrase that was made for this room opens it".to_owned()
            }
            ("", true) => "locked: the passphrase of a room opens it".to_owned(),
            (says, true) => says.to_owned(),
        }
    }

    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.closed_until.saturating_sub(now)
    }

    /// When the screen says something else by itself.
    pub(crate) fn next_change(&self, now: Duration) -> Option<Duration> {
        let wait = self.wait(now);
        (!wait.is_zero()).then(|| now + fraction(wait))
    }

    pub(crate) fn was_wrong(&mut self, now: Duration) {
        self.wrong = self.wrong.saturating_add(1);
        if let Some(more) = self.wrong.checked_sub(FREE_TRIES) {
            let seconds = 1_u64.checked_shl(more).unwrap_or(u64::MAX);
            self.closed_until = now + Duration::from_secs(seconds).min(LONGEST_WAIT);
        }
    }
}
