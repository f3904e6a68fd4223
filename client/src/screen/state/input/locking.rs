//! The locked screen: what the keys do, and when it locks.

use std::time::Duration;

use sotto_protocol::Passphrase;

use crate::screen::effect::Moment;
use crate::screen::keymap::action::Action;
use crate::screen::layer::lock::{Lock, Told};
use crate::screen::state::State;
use crate::screen::state::notice::wait;
use crate::screen::talk::clock::Clock;
use crate::screen::talk::entry::Content;
use crate::secret::verifier::Verifier;

impl State {
    /// Locks the screen; where only a passphrase that was made here unlocks it, that is shown before, once.
    pub(crate) fn lock(&mut self, moment: Moment) {
        if self.rooms.verifiers().next().is_none() {
            let why = "no open room has a passphrase: nothing could unlock the screen";
            return self.notice.say(why, moment.now);
        }
        if self.only_made() && self.told == Told::No {
            let room = self.rooms.current_mut();
            let invitation = room.invitation.clone();
            room.list.forget_copyable();
            room.list.push(moment.clock, Content::Copyable(invitation));
            room.list.go_to_newest();
            self.told = Told::Asked;
            let asks = "only the passphrase above, which was made for you, unlocks it again: Enter locks, Esc does not";
            return self.notice.ask(asks.to_owned());
        }
        self.lock_now();
    }

    fn lock_now(&mut self) {
        if self.locked.is_some() {
            return;
        }
        if self.told == Told::Asked {
            self.told = Told::No;
        }
        self.notice.clear();
        self.joining = None;
        self.page = None;
        self.locked = Some(Lock::new(self.only_made()));
    }

    /// Whether nothing unlocks the screen but what was made here, and never typed.
    fn only_made(&self) -> bool {
        let made = |verifier: &Verifier| verifier.made;
        self.rooms.verifiers().next().is_some() && self.rooms.verifiers().all(made)
    }

    /// A key that answers whether to lock. False when that was not asked, or the key is for something else, too.
    pub(crate) fn lock_question_key(&mut self, action: Action) -> bool {
        if self.told != Told::Asked {
            return false;
        }
        let locks = matches!(action, Action::Send | Action::Lock);
        self.told = if locks { Told::Yes } else { Told::No };
        self.notice.clear();
        let room = self.rooms.current_mut();
        if !room.people.is_empty() {
            room.list.forget_copyable();
        }
        if locks {
            self.lock_now();
        }
        locks || action == Action::Dismiss
    }

    /// Says at the start what unlocks a screen that locks by itself, where nobody has typed that.
    pub(crate) fn tell_what_unlocks(&mut self, clock: Clock) {
        if let Some(idle) = self.settings.lock_after
            && self.only_made()
        {
            let idle = wait(idle);
            let what = format!(
                "the screen locks when no key came for {idle}; only the passphrase that was made for you unlocks it: keep \
                 it (/invite shows it again)"
            );
            self.rooms.current_mut().list.push(clock, Content::Answer(what));
        }
    }

    /// When the screen locks by itself, if nobody presses a key until then.
    pub(crate) fn locks_at(&self) -> Option<Duration> {
        let can = self.locked.is_none() && self.rooms.verifiers().next().is_some();
        self.settings
            .lock_after
            .filter(|_| can)
            .map(|idle| self.last_key + idle)
    }

    /// Locks the screen if nobody has pressed a key for as long as the user has set.
    pub(crate) fn lock_if_idle(&mut self, moment: Moment) {
        if self.locks_at().is_some_and(|at| moment.now >= at) {
            self.lock_now();
        }
    }

    /// A passphrase was fetched, or could not be.
    pub(crate) fn unlock(&mut self, passphrase: Result<Passphrase, String>, moment: Moment) {
        let rooms = &self.rooms;
        self.locked
            .take_if(|lock| lock.opens(passphrase, rooms, moment.now));
    }
}
