//! `/join`: another room in the same window, on the relay of this one or on another.

use sotto_protocol::{Name, Passphrase, RoomName};

use super::{Ctx, Layer, Taken};
use crate::open::ticket::Destination;
use crate::relay_url::{Address, AddressError, Invitation, handed_over};
use crate::screen::conversation::Conversation;
use crate::screen::editor::secret_line::Hidden;
use crate::screen::effect::{Effect, RoomId};
use crate::screen::keymap::action::Action;
use crate::screen::settings::RoomEntry;
use crate::secret::source;

/// A room that the user is about to join.
#[derive(Debug)]
pub struct Joining {
    /// What it will be called here.
    pub(crate) id: RoomId,
    pub(crate) to: Destination,
    pub(crate) name: Name,
    /// What was typed of the passphrase; it stays until the room is open.
    pub(crate) passphrase: Hidden,
    /// The user was told that it is weak: the next Enter takes it.
    pub(crate) warned: bool,
    pub(crate) stage: Stage,
}

#[derive(Debug)]
pub(crate) enum Stage {
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

impl Joining {
    /// What is typed, while the passphrase is asked for.
    pub(crate) fn asked(&self) -> Option<&Hidden> {
        matches!(self.stage, Stage::Asking | Stage::Rating(_)).then_some(&self.passphrase)
    }

    /// What the line above the input says about it.
    pub(crate) fn hint(&self) -> String {
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

    /// A key while the passphrase is asked for.
    fn typed(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken {
        let now = ctx.moment.now;
        match action {
            Action::Insert(c) => {
                self.passphrase.insert(c.encode_utf8(&mut [0; 4]));
                self.warned = false;
            }
            Action::Backspace => self.passphrase.backspace(),
            Action::KillToStart => self.passphrase.clear(),
            Action::KillWord => self.passphrase.erase_word(),
            Action::Send if !ctx.alone => {
                let why = "input that comes this fast looks like a paste: Enter alone joins";
                ctx.notice.say(why, now);
            }
            Action::Send => match self.fetch() {
                Some(fetch) => ctx.effects.push(fetch),
                None => match self.enter() {
                    Ok(effect) => {
                        ctx.effects.push(effect);
                        ctx.notice.clear();
                    }
                    Err(why) => {
                        self.warned = true;
                        ctx.notice.say(why, now);
                    }
                },
            },
            Action::Suspend => ctx.effects.push(Effect::Suspend),
            Action::Redraw => ctx.effects.push(Effect::Redraw),
            _ => {}
        }
        Taken::Keep
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
    pub(crate) fn take(&mut self, passphrase: Passphrase) -> Effect {
        self.stage = Stage::Ready(passphrase);
        Effect::Open(self.id)
    }

    /// Runs the command that prints the passphrase, if there is one and nothing was typed.
    pub(crate) fn fetch(&mut self) -> Option<Effect> {
        let command = self.to.command.clone().filter(|_| self.passphrase.is_empty())?;
        self.stage = Stage::Fetching;
        Some(Effect::Fetch(command))
    }
}

impl Layer for Joining {
    fn key(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken {
        let now = ctx.moment.now;
        let ends = matches!(action, Action::Dismiss | Action::Interrupt | Action::EndOfInput);
        match self.stage {
            Stage::Asking | Stage::Rating(_) if ends => {}
            Stage::Asking => return self.typed(action, ctx),
            Stage::Rating(_) => return Taken::Keep,
            // Meanwhile the chat goes on.
            _ if action != Action::Dismiss => return Taken::Pass,
            _ => {}
        }
        ctx.notice.say("nothing was joined", now);
        Taken::Close
    }
}

pub(crate) fn all_the_same(doubt: &str) -> String {
    format!("{doubt}. Enter again takes it all the same")
}

/// Where a word leads: to a URL that somebody handed over, with the line around it, to a room of the configuration
/// file, or to a room of this relay.
pub(crate) fn destination(
    target: &str,
    here: &Conversation,
    rooms: &[RoomEntry],
) -> Result<Destination, String> {
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
