//! From the input to the room: one text at a time, and nothing lost that the room does not take.

use std::collections::VecDeque;

use sotto_protocol::instance::{Posted, Target};

use crate::screen::conversation::Conversation;
use crate::screen::conversation::reply_edit::Purpose;
use crate::screen::effect::{Effect, RoomId};
use crate::screen::talk::clock::Clock;
use crate::screen::talk::entry::{Author, Content, Marks, Said};

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// What.
    pub(crate) text: String,
    /// What it answers.
    pub(crate) reply_to: Option<Target>,
}

impl Text {
    /// What hands it to a room.
    pub(crate) fn say(self, room: RoomId) -> Effect {
        let Self { text, reply_to } = self;
        Effect::Say { room, text, reply_to }
    }
}

/// What the user has typed and the room has not yet taken.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// The texts in order; the first is before the room just now.
    pub(crate) texts: VecDeque<Text>,
}

impl Conversation {
    /// Takes a text that is to be said. Gives back what to hand to the room now: one at a time, as what is refused
    /// must not be overtaken.
    pub(crate) fn say(&mut self, text: String) -> Option<Text> {
        let reply_to = match self.purpose {
            Purpose::Reply(target) => Some(target),
            _ => None,
        };
        self.give_up();
        let text = Text { text, reply_to };
        self.outgoing.texts.push_back(text.clone());
        (self.outgoing.texts.len() == 1).then_some(text)
    }

    /// The room has taken the first text that is on its way.
    pub(crate) fn taken(&mut self, posted: Posted, at: Clock) {
        let Posted { id, to, fades } = posted;
        let Some(Text { text, reply_to }) = self.outgoing.texts.pop_front() else {
            return;
        };
        let marks = Marks {
            to,
            ..Marks::default()
        };
        self.list.go_to_newest();
        self.list.answered();
        self.list.push(
            at,
            Content::Said(Said {
                id,
                author: Author::Me(marks),
                name: self.me.to_string(),
                text: text.into(),
                reply_to,
                edited: false,
                deleted: false,
                fades: fades.into(),
                reactions: Vec::new(),
            }),
        );
    }

    /// The room did not take it: everything on its way is in the input again, before what was typed since.
    pub(crate) fn refused(&mut self) {
        self.give_up();
        let first = self.outgoing.texts.front();
        if let Some(target) = first.and_then(|text| text.reply_to) {
            self.purpose = Purpose::Reply(target);
        }
        let outgoing = self.outgoing.texts.drain(..);
        let mut texts: Vec<String> = outgoing.map(|text| escaped(text.text)).collect();
        if !self.draft.is_empty() {
            texts.push(self.draft.take());
        }
        self.draft.set(&texts.join("\n"));
    }
}

/// A text as it has to stand in the input to be said.
fn escaped(text: String) -> String {
    if text.starts_with('/') && !text.starts_with("/me ") {
        format!("/{text}")
    } else {
        text
    }
}
