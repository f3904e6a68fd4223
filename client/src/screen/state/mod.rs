//! What comes in changes the state; what is to be done goes out. No I/O and no clock here.

mod alert;
pub(crate) mod commands;
pub(crate) mod focus;
pub(crate) mod input;
pub(crate) mod layout;
mod leaving;
pub(crate) mod notice;
pub(crate) mod rooms;
mod sending;

use std::time::Duration;

use crossterm::event::KeyEvent;
use zeroize::Zeroizing;

use self::focus::Focus;
use self::input::mouse::Mouse;
use self::notice::Notice;
use self::rooms::Rooms;
use super::conversation::Conversation;
use super::effect::RoomId;
use super::keymap::Keymap;
use super::layer::help::Page;
use super::layer::join::Joining;
use super::layer::lock::{Lock, Told};
use super::settings::Settings;
use super::talk::clock::Clock;
use super::talk::entry::{Content, Measure};
use super::text::visible::columns;
use crate::room::{Command, Update};
use crate::screen::effect::{Effect, Moment};
use crate::secret::source::Fetched;
use crate::secret::strength::Strength;

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// A key.
    Key {
        /// Which.
        key: KeyEvent,
        /// More input waits behind it: somebody pastes, whatever it looks like.
        more: bool,
        /// It came alone, with nothing before or behind it.
        alone: bool,
    },
    /// A bracketed paste.
    Paste(String),
    /// Something was done with the mouse.
    Mouse(Mouse),
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The terminal has, or has not, the focus.
    Focus(bool),
    /// Something has happened in a room.
    Room {
        /// In which one.
        room: RoomId,
        /// What.
        update: Update,
    },
    /// What became of [`Effect::Copy`], [`Effect::OpenLink`] or [`Effect::Save`], in words.
    Told(String),
    /// What came of [`Effect::Compose`]: another draft, nothing new, or why not.
    Composed(Result<Option<Zeroizing<String>>, String>),
    /// The answer to [`Effect::Open`].
    Opened {
        /// Which room.
        room: RoomId,
        /// The room as the screen begins with it, or why there is none.
        opened: Result<Box<Conversation>, String>,
    },
    /// What the command of [`Effect::Fetch`] printed.
    Fetched(Result<Fetched, String>),
    /// The answer to [`Effect::Rate`].
    Rated(Strength),
    /// Time has passed.
    Tick,
}

/// Everything that the screen knows.
#[derive(Debug)]
pub struct State {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// The rooms, and which of them is on the screen.
    pub rooms: Rooms,
    /// The room that is being joined.
    pub(crate) joining: Option<Joining>,
    /// What is read in the place of the talk.
    pub(crate) page: Option<Page>,
    pub(crate) locked: Option<Lock>,
    /// Whether the user knows what unlocks it.
    pub(crate) told: Told,
    /// When the last key came.
    pub(crate) last_key: Duration,
    /// What the keys do.
    pub(crate) keymap: Keymap,
    /// What the user has set: [`State::set`].
    pub settings: Settings,
    /// What the line above the input says.
    pub(crate) notice: Notice,
    /// Only the texts are shown, for the terminal's own selection.
    pub(crate) bare: bool,
    pub(crate) focus: Focus,
    /// When the user was told of a message last.
    pub(crate) alerted: Option<Duration>,
    /// The user was asked whether to leave; the next key answers.
    pub(crate) asked: bool,
    /// Input comes without brackets around a paste: Enter only sends when it comes alone.
    pub(crate) holding: bool,
}

impl State {
    /// The screen of a room that is about to be opened.
    pub fn new(room: Conversation, width: u16, height: u16) -> Self {
        Self {
            width,
            height,
            rooms: Rooms::new(room),
            joining: None,
            page: None,
            locked: None,
            told: Told::default(),
            last_key: Duration::ZERO,
            keymap: Keymap::default(),
            settings: Settings::default(),
            notice: Notice::default(),
            bare: false,
            focus: Focus::Unknown(None),
            alerted: None,
            asked: false,
            holding: false,
        }
    }

    /// Takes over what the user has set; what is wrong with the keys is told.
    pub(crate) fn set(&mut self, settings: Settings, clock: Clock) {
        let (keymap, complaints) = Keymap::new(&settings.keys);
        self.keymap = keymap;
        self.settings = settings;
        for complaint in complaints {
            self.rooms
                .current_mut()
                .list
                .push(clock, Content::Answer(format!("[keys] {complaint}")));
        }
        self.tell_what_unlocks(clock);
    }

