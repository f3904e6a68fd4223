//! What the input is for: something new, an answer to a message, or other words for one of ours.

use sotto_protocol::instance::{SayError, Target};
use sotto_protocol::message::{MAX_TEXT, MessageId};
use zeroize::Zeroizing;

use super::conversation::Conversation;
use super::text::visible::visible_line;
use super::update::{Effect, Moment, State};
use crate::room::Command;

/// The characters of a message that the event line shows.
const SHOWN: usize = 200;

/// What the input is for.
#[derive(Debug, Default)]
pub enum Purpose {
    /// Something new.
    #[default]
    New,
    /// An answer.
    Reply(Target),
    /// Other words for a message of ours.
    Edit {
        /// Which one.
        id: MessageId,
        /// The draft that waits meanwhile.
        draft: Zeroizing<String>,
    },
}

impl Conversation {
    /// The input is for an answer from now on.
    pub fn reply(&mut self, to: Target) {
        self.give_up();
        self.stop_browsing(false);
        self.list.to_newest();
        self.purpose = Purpose::Reply(to);
    }

    /// The input is for other words for a message of ours from now on; its text is in it.
    pub fn edit(&mut self, id: MessageId) {
        let number = self.list.find(None, id);
        let Some(text) = number
            .and_then(|number| self.list.said(number))
            .map(|said| said.text.clone())
        else {
            return;
        };
        self.give_up();
        self.stop_browsing(false);
        let draft = Zeroizing::new(self.draft.take());
        self.draft.set(&text);
        self.purpose = Purpose::Edit { id, draft };
    }

    /// The input is for something new again, and the draft that waited comes back. False when it was all the time.
    pub fn give_up(&mut self) -> bool {
        match std::mem::take(&mut self.purpose) {
            Purpose::New => return false,
            Purpose::Reply(_) => {}
            Purpose::Edit { draft, .. } => self.draft.set(&draft),
        }
        true
    }

    /// What the event line says about it.
    pub fn purpose_told(&self) -> Option<String> {
        match &self.purpose {
            Purpose::New => None,
            Purpose::Edit { .. } => Some("editing: Enter saves, Esc gives up".to_owned()),
            Purpose::Reply(target) => {
                let said = self
                    .list
                    .target(*target)
                    .and_then(|number| self.list.said(number));
                let (name, text) = said.map_or(("somebody", String::new()), |said| {
                    (&said.name, said.text.chars().take(SHOWN).collect())
                });
                let line = text.lines().next().unwrap_or_default();
                Some(format!(
                    "Esc gives up · to {}: {}",
                    visible_line(name),
                    visible_line(line)
                ))
            }
        }
    }
}

impl State {
    /// Puts the last message of ours into the input.
    pub(crate) fn edit_last(&mut self, moment: Moment) {
        let room = self.rooms.current_mut();
        match room.last_mine() {
            Some(id) => room.edit(id),
            None => self.notice.say("there is no message of yours", moment.now),
        }
    }

    /// Enter while a message is edited. False when none is.
    pub(crate) fn save_edit(&mut self, moment: Moment, effects: &mut Vec<Effect>) -> bool {
        let id = self.rooms.current_id();
        let room = self.rooms.current_mut();
        let Purpose::Edit { id: message, .. } = room.purpose else {
            return false;
        };
        let text = room.draft.text().to_owned();
        if text.trim().is_empty() {
            self.notice.say(
                "nothing is left of it: /delete deletes it, Esc gives up",
                moment.now,
            );
        } else if let Some(over) = text.len().checked_sub(MAX_TEXT + 1) {
            let error = SayError::TooLong { over: over + 1 };
            self.notice.say(format!("{error}; it stays here"), moment.now);
        } else {
            room.history.push(&text);
            room.give_up();
            let before = room
                .list
                .find(None, message)
                .and_then(|number| room.list.said(number));
            if before.is_none_or(|said| *said.text != text) {
                effects.push(Effect::Do {
                    room: id,
                    command: Command::Edit { id: message, text },
                });
            }
        }
        true
    }
}
