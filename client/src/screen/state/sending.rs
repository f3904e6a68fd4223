//! From the draft to the room: one text at a time, and nothing lost that the room does not take.

use sotto_protocol::instance::{Posted, SayError};
use sotto_protocol::message::MAX_TEXT;

use super::State;
use super::commands::parse::{self, Line};
use crate::room::{Command, CommandError};
use crate::screen::conversation::reply_edit::Purpose;
use crate::screen::effect::{Effect, Moment, RoomId};
use crate::screen::settings::Keep;

/// The texts that may be on their way to the room; the next stays in the input.
const MAX_OUTGOING: usize = 16;

impl State {
    pub(crate) fn enter(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        if self.rooms.current().out.begun {
            return self.notice.say("leaving; nothing more is said", moment.now);
        }
        if self.save_edit(moment, effects) || self.rooms.current_mut().draft.text().trim().is_empty() {
            return;
        }
        let line = self.rooms.current_mut().draft.text().to_owned();
        match parse::parse(&line) {
            Line::Slip if self.rooms.current_mut().slip.as_deref() != Some(&line) => {
                self.notice.say(
                    "a space before a slash: Enter again says it, without the space it is a command",
                    moment.now,
                );
                self.rooms.current_mut().slip = Some(line);
                return;
            }
            Line::Wrong(why) => return self.notice.say(why, moment.now),
            Line::Do(command) => {
                let room = self.rooms.current_mut();
                room.history.push(&line);
                room.draft.take();
                room.list.go_to_newest();
                self.notice.clear();
                if !self.run(command, moment, effects) {
                    // What is wrong with it can be mended.
                    self.rooms.current_mut().draft.set(&line);
                }
            }
            Line::Say(text) => self.try_to_say(text, moment, effects),
            Line::Slip => self.try_to_say(line, moment, effects),
        }
        self.rooms.current_mut().slip = None;
    }

    pub(crate) fn try_to_say(&mut self, text: String, moment: Moment, effects: &mut Vec<Effect>) {
        if let Some(over) = text.len().checked_sub(MAX_TEXT + 1) {
            let error = SayError::TooLong { over: over + 1 };
            return self.notice.say(format!("{error}; it stays here"), moment.now);
        }
        if self.rooms.current_mut().outgoing.texts.len() >= MAX_OUTGOING {
            return self
                .notice
                .say(format!("{}; it stays here", SayError::Full), moment.now);
        }
        let room = self.rooms.current_mut();
        room.history.push(room.draft.text());
        room.draft.take();
        self.notice.clear();
        self.rooms.current_mut().away = false;
        let room = self.rooms.current_id();
        let said = self.rooms.current_mut().say(text);
        effects.extend(said.map(|text| text.say(room)));
    }

    /// A room's relay has said whether it keeps anything: what nobody is here to get is left there as the user has set.
    pub(super) fn keep_as_set(&mut self, id: RoomId, effects: &mut Vec<Effect>) {
        let keep = self.settings.keep;
        if let Some(room) = self.rooms.get_mut(id) {
            room.keep = keep;
        }
        if keep == Keep::Always {
            let command = Command::KeepByItself;
            effects.push(Effect::Do { room: id, command });
        }
    }

    /// The room's answer to what it was to say.
    pub(crate) fn said(
        &mut self,
        id: RoomId,
        answer: Result<Posted, CommandError>,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        match answer {
            Ok(posted) => {
                room.taken(posted, moment.clock);
                room.offer_to_keep(moment.clock);
                let next = room.outgoing.texts.front().cloned();
                effects.extend(next.map(|text| text.say(id)));
            }
            Err(error) => {
                room.refused();
                self.notice.say(format!("{error}; it stays here"), moment.now);
            }
        }
        self.go_on_leaving(id, effects);
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
