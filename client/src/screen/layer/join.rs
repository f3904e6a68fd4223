//! `/join`: another room in the same window, on the relay of this one or on another.

use std::time::Duration;

use sotto_protocol::{Name, Passphrase, RoomName};

use super::{Ctx, Layer, Taken};
use crate::open::ticket::{Destination, Ticket};
use crate::relay_url::{Address, AddressError, Invitation, handed_over};
use crate::screen::conversation::Conversation;
use crate::screen::editor::secret_line::Hidden;
use crate::screen::effect::{Effect, RoomId};
use crate::screen::keymap::action::Action;
use crate::screen::settings::RoomEntry;
use crate::screen::state::notice::Notice;
use crate::secret::source::{self, Fetched};
use crate::secret::strength::Strength;

/// A room that the user is about to join.
#[derive(Debug)]
pub(crate) struct Joining {
    /// What it will be called here.
    pub(crate) id: RoomId,
    to: Destination,
    name: Name,
    /// What was typed of the passphrase; it stays until the room is open.
    passphrase: Hidden,
    /// The user was told that it is weak: the next Enter takes it.
    warned: bool,
    stage: Stage,
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

impl Joining {
    /// Before anything is known of the passphrase.
    pub(crate) fn new(id: RoomId, to: Destination, name: Name) -> Self {
        Self {
            id,
            to,
            name,
            passphrase: Hidden::default(),
            warned: false,
            stage: Stage::Asking,
        }
    }

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
    fn take(&mut self, passphrase: Passphrase) -> Effect {
        self.stage = Stage::Ready(passphrase);
        Effect::Open(self.id)
    }

    /// Runs the command that prints the passphrase, if there is one and nothing was typed.
    pub(crate) fn fetch(&mut self) -> Option<Effect> {
        let command = self.to.command.clone().filter(|_| self.passphrase.is_empty())?;
        self.stage = Stage::Fetching;
        Some(Effect::Fetch(command))
    }

    /// Whether what a command printed is for this.
    pub(crate) fn fetches(&self) -> bool {
        matches!(self.stage, Stage::Fetching)
    }

    /// What the command printed that was to print the passphrase.
    pub(crate) fn fetched(
        &mut self,
        fetched: Result<Fetched, String>,
        notice: &mut Notice,
        now: Duration,
    ) -> Option<Effect> {
        match fetched {
            Ok(Fetched { passphrase, warning }) => {
                if let Some(warning) = warning {
                    notice.say(warning, now);
                }
                Some(self.take(passphrase))
            }
            Err(why) => {
                self.ask_again();
                notice.say(format!("{why}; type the passphrase, or Enter tries again"), now);
                None
            }
        }
    }

    /// The passphrase whose strength is to be found out.
    pub(crate) fn unrated(&self) -> Option<&str> {
        match &self.stage {
            Stage::Rating(passphrase) => Some(passphrase.expose()),
            _ => None,
        }
    }

    /// It is so strong: takes it, or warns.
    pub(crate) fn rated(&mut self, strength: Strength, notice: &mut Notice, now: Duration) -> Option<Effect> {
        match std::mem::replace(&mut self.stage, Stage::Asking) {
            Stage::Rating(passphrase) => match source::weak(strength) {
                Some(doubt) => {
                    self.warned = true;
                    notice.say(all_the_same(&doubt), now);
                    None
                }
                None => Some(self.take(passphrase)),
            },
            stage => {
                self.stage = stage;
                None
            }
        }
    }

    /// What the shell opens the room with; given once.
    pub(crate) fn take_ticket(&mut self) -> Option<(Ticket, Passphrase)> {
        match std::mem::replace(&mut self.stage, Stage::Opening) {
            Stage::Ready(passphrase) => {
                let command = (self.to.command.clone()).filter(|_| self.passphrase.is_empty());
                let ticket = Ticket {
                    to: Destination {
                        command,
                        ..self.to.clone()
                    },
                    name: self.name.clone(),
                    made: false,
                    recorder: None,
                    keeping: crate::room::Keeping::default(),
                };
                Some((ticket, passphrase))
            }
            stage => {
                self.stage = stage;
                None
            }
        }
    }

    /// There is no room yet: asks again for what was typed, which stays.
    pub(crate) fn ask_again(&mut self) {
        self.stage = Stage::Asking;
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

    fn paste(&mut self, text: &str, notice: &mut Notice, now: Duration) -> bool {
        if matches!(self.stage, Stage::Asking) {
            self.warned = false;
            if !self.passphrase.insert(text) {
                notice.say("nothing was pasted: that is too long for a passphrase", now);
            }
        }
        self.asked().is_some()
    }
}

fn all_the_same(doubt: &str) -> String {
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
            remember: entry.remember,
            command: entry.passphrase_command.clone(),
        });
    }
    if target.contains("://") {
        let invitation: Invitation = target.parse().map_err(|error: AddressError| error.to_string())?;
        return Ok(Destination {
            address: elsewhere(invitation.address),
            room: invitation.room.unwrap_or_default(),
            called: None,
            remember: None,
            command: None,
        });
    }
    let room = RoomName::new(target).map_err(|error| error.to_string())?;
    match ours {
        Some(address) => Ok(Destination {
            address: address.clone(),
            room,
            called: None,
            remember: None,
            command: None,
        }),
        None => Err("no other room can be joined on this relay: give a URL".to_owned()),
    }
}
