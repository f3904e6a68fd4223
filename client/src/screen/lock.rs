//! The locked screen: blank until the passphrase of an open room is given. And the way out in a hurry.

use std::time::Duration;

use sotto_protocol::Passphrase;

use super::hidden::Hidden;
use super::key::Action;
use super::rooms::Rooms;
use super::update::{Effect, Moment, State};
use crate::keyhole::Keyhole;

/// A locked screen.
#[derive(Debug, Default)]
pub struct Lock {
    /// What was typed of the passphrase.
    pub typed: Hidden,
    /// What the screen says about it.
    pub(super) says: String,
    /// A command that prints the passphrase runs.
    fetching: bool,
}

impl Lock {
    /// What the screen says.
    pub fn says(&self) -> &str {
        match self.says.as_str() {
            "" => "locked: the passphrase of a room opens it",
            says => says,
        }
    }
}

impl Rooms {
    fn keyholes(&self) -> impl Iterator<Item = &Keyhole> {
        self.iter().filter_map(|(_, room)| room.keyhole.as_ref())
    }
}

impl State {
    /// Locks the screen.
    pub(super) fn lock(&mut self, moment: Moment) {
        if self.locked.is_some() {
            return;
        }
        if self.rooms.keyholes().next().is_none() {
            let why = "no open room has a passphrase: nothing could unlock the screen";
            return self.notice.say(why, moment.now);
        }
        self.notice.clear();
        self.joining = None;
        self.page = None;
        self.locked = Some(Lock::default());
    }

    /// When the screen locks by itself, if nobody presses a key until then.
    pub(super) fn locks_at(&self) -> Option<Duration> {
        let can = self.locked.is_none() && self.rooms.keyholes().next().is_some();
        self.settings
            .lock_after
            .filter(|_| can)
            .map(|idle| self.last_key + idle)
    }

    /// Locks the screen if nobody has pressed a key for as long as the user has set.
    pub(super) fn lock_if_idle(&mut self, moment: Moment) {
        if self.locks_at().is_some_and(|at| moment.now >= at) {
            self.lock(moment);
        }
    }

    /// A key on a locked screen. False when it is not locked.
    pub(super) fn locked_key(&mut self, action: Action, effects: &mut Vec<Effect>) -> bool {
        let Some(lock) = &mut self.locked else {
            return false;
        };
        lock.says.clear();
        match action {
            Action::Insert(c) => {
                lock.typed.insert(c.encode_utf8(&mut [0; 4]));
            }
            Action::Backspace => lock.typed.backspace(),
            Action::KillWord => lock.typed.erase_word(),
            Action::KillToStart | Action::Interrupt | Action::Dismiss => lock.typed.clear(),
            Action::Send if lock.typed.is_empty() => self.fetch(effects),
            Action::Send => {
                let passphrase = Passphrase::new(lock.typed.expose());
                lock.typed.clear();
                self.unlock(passphrase.map_err(|error| error.to_string()));
            }
            Action::Redraw => effects.push(Effect::Redraw),
            _ => {}
        }
        true
    }

    /// Runs the command again that printed a passphrase, where there is one.
    fn fetch(&mut self, effects: &mut Vec<Effect>) {
        let command = self.rooms.keyholes().find_map(|keyhole| keyhole.command.clone());
        let Some(lock) = &mut self.locked else {
            return;
        };
        if let Some(command) = command.filter(|_| !lock.fetching) {
            lock.fetching = true;
            "locked: the passphrase command runs …".clone_into(&mut lock.says);
            effects.push(Effect::Fetch(command));
        }
    }

    /// A passphrase was given, or could not be fetched.
    pub(super) fn unlock(&mut self, passphrase: Result<Passphrase, String>) {
        let Some(lock) = &mut self.locked else {
            return;
        };
        lock.fetching = false;
        match passphrase {
            Ok(passphrase) if self.rooms.keyholes().any(|keyhole| keyhole.fits(&passphrase)) => {
                self.locked = None;
            }
            Ok(_) => "locked: that is the passphrase of no open room".clone_into(&mut lock.says),
            Err(why) => lock.says = format!("locked: {why}"),
        }
    }
}
