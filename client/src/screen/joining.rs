//! `/join`: another room in the same window, on the relay of this one or on another.

use sotto_protocol::{Name, Passphrase, RoomName};

use super::conversation::Conversation;
use super::editor::secret_line::Hidden;
use super::keymap::action::Action;
use super::rooms::RoomId;
use super::settings::RoomEntry;
use super::update::{Effect, Moment, State};
use crate::relay_url::{Address, AddressError, Invitation, handed_over};
use crate::secret::source;
use crate::secret::source::Fetched;
use crate::secret::strength::Strength;

/// A room that the user is about to join.
#[derive(Debug)]
pub struct Joining {
    /// What it will be called here.
    pub id: RoomId,
    to: Destination,
    name: Name,
    /// What was typed of the passphrase; it stays until the room is open.
    passphrase: Hidden,
    /// The user was told that it is weak: the next Enter takes it.
    warned: bool,
    stage: Stage,
}

/// Where `/join` leads.
#[derive(Debug)]
struct Destination {
    address: Address,
    room: RoomName,
    /// What the configuration file calls it.
    called: Option<String>,
    /// What prints the passphrase.
    command: Option<String>,
}

#[derive(Debug)]
enum Stage {
    /// The passphrase is asked for.
    Asking,
    /// How strong it is, is being found out.
    Rating(Passphrase),
    /// A command prints it.
    Fetching,
    /// It is there, and the shell has not fetched it yet.
    Ready(Passphrase),
    /// Its key is being made, and its relay asked.
    Opening,
}

/// All that is needed to join a room.
pub struct Opening {
    /// Where.
    pub address: Address,
    /// Which room.
    pub room: RoomName,
    /// As whom.
    pub name: Name,
    /// With what.
    pub passphrase: Passphrase,
    /// What has printed the passphrase.
    pub command: Option<String>,
    /// What the configuration file calls it.
    pub called: Option<String>,
}

impl Joining {
    /// What is typed, while the passphrase is asked for.
    pub fn asked(&self) -> Option<&Hidden> {
        matches!(self.stage, Stage::Asking | Stage::Rating(_)).then_some(&self.passphrase)
    }

    /// What the line above the input says about it.
    pub fn hint(&self) -> String {
        let room = match self.to.room.as_str() {
            "" => "the room without a name".to_owned(),
            name => format!("the room {name}"),
        };
        match self.stage {
            Stage::Asking | Stage::Rating(_) => {
                let host = self.to.address.host();
                format!("passphrase of {room} on {host}? Enter joins, Esc does not")
            }
            Stage::Fetching => format!("the command that prints the passphrase of {room} runs …"),
            _ => format!("joining {room} … Esc gives up"),
        }
    }

    /// Takes what was typed, if it is a passphrase. A doubtful one is taken after a warning.
    fn enter(&mut self) -> Result<Effect, String> {
        let passphrase = Passphrase::new(self.passphrase.expose()).map_err(|error| error.to_string())?;
        if self.warned {
            return Ok(self.take(passphrase));
        }
        if let Some(slip) = source::slip(&passphrase) {
            return Err(all_the_same(&slip));
        }
        self.stage = Stage::Rating(passphrase);
        Ok(Effect::Rate)
    }

    /// Takes a passphrase; the shell is to open the room with it.
    fn take(&mut self, passphrase: Passphrase) -> Effect {
        self.stage = Stage::Ready(passphrase);
        Effect::Open(self.id)
    }

    /// Runs the command that prints the passphrase, if there is one and nothing was typed.
    fn fetch(&mut self) -> Option<Effect> {
        let command = self.to.command.clone().filter(|_| self.passphrase.is_empty())?;
        self.stage = Stage::Fetching;
        Some(Effect::Fetch(command))
    }
}

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

fn all_the_same(doubt: &str) -> String {
    format!("{doubt}. Enter again takes it all the same")
}

/// Where a word leads: to a URL that somebody handed over, with the line around it, to a room of the configuration
/// file, or to a room of this relay.
fn destination(target: &str, here: &Conversation, rooms: &[RoomEntry]) -> Result<Destination, String> {
    let target = handed_over(target);
    if target.is_empty() {
        return Err(
            "/join needs a relay's URL, a room of config.toml, or another room's name on this relay"
                .to_owned(),
        );
    }
    let ours = here.place.as_ref().map(|place| &place.address);
    let elsewhere = |address: Address| match ours.and_then(Address::proxy) {
        // Who hides the way to one relay does not want it seen to the other.
        Some(proxy) if !address.is_local() => address.through(Some(proxy.clone())),
        _ => address,
    };
    if let Some(entry) = rooms.iter().find(|room| room.name == target) {
        let room = entry.relay.room.as_ref().or(entry.room.as_ref());
        return Ok(Destination {
            address: elsewhere(entry.relay.address.clone()),
            room: room.cloned().unwrap_or_default(),
            called: Some(entry.name.clone()),
            command: entry.passphrase_command.clone(),
        });
    }
    if target.contains("://") {
        let invitation: Invitation = target.parse().map_err(|error: AddressError| error.to_string())?;
        return Ok(Destination {
            address: elsewhere(invitation.address),
            room: invitation.room.unwrap_or_default(),
            called: None,
            command: None,
        });
    }
    let room = RoomName::new(target).map_err(|error| error.to_string())?;
    match ours {
        Some(address) => Ok(Destination {
            address: address.clone(),
            room,
            called: None,
            command: None,
        }),
        None => Err("no other room can be joined on this relay: give a URL".to_owned()),
    }
}
