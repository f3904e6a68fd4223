//! `/join`: another room in the same window, on the relay of this one or on another.

use sotto_protocol::{Name, Passphrase, RoomName};

use super::conversation::Conversation;
use super::hidden::Hidden;
use super::key::Action;
use super::rooms::RoomId;
use super::update::{Effect, Moment, State};
use crate::address::{Address, AddressError, Invitation};
use crate::secret;

/// A room that the user is about to join.
#[derive(Debug)]
pub struct Joining {
    /// What it will be called here.
    pub id: RoomId,
    address: Address,
    room: RoomName,
    name: Name,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The passphrase is asked for.
    Asking {
        /// What was typed of it.
        passphrase: Hidden,
        /// The user was told that it is weak: the next Enter takes it.
        warned: bool,
    },
    /// It is there, and the shell has not fetched it yet.
    Ready(Passphrase),
    /// Its key is being made.
    Deriving,
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
}

impl Joining {
    /// What is typed, while the passphrase is asked for.
    pub fn asked(&self) -> Option<&Hidden> {
        match &self.stage {
            Stage::Asking { passphrase, .. } => Some(passphrase),
            _ => None,
        }
    }

    /// What the line above the input says about it.
    pub fn hint(&self) -> String {
        let room = match self.room.as_str() {
            "" => "the room without a name".to_owned(),
            name => format!("the room {name}"),
        };
        match self.stage {
            Stage::Asking { .. } => {
                format!(
                    "passphrase of {room} on {}? Enter joins, Esc does not",
                    self.address.host()
                )
            }
            _ => format!("making the key of {room} … Esc gives up"),
        }
    }
}

impl State {
    /// The hidden line that is typed into just now instead of the draft.
    pub fn asked(&self) -> Option<&Hidden> {
        self.joining.as_ref().and_then(Joining::asked)
    }

    /// Begins to join: asks for the passphrase.
    pub(super) fn join(&mut self, target: &str, moment: Moment) {
        if self.joining.is_some() {
            return self
                .notice
                .say("one room after the other: Esc gives up the first", moment.now);
        }
        let here = self.rooms.current();
        match place(target, here) {
            Ok((address, room)) => {
                self.joining = Some(Joining {
                    name: here.me.clone(),
                    id: self.rooms.new_id(),
                    address,
                    room,
                    stage: Stage::Asking {
                        passphrase: Hidden::default(),
                        warned: false,
                    },
                });
            }
            Err(why) => {
                self.rooms.current_mut().draft.set(&format!("/join {target}"));
                self.notice.say(why, moment.now);
            }
        }
    }

    /// A key while a room is being joined. False when it is for the chat.
    pub(super) fn joining_key(&mut self, action: Action, moment: Moment, effects: &mut Vec<Effect>) -> bool {
        let Some(joining) = &mut self.joining else {
            return false;
        };
        let Stage::Asking { passphrase, warned } = &mut joining.stage else {
            // Meanwhile the chat goes on.
            let gives_up = action == Action::Dismiss;
            if gives_up {
                self.joining = None;
            }
            return gives_up;
        };
        match action {
            Action::Dismiss | Action::Interrupt | Action::EndOfInput => {
                self.joining = None;
                self.notice.say("nothing was joined", moment.now);
            }
            Action::Insert(c) => {
                *warned = false;
                passphrase.insert(c.encode_utf8(&mut [0; 4]));
            }
            Action::Backspace => passphrase.backspace(),
            Action::KillToStart => passphrase.clear(),
            Action::KillWord => passphrase.erase_word(),
            Action::Send => match fit(passphrase, *warned) {
                Ok(ready) => {
                    joining.stage = Stage::Ready(ready);
                    effects.push(Effect::Open(joining.id));
                    self.notice.clear();
                }
                Err(why) => {
                    *warned = true;
                    self.notice.say(why, moment.now);
                }
            },
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.push(Effect::Redraw),
            _ => {}
        }
        true
    }

    /// A paste while a passphrase is asked for. False when it is for the chat.
    pub(super) fn joining_paste(&mut self, text: &str, moment: Moment) -> bool {
        let Some(Stage::Asking { passphrase, warned }) =
            self.joining.as_mut().map(|joining| &mut joining.stage)
        else {
            return false;
        };
        *warned = false;
        if !passphrase.insert(text) {
            self.notice.say(
                "nothing was pasted: that is too long for a passphrase",
                moment.now,
            );
        }
        true
    }

    /// What [`Effect::Open`] is about; given once.
    pub fn take_opening(&mut self, id: RoomId) -> Option<Opening> {
        let joining = self.joining.as_mut().filter(|joining| joining.id == id)?;
        match std::mem::replace(&mut joining.stage, Stage::Deriving) {
            Stage::Ready(passphrase) => Some(Opening {
                address: joining.address.clone(),
                room: joining.room.clone(),
                name: joining.name.clone(),
                passphrase,
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

    /// The answer to [`Effect::Open`].
    pub(super) fn opened(&mut self, id: RoomId, opened: Result<Box<Conversation>, String>, moment: Moment) {
        if !self.awaits(id) {
            return;
        }
        self.joining = None;
        match opened {
            Ok(room) => self.rooms.add(id, *room),
            Err(why) => self.notice.say(why, moment.now),
        }
    }
}

/// Where `/join` leads: a URL that somebody handed over, with the line around it, or a room of this relay.
fn place(target: &str, here: &Conversation) -> Result<(Address, RoomName), String> {
    let target = target.trim_start_matches("sotto join").trim().trim_matches('\'');
    if target.is_empty() {
        return Err("/join needs a relay's URL, or the name of another room on this relay".to_owned());
    }
    let ours = here.place.as_ref().map(|place| &place.address);
    if target.contains("://") {
        let invitation: Invitation = target.parse().map_err(|error: AddressError| error.to_string())?;
        // Who hides the way to one relay does not want it seen to the other.
        let proxy = ours.and_then(Address::proxy).cloned();
        let address = match proxy {
            Some(proxy) if !invitation.address.is_local() => invitation.address.through(Some(proxy)),
            _ => invitation.address,
        };
        return Ok((address, invitation.room.unwrap_or_default()));
    }
    let room = RoomName::new(target).map_err(|error| error.to_string())?;
    match ours {
        Some(address) => Ok((address.clone(), room)),
        None => Err("no other room can be joined on this relay: give a URL".to_owned()),
    }
}

/// The passphrase, if it is one. A weak one is taken when the user was `warned`.
fn fit(typed: &Hidden, warned: bool) -> Result<Passphrase, String> {
    let passphrase = Passphrase::new(typed.expose()).map_err(|error| error.to_string())?;
    if warned {
        return Ok(passphrase);
    }
    match secret::doubt(&passphrase) {
        None => Ok(passphrase),
        Some(doubt) => Err(format!("{doubt}. Enter again takes it all the same")),
    }
}
