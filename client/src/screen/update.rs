//! What comes in changes the state; what is to be done goes out. No I/O and no clock here.

use std::time::Duration;

use crossterm::event::KeyEvent;
use sotto_protocol::message::MessageId;

use super::conversation::Conversation;
use super::entry::{Clock, Measure};
use super::focus::Focus;
use super::notice::Notice;
use super::settings::Settings;
use super::visible::columns;
use crate::room::{Command, CommandError, Update};

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since any fixed moment; never goes back.
    pub now: Duration,
    /// What the clock on the wall shows.
    pub clock: Clock,
}

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
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The terminal has, or has not, the focus.
    Focus(bool),
    /// Something has happened in the room.
    Room(Update),
    /// The room's answer to [`Effect::Say`].
    Said(Result<MessageId, CommandError>),
    /// The room's answer to [`Effect::Do`].
    Done(Command, Result<(), CommandError>),
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say this; answered by [`Input::Said`], one at a time.
    Say(String),
    /// Do this in the room; answered by [`Input::Done`].
    Do(Command),
    /// Give the terminal back to the shell until it calls again.
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// Everything that the screen knows.
#[derive(Debug)]
pub struct State {
    /// The terminal's columns.
    pub width: u16,
    /// The terminal's rows.
    pub height: u16,
    /// The room on the screen.
    pub room: Conversation,
    /// What the user has set.
    pub settings: Settings,
    /// What the line above the input says.
    pub notice: Notice,
    /// We are on our way out.
    pub leaving: bool,
    /// We are, and wait for nothing.
    pub leaving_now: bool,
    /// To leave when all that was typed is with the room, and how long to wait then.
    pub(super) then_leave: Option<Duration>,
    /// What the others hear when we leave, as the host.
    pub(super) farewell: Option<String>,
    /// Only the texts are shown, for the terminal's own selection.
    pub(super) bare: bool,
    pub(super) focus: Focus,
    /// The user was asked whether to leave; the next key answers.
    pub(super) asked: bool,
    /// The line that was held back once for its leading space.
    pub(super) slip: Option<String>,
    /// Input comes without brackets around a paste: Enter only sends when it comes alone.
    pub(super) holding: bool,
}

impl State {
    /// The screen of a room that is about to be opened. `farewell`: what the others hear when the host leaves.
    pub fn new(room: Conversation, width: u16, height: u16, farewell: Option<String>) -> Self {
        Self {
            width,
            height,
            room,
            settings: Settings::default(),
            notice: Notice::default(),
            leaving: false,
            leaving_now: false,
            then_leave: None,
            farewell,
            bare: false,
            focus: Focus::Unknown(None),
            asked: false,
            slip: None,
            holding: false,
        }
    }

    /// Takes an input in.
    pub fn update(&mut self, input: Input, moment: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        // In the middle of a paste nobody looks: what costs a look at the whole draft waits for its end.
        let more = matches!(input, Input::Key { more: true, .. });
        match input {
            Input::Key { key, more, alone } => self.key(&key, more, alone, moment, &mut effects),
            Input::Paste(text) => self.paste(&text, moment, &mut effects),
            Input::Resize { width, height } => (self.width, self.height) = (width, height),
            Input::Focus(on) => self.focus = if on { Focus::On } else { Focus::Off },
            Input::Room(update) => {
                effects.extend(
                    self.room
                        .happened(update, moment.now, moment.clock)
                        .map(Effect::Do),
                );
            }
            Input::Said(answer) => self.said(answer, moment, &mut effects),
            Input::Done(command, answer) => self.done(command, answer, moment),
            Input::Tick => {}
        }
        self.notice.expire(moment.now);
        if !more {
            self.see(moment, &mut effects);
        }
        effects
    }

    /// When [`Input::Tick`] is wanted, if at all.
    pub fn next_tick(&self, now: Duration) -> Option<Duration> {
        self.room
            .next_change(now)
            .into_iter()
            .chain(self.notice.until())
            .min()
    }

    /// Marks what is before the reader's eyes, and tells its authors.
    fn see(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        if !self.focus.reads(moment.now) {
            return self.room.list.unseen();
        }
        let (measure, height) = (self.measure(), self.list_height());
        let read = self.room.list.see(measure, height);
        effects.extend(read.into_iter().map(|receipt| Effect::Do(Command::Read(receipt))));
    }

    /// What the rows of the list depend on.
    pub fn measure(&self) -> Measure {
        let names = self.room.people.iter().map(|person| person.name.as_str());
        let name = names
            .chain([self.room.me.as_str()])
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