    /// Takes an input in.
    pub fn update(&mut self, input: Input, moment: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.catch_up(moment);
        // In the middle of a paste nobody looks: what costs a look at the whole draft waits for its end.
        let more = matches!(input, Input::Key { more: true, .. });
        match input {
            Input::Key { key, more, alone } => self.key(&key, more, alone, moment, &mut effects),
            Input::Paste(text) => self.paste(&text, moment, &mut effects),
            Input::Mouse(mouse) => self.mouse(mouse, moment, &mut effects),
            Input::Resize { width, height } => {
                (self.width, self.height) = (width, height);
                self.show_selected();
            }
            Input::Focus(on) => self.focus = if on { Focus::On } else { Focus::Off },
            Input::Room { room, update } => match update {
                Update::Said(answer) => self.said(room, answer, moment, &mut effects),
                Update::Done { command, answer } => self.done(room, command, answer, moment),
                update => {
                    if let Update::Keeps(_) = update {
                        self.keep_as_set(room, &mut effects);
                    }
                    self.happened(room, update, moment, &mut effects);
                }
            },
            Input::Told(what) => self.notice.say(what, moment.now),
            Input::Composed(outcome) => self.composed(outcome, moment),
            Input::Opened { room, opened } => self.opened(room, opened, moment),
            Input::Fetched(fetched) => match &mut self.joining {
                Some(joining) if joining.fetches() => {
                    effects.extend(joining.fetched(fetched, &mut self.notice, moment.now));
                }
                _ => self.unlock(fetched.map(|fetched| fetched.passphrase), moment),
            },
            Input::Rated(strength) => {
                let joining = self.joining.as_mut();
                effects.extend(
                    joining.and_then(|joining| joining.rated(strength, &mut self.notice, moment.now)),
                );
            }
            Input::Tick => self.rooms.tick(moment),
        }
        self.notice.expire(moment.now);
        if !more {
            self.see(moment, &mut effects);
        }
        effects
    }

    /// Does what is due, before anything that comes in: after a sleep that may be long ago.
    pub(crate) fn catch_up(&mut self, moment: Moment) {
        self.lock_if_idle(moment);
        if let Some(says) = self.rooms.fade(moment.now) {
            self.notice.say(says, moment.now);
        }
    }

    /// When [`Input::Tick`] is wanted, if at all.
    pub(crate) fn next_tick(&self, now: Duration) -> Option<Duration> {
        self.rooms
            .current()
            .next_change(now)
            .into_iter()
            .chain(self.notice.until())
            .chain(self.locked.as_ref().and_then(|lock| lock.next_change(now)))
            .chain(self.rooms.next_fade())
            .chain(self.locks_at().filter(|at| *at > now))
            .min()
    }

    fn happened(&mut self, id: RoomId, update: Update, moment: Moment, effects: &mut Vec<Effect>) {
        let why = match &update {
            Update::Failed(trouble) => Some(format!("the room was not joined: {trouble}")),
            Update::Left { undelivered: 0, .. } => Some("the room was left".to_owned()),
            Update::Left { undelivered, .. } => {
                Some(format!("the room was left; not delivered: {undelivered}"))
            }
            _ => None,
        };
        let shown = self.rooms.current_id() == id;
        self.alert(id, &update, moment, effects);
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        match why {
            // The end of the last one is the end of the chat.
            Some(why) => {
                if self.rooms.remove(id).is_some() {
                    self.notice.say(why, moment.now);
                }
            }
            None => {
                let command = room.apply(update, moment.now, moment.clock);
                effects.extend(command.map(|command| Effect::Do { room: id, command }));
                if !shown {
                    room.list.unseen();
                }
            }
        }
    }

    /// Marks what is before the reader's eyes, and tells its authors.
    pub(crate) fn see(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        let looks = self.locked.is_none() && self.page.is_none() && !self.rooms.current().away;
        if !looks || !self.focus.reads(moment.now) {
            return self.rooms.current_mut().list.unseen();
        }
        let (measure, height) = (self.measure(), self.list_height());
        let id = self.rooms.current_id();
        let room = self.rooms.current_mut();
        (room.unread, room.stirred) = (0, false);
        let (seen, left) = room.list.see(measure, height, moment.now);
        let take = |handle| Effect::Do {
            room: id,
            command: Command::Take(handle),
        };
        effects.extend(left.into_iter().map(take));
        if self.settings.told.receipts {
            let read = |receipt| Effect::Do {
                room: id,
                command: Command::Read(receipt),
            };
            effects.extend(seen.into_iter().map(read));
        }
    }

    /// What the rows of the list depend on.
    pub(crate) fn measure(&self) -> Measure {
        let names = self
            .rooms
            .current()
            .people
            .iter()
            .map(|person| person.name.as_str());
        let name = names
            .chain([self.rooms.current().me.as_str()])
            .map(columns)
            .max()
            .unwrap_or(0);
        Measure {
            width: usize::from(self.width),
            name,
            time: self.settings.time_format,
            bare: self.bare,
        }
    }
}

#[cfg(test)]
mod tests;
