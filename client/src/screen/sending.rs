//! From the draft to the room: one text at a time, and nothing lost that the room does not take.

use sotto_protocol::instance::SayError;
use sotto_protocol::message::{MAX_TEXT, MessageId};

use super::command::{self, Line};
use super::update::{Effect, Moment, State};
use crate::room::CommandError;

/// The texts that may be on their way to the room; the next stays in the input.
const MAX_OUTGOING: usize = 16;

impl State {
    pub(super) fn enter(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        if self.room.draft.text().trim().is_empty() {
            return;
        }
        if self.leaving {
            return self.notice.say("leaving; nothing more is said", moment.now);
        }
        let line = self.room.draft.text().to_owned();
        match command::parse(&line) {
            Line::Slip if self.slip.as_deref() != Some(&line) => {
                self.notice.say(
                    "a space before a slash: Enter again says it, without the space it is a command",
                    moment.now,
                );
                self.slip = Some(line);
                return;
            }
            Line::Wrong(why) => return self.notice.say(why, moment.now),
            Line::Do(command) => {
                self.room.history.push(&line);
                self.room.draft.take();
                self.room.list.to_newest();
                self.run(command, moment, effects);
            }
            Line::Say(text) => self.try_to_say(text, moment, effects),
            Line::Slip => self.try_to_say(line, moment, effects),
        }
        self.slip = None;
    }

    pub(super) fn try_to_say(&mut self, text: String, moment: Moment, effects: &mut Vec<Effect>) {
        if let Some(over) = text.len().checked_sub(MAX_TEXT + 1) {
            let error = SayError::TooLong { over: over + 1 };
            return self.notice.say(format!("{error}; it stays here"), moment.now);
        }
        if self.room.outgoing.texts.len() >= MAX_OUTGOING {
            return self
                .notice
                .say(format!("{}; it stays here", SayError::Full), moment.now);
        }
        self.room.history.push(self.room.draft.text());
        self.room.draft.take();
        self.notice.clear();
        self.say(text, effects);
    }

    pub(super) fn say(&mut self, text: String, effects: &mut Vec<Effect>) {
        self.room.outgoing.texts.push_back(text.clone());
        // One at a time: what is refused must not be overtaken.
        if self.room.outgoing.texts.len() == 1 {
            effects.push(Effect::Say(text));
        }
    }

    pub(super) fn said(
        &mut self,
        answer: Result<MessageId, CommandError>,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        match answer {
            Ok(id) => {
                self.room.taken(id, moment.clock);
                effects.extend(self.room.outgoing.texts.front().cloned().map(Effect::Say));
            }
            Err(error) => {
                self.room.refused();
                self.notice.say(format!("{error}; it stays here"), moment.now);
            }
        }
        self.go_on_leaving(effects);
    }
}
