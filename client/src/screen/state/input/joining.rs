//! `/join`: what the keys do until the room is open.

use crate::screen::editor::secret_line::Hidden;
use crate::screen::effect::Effect;
use crate::screen::effect::RoomId;
use crate::screen::layer::join::Opening;
use crate::screen::layer::join::Stage;
use crate::screen::layer::join::all_the_same;
use crate::screen::layer::join::destination;
use crate::screen::state::Conversation;
use crate::screen::state::Fetched;
use crate::screen::state::Joining;
use crate::screen::state::State;
use crate::screen::state::Strength;
use crate::screen::state::input::Action;
use crate::screen::state::input::Moment;
use crate::secret::source;
impl State {
    /// The hidden line that is typed into just now instead of the draft.
    pub fn asked(&self) -> Option<&Hidden> {
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

    /// A key while a room is being joined. False when it is for the chat.
    pub(crate) fn joining_key(
        &mut self,
        action: Action,
        alone: bool,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(joining) = &mut self.joining else {
            return false;
        };
        let ends = matches!(action, Action::Dismiss | Action::Interrupt | Action::EndOfInput);
        if matches!(joining.stage, Stage::Rating(_)) && !ends {
            return true;
        }
        if joining.asked().is_none() {
            // Meanwhile the chat goes on.
            let gives_up = action == Action::Dismiss;
            if gives_up {
                self.joining = None;
                self.notice.say("nothing was joined", moment.now);
            }
            return gives_up;
        }
        let passphrase = &mut joining.passphrase;
        match action {
            Action::Dismiss | Action::Interrupt | Action::EndOfInput => {
                self.joining = None;
                self.notice.say("nothing was joined", moment.now);
            }
            Action::Insert(c) => {
                passphrase.insert(c.encode_utf8(&mut [0; 4]));
                joining.warned = false;
            }
            Action::Backspace => passphrase.backspace(),
            Action::KillToStart => passphrase.clear(),
            Action::KillWord => passphrase.erase_word(),
            Action::Send if !alone => {
                let why = "input that comes this fast looks like a paste: Enter alone joins";
                self.notice.say(why, moment.now);
            }
            Action::Send => match joining.fetch() {
                Some(fetch) => effects.push(fetch),
                None => match joining.enter() {
                    Ok(effect) => {
                        effects.push(effect);
                        self.notice.clear();
                    }
                    Err(why) => {
                        joining.warned = true;
                        self.notice.say(why, moment.now);
                    }
                },
            },
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.push(Effect::Redraw),
            _ => {}
        }
        true
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
    pub fn unrated(&self) -> Option<&str> {
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
    pub fn take_opening(&mut self, id: RoomId) -> Option<Opening> {
        let joining = self.joining.as_mut().filter(|joining| joining.id == id)?;
        match std::mem::replace(&mut joining.stage, Stage::Opening) {
            Stage::Ready(passphrase) => Some(Opening {
                address: joining.to.address.clone(),
                room: joining.to.room.clone(),
                name: joining.name.clone(),
                passphrase,
                called: joining.to.called.clone(),
                command: joining
                    .to
                    .command
                    .clone()
                    .filter(|_| joining.passphrase.is_empty()),
            }),
            stage => {
                joining.stage = stage;
                None
            }
        }
    }

    /// Whether a room is still waited for: the user may have given it up.
    pub fn awaits(&self, id: RoomId) -> bool {
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
