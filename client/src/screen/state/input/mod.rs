//! Keys and pastes change the draft, scroll, and give commands.

mod browse;
mod completion;
mod composing;
mod joining;
mod layers;
pub(crate) mod lines;
mod locking;
pub(crate) mod mouse;

use crossterm::event::KeyEvent;
use sotto_protocol::message::MAX_TEXT;

use super::State;
use super::commands::parse::Command;
use crate::screen::editor::Enter;
use crate::screen::editor::history::Recall;
use crate::screen::effect::{Effect, Moment};
use crate::screen::keymap::Pressed;
use crate::screen::keymap::action::Action;
use crate::screen::layer::{Layer, help};

/// The longest draft, in bytes: what one message holds, and a command's word before it.
pub(crate) const MAX_DRAFT: usize = MAX_TEXT + 16;

impl State {
    pub(crate) fn key(
        &mut self,
        key: &KeyEvent,
        more: bool,
        alone: bool,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let browsing = self.browsing();
        let pressed = self.keymap.press(key, browsing, moment.now);
        if pressed == Pressed::Nothing {
            return;
        }
        self.last_key = moment.now;
        self.focus.key(moment.now);
        self.notice.key(moment.now);
        let action = match pressed {
            Pressed::Action(action) => action,
            Pressed::Unknown(keys) => {
                return self.notice.say(format!("{keys} does nothing: /help"), moment.now);
            }
            Pressed::Begun | Pressed::Nothing => return,
        };
        self.act(action, more, alone, moment, effects);
    }

    /// Does what a key or a command asks for.
    pub(crate) fn act(
        &mut self,
        action: Action,
        more: bool,
        alone: bool,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        // Whatever is asked just now.
        if action == Action::Panic {
            return effects.push(Effect::Panic);
        }
        let Some(asked) = self.offer(action, alone, moment, effects) else {
            return;
        };
        let width = self.input_width();
        let leaving = self.leaving();
        let draft = &mut self.rooms.current_mut().draft;
        match action {
            Action::Insert(c) => self.insert(c.encode_utf8(&mut [0; 4]), moment),
            Action::NewLine => self.insert("\n", moment),
            Action::Send if more || self.holding => {
                self.holding = true;
                self.insert("\n", moment);
                self.notice.say(
                    "input that comes this fast looks like a paste: Enter alone sends it",
                    moment.now,
                );
            }
            Action::Send if draft.enter() == Enter::GoesOn => {}
            Action::Send => self.enter(moment, effects),
            Action::Interrupt if !draft.is_empty() => {
                draft.kill_all();
                self.holding = false;
                self.notice.say("cleared; Ctrl+Y brings it back", moment.now);
            }
            Action::EndOfInput if !draft.is_empty() => draft.delete(),
            Action::Interrupt | Action::EndOfInput if leaving => effects.extend(self.leave_now()),
            Action::Interrupt | Action::EndOfInput if asked => self.leave_all(effects),
            Action::Interrupt | Action::EndOfInput => self.ask(),
            Action::Compose => effects.push(Effect::Compose),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::Dismiss => self.dismiss(),
            Action::Bare => self.bare = !self.bare,
            Action::Left => draft.left(),
            Action::Right => draft.right(),
            Action::WordLeft => draft.word_left(),
            Action::WordRight => draft.word_right(),
            Action::Home => draft.home(),
            Action::End if draft.is_empty() => self.rooms.current_mut().list.go_to_newest(),
            Action::End => draft.end(),
            Action::Backspace => draft.backspace(),
            Action::Delete => draft.delete(),
            Action::KillToEnd => draft.kill_to_end(),
            Action::KillToStart => draft.kill_to_start(),
            Action::KillWord => draft.kill_word(),
            Action::KillNextWord => draft.kill_next_word(),
            Action::Yank => self.yank(moment),
            Action::YankEarlier => draft.yank_earlier(),
            Action::Undo if draft.undo() => {}
            Action::Undo => self.notice.say("nothing to undo", moment.now),
            Action::OlderSent => self.recall(true, moment),
            Action::NewerSent => self.recall(false, moment),
            Action::SearchSent => Recall::begin(self.rooms.current_mut(), &mut self.notice),
            Action::Transpose => draft.transpose(),
            Action::Up | Action::Down => {
                let down = action == Action::Down;
                if !draft.vertical(down, width) {
                    self.scroll(if down { 1 } else { -1 });
                }
            }
            Action::PageUp => self.scroll(-self.page()),
            Action::PageDown => self.scroll(self.page()),
            Action::Top => self.scroll(isize::MIN),
            Action::Complete => self.complete(moment),
            Action::Room(number) => {
                if !self.rooms.show(usize::from(number).saturating_sub(1)) {
                    self.notice.say(format!("there is no room {number}"), moment.now);
                }
            }
            Action::NextRoom => self.rooms.step(true),
            Action::PreviousRoom => self.rooms.step(false),
            Action::LastRoom => {
                if !self.rooms.back() {
                    self.notice
                        .say("no other room was on the screen before", moment.now);
                }
            }
            Action::NextUnread => self.rooms.next_unread(),
            Action::Help => {
                self.run(Command::Help { keys: false }, moment, effects);
            }
            Action::EditLast => self.edit_last(moment),
            Action::Lock => self.lock(moment),
            Action::Select => {
                if !self.browse() {
                    self.notice.say("nothing was said yet", moment.now);
                }
            }
            Action::Browse(does) => self.browse_for(does, moment, effects),
            Action::Panic => {}
            Action::Bottom => self.rooms.current_mut().list.go_to_newest(),
        }
        self.type_notice(moment, effects);
    }

