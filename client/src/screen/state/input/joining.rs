//! `/join`: what the keys do until the room is open.

use sotto_protocol::Passphrase;

use crate::open::ticket::{Destination, Ticket};
use crate::screen::conversation::Conversation;
use crate::screen::editor::secret_line::Hidden;
use crate::screen::effect::{Effect, Moment, RoomId};
use crate::screen::layer::join::{Joining, Stage, all_the_same, destination};
use crate::screen::state::State;
use crate::secret::source::{self, Fetched};
use crate::secret::strength::Strength;

impl State {
    /// The hidden line that is typed into just now instead of the draft.
    pub(crate) fn asked(&self) -> Option<&Hidden> {
        self.joining.as_ref().and_then(Joining::asked)
    }

    /// Begins to join: asks for the passphrase, or for the command that prints it to be run.
    pub(crate) fn join(&mut self, target: &str, moment: Moment, effects: &mut Vec<Effect>) {
        let here = self.rooms.current();
        let to = match self.joining {
            Some(_) => Err("one room after the other: Esc gives up the first".to_owned()),
            None => destination(target, here, &self.settings.rooms),
        };
        match to {
            Ok(to) => {
                let mut joining = Joining {
                    name: here.me.clone(),
                    id: self.rooms.new_id(),
                    to,
                    passphrase: Hidden::default(),
                    warned: false,
                    stage: Stage::Asking,
                };
                effects.extend(joining.fetch());
                self.joining = Some(joining);
                self.notice.clear();
            }
            Err(why) => {
                self.rooms.current_mut().draft.set(&format!("/join {target}"));
                self.notice.say(why, moment.now);
            }
        }
    }

    /// A paste while a passphrase is asked for. False when it is for the chat.
    pub(crate) fn joining_paste(&mut self, text: &str, moment: Moment) -> bool {
        let Some(joining) = self.joining.as_mut().filter(|joining| joining.asked().is_some()) else {
            return false;
        };
        if matches!(joining.stage, Stage::Rating(_)) {
            return true;
        }
        joining.warned = false;
        if !joining.passphrase.insert(text) {
            let why = "nothing was pasted: that is too long for a passphrase";
            self.notice.say(why, moment.now);
        }
        true
    }

    /// What the command printed that was to print a passphrase; given back if it was not for a room.
    pub(crate) fn joining_fetched(
        &mut self,
        fetched: Result<Fetched, String>,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) -> Option<Result<Fetched, String>> {
        let fetching = |joining: &&mut Joining| matches!(joining.stage, Stage::Fetching);
        let Some(joining) = self.joining.as_mut().filter(fetching) else {
            return Some(fetched);
        };
        match fetched {
            Ok(Fetched { passphrase, warning }) => {
                if let Some(warning) = warning {
                    self.notice.say(warning, moment.now);
                }
                effects.push(joining.take(passphrase));
            }
            Err(why) => {
                joining.stage = Stage::Asking;
                self.notice.say(
                    format!("{why}; type the passphrase, or Enter tries again"),
                    moment.now,
                );
            }
        }
        None
    }

    /// What [`Effect::Rate`] is about.
    pub(crate) fn unrated(&self) -> Option<&str> {
        match &self.joining.as_ref()?.stage {
            Stage::Rating(passphrase) => Some(passphrase.expose()),
            _ => None,
        }
    }

    /// The passphrase that was typed is so strong: takes it, or warns.
    pub(crate) fn joining_rated(&mut self, strength: Strength, moment: Moment, effects: &mut Vec<Effect>) {
        let Some(joining) = &mut self.joining else { return };
        match std::mem::replace(&mut joining.stage, Stage::Asking) {
            Stage::Rating(passphrase) => match source::weak(strength) {
                Some(doubt) => {
                    joining.warned = true;
                    self.notice.say(all_the_same(&doubt), moment.now);
                }
                None => effects.push(joining.take(passphrase)),
            },
            stage => joining.stage = stage,
        }
    }

    /// What [`Effect::Open`] is about; given once.
    pub(crate) fn take_ticket(&mut self, id: RoomId) -> Option<(Ticket, Passphrase)> {
        let joining = self.joining.as_mut().filter(|joining| joining.id == id)?;
        match std::mem::replace(&mut joining.stage, Stage::Opening) {
            Stage::Ready(passphrase) => {
                let command = (joining.to.command.clone()).filter(|_| joining.passphrase.is_empty());
                let ticket = Ticket {
                    to: Destination {
                        command,
                        ..joining.to.clone()
                    },
                    name: joining.name.clone(),
                    made: false,
                    recorder: None,
                };
                Some((ticket, passphrase))
            }
            stage => {
                joining.stage = stage;
                None
            }
        }
    }

    /// Whether a room is still waited for: the user may have given it up.
    pub(crate) fn awaits(&self, id: RoomId) -> bool {
        self.joining.as_ref().is_some_and(|joining| joining.id == id)
    }

    /// The answer to [`Effect::Open`]. What was typed is asked for again when there is no room.
    pub(crate) fn opened(&mut self, id: RoomId, opened: Result<Box<Conversation>, String>, moment: Moment) {
        let Some(joining) = self.joining.as_mut().filter(|joining| joining.id == id) else {
            return;
        };
        match opened {
            Ok(room) => {
                self.joining = None;
                self.rooms.add(id, *room);
            }
            Err(why) => {
                joining.stage = Stage::Asking;
                self.notice.say(format!("not joined: {why}"), moment.now);
            }
        }
    }
}
