//! What is typed on the event line while a message is selected: what to look for, a reaction, a yes.

use crate::room::Command;
use crate::screen::conversation::browse::{Asks, MAX_NEEDLE, REACTIONS};
use crate::screen::effect::{Effect, Moment};
use crate::screen::keymap::action::Action;
use crate::screen::state::State;
use crate::screen::text::search::Needle;

impl State {
    /// A key that answers what the event line asks.
    pub(crate) fn answered(&mut self, asks: Asks, action: Action, moment: Moment, effects: &mut Vec<Effect>) {
        let room = self.rooms.current_mut();
        let again = match (asks, action) {
            (_, Action::Dismiss | Action::Interrupt) => None,
            (Asks::Needle(text), Action::Send) => {
                if let (Some(needle), Some(browse)) = (Needle::new(&text), &mut room.browse) {
                    browse.needle = Some(needle);
                }
                self.find(true, moment);
                return;
            }
            (Asks::Needle(text), action) => typed(text, action, MAX_NEEDLE).map(Asks::Needle),
            (Asks::Reaction(text), Action::Send) => {
                self.react(text, effects);
                None
            }
            (Asks::Reaction(text), Action::Insert(c @ '1'..='6')) if text.is_empty() => {
                let number = usize::from(c as u8 - b'1');
                self.react(REACTIONS[number].to_owned(), effects);
                None
            }
            (Asks::Reaction(text), action) => {
                typed(text, action, sotto_protocol::message::MAX_REACTION).map(Asks::Reaction)
            }
            (Asks::Link(links), Action::Insert(c)) => {
                let number = c
                    .to_digit(10)
                    .and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1));
                effects.extend(
                    number
                        .and_then(|number| links.get(number).cloned())
                        .map(Effect::OpenLink),
                );
                None
            }
            // Not the key that asked: it is typed twice in many a word.
            (Asks::Delete, Action::Insert('y') | Action::Send) => {
                let id = room.selected().map(|said| said.id);
                let room = self.rooms.current_id();
                effects.extend(id.map(|id| Effect::Do {
                    room,
                    command: Command::Delete { id },
                }));
                None
            }
            (Asks::Link(_) | Asks::Delete, _) => None,
        };
        if let Some(browse) = &mut self.rooms.current_mut().browse {
            browse.asks = again;
        }
    }

    fn react(&mut self, reaction: String, effects: &mut Vec<Effect>) {
        let room = self.rooms.current();
        if let Some(said) = room.selected() {
            let target = room.target_of(said);
            effects.push(Effect::Do {
                room: self.rooms.current_id(),
                command: Command::React { target, reaction },
            });
        }
    }
}

/// A short text after a key; `None` when it was given up.
fn typed(mut text: String, action: Action, limit: usize) -> Option<String> {
    match action {
        Action::Insert(c) if c != '\t' && text.len() + c.len_utf8() <= limit => text.push(c),
        Action::Backspace => {
            text.pop()?;
        }
        Action::KillToStart | Action::KillWord => text.clear(),
        _ => {}
    }
    Some(text)
}