    /// Brings back the line that was sent before the one in the input, or after it.
    fn recall(&mut self, older: bool, moment: Moment) {
        let room = self.rooms.current_mut();
        if older {
            match room.history.older(room.draft.text()) {
                Some(line) => room.draft.set(line),
                None => self.notice.say("nothing older was sent", moment.now),
            }
        } else if let Some(line) = room.history.newer() {
            room.draft.set(&line);
        }
    }

    /// Takes back what was asked or begun; where that is nothing and the input is empty, begins to browse.
    fn dismiss(&mut self) {
        self.notice.clear();
        let given_up = self.rooms.current_mut().give_up();
        if !given_up && self.rooms.current().draft.is_empty() {
            self.browse();
        }
    }

    pub(crate) fn scroll(&mut self, rows: isize) {
        let (measure, height) = (self.measure(), self.list_height());
        self.rooms.current_mut().list.scroll(rows, measure, height);
    }

    pub(crate) fn page(&self) -> isize {
        help::page(self.list_height())
    }

    pub(crate) fn type_notice(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        if !self.settings.told.typing {
            return;
        }
        let room = self.rooms.current_id();
        let command = self.rooms.current_mut().typing(moment.now);
        effects.extend(command.map(|command| Effect::Do { room, command }));
    }

    /// Types into the draft, as far as there is room for it.
    pub(crate) fn insert(&mut self, text: &str, moment: Moment) {
        if self.rooms.current_mut().draft.text().len() + text.len() > MAX_DRAFT {
            self.notice.full(text.len(), moment.now);
        } else {
            self.rooms.current_mut().draft.insert(text);
        }
    }

    pub(crate) fn yank(&mut self, moment: Moment) {
        let killed = self.rooms.current_mut().draft.killed().len();
        if self.rooms.current_mut().draft.text().len() + killed > MAX_DRAFT {
            self.notice.full(killed, moment.now);
        } else {
            self.rooms.current_mut().draft.yank();
        }
    }

    /// What is about to be pasted had more in it than a paste has: only an Enter that comes alone sends.
    pub(crate) fn hold(&mut self, holds: bool) {
        self.holding |= holds;
    }

    pub(crate) fn paste(&mut self, text: &str, moment: Moment, effects: &mut Vec<Effect>) {
        self.focus.key(moment.now);
        let lock = self.locked.as_mut().map(|lock| lock as &mut dyn Layer);
        let join = self.joining.as_mut().map(|join| join as &mut dyn Layer);
        let mut layers = lock.into_iter().chain(join);
        if layers.any(|layer| layer.paste(text, &mut self.notice, moment.now)) {
            return;
        }
        self.asked = false;
        self.page = None;
        self.rooms.current_mut().stop_browsing(false);
        let text = crate::screen::text::visible::clean(text);
        let over = (self.rooms.current_mut().draft.text().len() + text.len()).saturating_sub(MAX_TEXT);
        if over > 0 {
            let over = crate::screen::state::notice::grouped(over);
            self.notice.say(
                format!("nothing was pasted: it is {over} bytes over what one message holds (60,000)"),
                moment.now,
            );
            return;
        }
        self.rooms.current_mut().draft.insert(&text);
        match text.lines().count() {
            0 | 1 if !text.contains('\n') => self.notice.clear(),
            lines => self
                .notice
                .say(format!("{lines} lines pasted, Enter sends"), moment.now),
        }
        self.type_notice(moment, effects);
    }
}
