//! On the way out: what is asked before, and what is waited for.

use std::time::Duration;

use super::conversation::Link;
use super::update::{Effect, State};
use crate::room::Command;

/// How long leaving waits for what is not yet delivered.
pub const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);

impl State {
    /// Leaves without waiting for anything.
    pub fn leave_now(&mut self) -> Effect {
        (self.leaving, self.leaving_now) = (true, true);
        Effect::Do(Command::Leave {
            timeout: Duration::ZERO,
        })
    }

    /// Begins to leave: waits for what is not yet delivered, at most so long.
    pub(super) fn leave(&mut self, timeout: Duration, effects: &mut Vec<Effect>) {
        if timeout.is_zero() {
            return effects.push(self.leave_now());
        }
        if !self.leaving
            && let Some(farewell) = self.farewell.take()
            && !self.room.people.is_empty()
        {
            self.say(farewell, effects);
        }
        self.leaving = true;
        self.then_leave = Some(timeout);
        self.go_on_leaving(effects);
    }

    /// Leaves once the room has all that was typed.
    pub(super) fn go_on_leaving(&mut self, effects: &mut Vec<Effect>) {
        if self.room.outgoing.texts.is_empty()
            && let Some(timeout) = self.then_leave.take()
        {
            effects.push(Effect::Do(Command::Leave { timeout }));
        }
    }

    /// How long leaving waits.
    pub(super) fn patience(&self) -> Duration {
        match self.room.link {
            Link::Up if !self.room.people.is_empty() => LEAVE_TIMEOUT,
            // Without a connection, or with nobody there, it would be waited in vain.
            _ => Duration::ZERO,
        }
    }

    pub(super) fn ask(&mut self) {
        self.asked = true;
        let question = match self.room.undelivered + self.room.outgoing.texts.len() {
            0 => "leave? Ctrl+C again leaves".to_owned(),
            1 => "leave? 1 message is not delivered yet; Ctrl+C again leaves".to_owned(),
            count => format!("leave? {count} messages are not delivered yet; Ctrl+C again leaves"),
        };
        self.notice.ask(question);
    }
}
