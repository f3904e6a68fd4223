//! `/join`: from the command to the open room.

use sotto_protocol::Passphrase;

use crate::open::ticket::Ticket;
use crate::screen::conversation::Conversation;
use crate::screen::editor::secret_line::Hidden;
use crate::screen::effect::{Effect, Moment, RoomId};
use crate::screen::layer::join::{Joining, destination};
use crate::screen::state::State;

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
                let name = here.me.clone();
                let joining = self.joining.insert(Joining::new(self.rooms.new_id(), to, name));
                effects.extend(joining.fetch());
                self.notice.clear();
            }
            Err(why) => {
                self.rooms.current_mut().draft.set(&format!("/join {target}"));
                self.notice.say(why, moment.now);
            }
        }
    }

    /// What [`Effect::Rate`] is about.
    pub(crate) fn unrated(&self) -> Option<&str> {
        self.joining.as_ref()?.unrated()
    }

    /// What [`Effect::Open`] is about; given once.
    pub(crate) fn take_ticket(&mut self, id: RoomId) -> Option<(Ticket, Passphrase)> {
        self.joined(id)?.take_ticket()
    }

    /// Whether a room is still waited for: the user may have given it up.
    pub(crate) fn awaits(&self, id: RoomId) -> bool {
        self.joining.as_ref().is_some_and(|joining| joining.id == id)
    }

    fn joined(&mut self, id: RoomId) -> Option<&mut Joining> {
        self.joining.as_mut().filter(|joining| joining.id == id)
    }

    /// The answer to [`Effect::Open`].
    pub(crate) fn opened(&mut self, id: RoomId, opened: Result<Box<Conversation>, String>, moment: Moment) {
        match opened {
            Ok(room) if self.awaits(id) => {
                self.joining = None;
                self.rooms.add(id, *room);
            }
            Err(why) if let Some(joining) = self.joined(id) => {
                joining.ask_again();
                self.notice.say(format!("not joined: {why}"), moment.now);
            }
            _ => {}
        }
    }
}
