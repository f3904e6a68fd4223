//! Screens without a terminal: the same inputs that the shell gives.
#![allow(clippy::unwrap_used)] // What is played is fixed; a slip in it is to be loud.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use sotto::room::{Command, Update};
use sotto::screen::conversation::Conversation;
use sotto::screen::effect::{Moment, RoomId};
use sotto::screen::layer::form::{self, Form};
use sotto::screen::settings::Settings;
use sotto::screen::state::{Input, State};
use sotto::screen::talk::clock::Clock;
use sotto::screen::theme::Theme;
use sotto::screen::view;
use sotto::secret::rater::Rater;
use sotto_protocol::Name;
use sotto_protocol::instance::{Event, Posted, Receipt, Target};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::words::{RoomWords, SafetyWords};

/// Columns and rows.
pub type Size = (u16, u16);

/// How a screen comes to be what it shows.
#[derive(Clone, Copy)]
pub enum Scene {
    /// The connect screen.
    Connect(fn(&mut Front)),
    /// Ben's chat.
    Chat(fn(&mut Chat)),
}

impl Scene {
    /// Plays it on a terminal of some size.
    pub fn play(self, size: Size) -> Screen {
        match self {
            Self::Connect(play) => {
                let mut front = Front::new(size);
                play(&mut front);
                Screen::Connect(Box::new(front))
            }
            Self::Chat(play) => {
                let mut chat = Chat::new("ben", size);
                play(&mut chat);
                Screen::Chat(Box::new(chat))
            }
        }
    }
}

/// What a scene comes to.
pub enum Screen {
    Connect(Box<Front>),
    Chat(Box<Chat>),
}

impl Screen {
    /// The screen in a built-in theme, and where the caret is.
    pub fn draw(&mut self, theme: &str) -> (Buffer, Position) {
        let theme = Theme::built_in(theme).unwrap();
        match self {
            Self::Connect(front) => {
                front.form.theme = theme;
                form::view::draw(&front.form, front.now)
            }
            Self::Chat(chat) => {
                chat.state.settings.theme = theme;
                view::draw(&chat.state, chat.now)
            }
        }
    }
}

/// The connect screen.
pub struct Front {
    pub form: Form,
    pub now: Duration,
}

impl Front {
    fn new(size: Size) -> Self {
        Self {
            form: Form::new(size, "", "ben", &Settings::default()),
            now: Duration::from_secs(100),
        }
    }

    pub fn input(&mut self, input: form::Input) -> &mut Self {
        for effect in self.form.update(input, self.now) {
            if let form::Effect::Rate = effect {
                let strength = Rater::default().rate(self.form.passphrase.expose());
                self.input(form::Input::Rated(strength));
            }
        }
        self
    }

    pub fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> &mut Self {
        let key = KeyEvent::new(code, modifiers);
        self.input(form::Input::Key { key, alone: true })
    }

    pub fn enter(&mut self) -> &mut Self {
        self.key(KeyCode::Enter, KeyModifiers::NONE)
    }

    pub fn pastes(&mut self, text: &str) -> &mut Self {
        self.input(form::Input::Paste(text.to_owned()))
    }

    pub fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.key(KeyCode::Char(c), KeyModifiers::NONE);
        }
        self
    }
}

/// Another one in a room.
#[derive(Clone, Copy)]
pub struct Person {
    pub id: InstanceId,
    /// What the room calls it.
    pub name: &'static str,
    /// What it calls itself.
    pub own: &'static str,
    pub words: [&'static str; 6],
}

pub const ANNA: Person = Person {
    id: InstanceId([1; 16]),
    name: "anna",
    own: "anna",
    words: ["otter", "maple", "crisp", "dome", "unwed", "sixth"],
};
pub const CARL: Person = Person {
    id: InstanceId([3; 16]),
    name: "carl",
    own: "carl",
    words: ["gavel", "habit", "icing", "jelly", "kayak", "ladle"],
};
/// Anna, started anew.
pub const ANNA_ANEW: Person = Person {
    id: InstanceId([4; 16]),
    name: "anna~2",
    own: "anna",
    words: ["badge", "cabin", "daisy", "eagle", "fable", "gecko"],
};
/// Who we are, to the others.
pub const BEN: Person = Person {
    id: InstanceId([0; 16]),
    name: "ben",
    own: "ben",
    words: ANNA.words,
};

/// A chat, at some time of the evening.
pub struct Chat {
    pub state: State,
    pub now: Duration,
    pub clock: Clock,
    /// Where what happens does so.
    pub room: RoomId,
    /// The number of the last message of anybody.
    number: u8,
}

impl Chat {
    /// The chat of somebody who looks at it.
    fn new(me: &str, (width, height): Size) -> Self {
        let (relay, words) = ("relay.example:4000", RoomWords(["swan", "kettle"]));
        let state = State::new(conversation(relay, words, me), width, height);
        let clock = Clock {
            date: time::macros::date!(2026 - 11 - 24),
            hour: 21,
            minute: 4,
        };
        let mut chat = Self {
            state,
            now: Duration::from_secs(1000),
            clock,
            room: RoomId::FIRST,
            number: 0,
        };
        chat.input(Input::Focus(true));
        chat
    }

    /// Another room, on the screen from now on.
    pub fn opens(&mut self, relay: &str, words: [&'static str; 2]) -> &mut Self {
        self.room = self.state.rooms.new_id();
        let conversation = conversation(relay, RoomWords(words), "ben");
        self.state.rooms.add(self.room, conversation);
        self.update(Update::Joined)
    }

    pub fn input(&mut self, input: Input) -> &mut Self {
        let moment = Moment {
            now: self.now,
            clock: self.clock,
        };
        self.state.update(input, moment);
        self
    }

    pub fn update(&mut self, update: Update) -> &mut Self {
        let room = self.room;
        self.input(Input::Room { room, update })
    }

    pub fn event(&mut self, who: Person, event: Event) -> &mut Self {
        let name = who.name.to_owned();
        self.update(Update::Event { event, name })
    }

    /// Time passes, and the screen is told so.
    pub fn waits(&mut self, seconds: u64) -> &mut Self {
        self.now += Duration::from_secs(seconds);
        self.input(Input::Tick)
    }

    pub fn joins(&mut self, who: Person) -> &mut Self {
        let event = Event::PeerJoined {
            peer: who.id,
            name: Name::new(who.own).unwrap(),
            words: SafetyWords(who.words),
            back: false,
            compared: false,
        };
        self.event(who, event)
    }

    /// In the room, with anna.
    pub fn meets(&mut self, who: Person) -> &mut Self {
        self.update(Update::Joined).joins(who)
    }

    pub fn says(&mut self, who: Person, text: &str) -> Target {
        self.answers(who, text, None)
    }

    pub fn answers(&mut self, who: Person, text: &str, reply_to: Option<Target>) -> Target {
        self.number += 1;
        let id = MessageId([self.number; 16]);
        let event = Event::Message {
            receipt: self.receipt(who),
            id,
            text: text.to_owned(),
            reply_to,
            fades: None,
            age: None,
            repeat: false,
        };
        self.event(who, event);
        Target { author: who.id, id }
    }

    pub fn reacts(&mut self, who: Person, target: Target, reaction: &str) -> &mut Self {
        let event = Event::Reacted {
            receipt: self.receipt(who),
            target,
            reaction: reaction.to_owned(),
        };
        self.event(who, event)
    }

    fn receipt(&self, who: Person) -> Receipt {
        Receipt {
            peer: who.id,
            number: self.number.into(),
        }
    }

    /// Types a line and sends it; the relay does not have it yet.
    pub fn sends(&mut self, text: &str) -> Target {
        self.types(text).press(KeyCode::Enter);
        self.number += 1;
        let id = MessageId([self.number; 16]);
        self.posted(id);
        Target { author: BEN.id, id }
    }

    /// The room has taken what was sent.
    pub fn posted(&mut self, id: MessageId) -> &mut Self {
        let room = self.state.rooms.current();
        let (to, fades) = (room.people.len().max(1), room.fades());
        self.input(Input::Room {
            room: self.room,
            update: Update::Said(Ok(Posted { id, to, fades })),
        })
    }

    pub fn sent(&mut self, target: Target) -> &mut Self {
        self.event(BEN, Event::Sent { id: target.id })
    }

    pub fn delivered(&mut self, target: Target, to: Person) -> &mut Self {
        let id = target.id;
        self.event(to, Event::Delivered { id, to: to.id })
    }

    pub fn read(&mut self, target: Target, by: Person) -> &mut Self {
        let id = target.id;
        self.delivered(target, by)
            .event(by, Event::Read { id, by: by.id })
    }

    /// The room does what was asked of it.
    pub fn done(&mut self, command: Command) -> &mut Self {
        let room = self.room;
        let answer = Ok(());
        self.input(Input::Room {
            room,
            update: Update::Done { command, answer },
        })
    }

    pub fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> &mut Self {
        self.input(Input::Key {
            key: KeyEvent::new(code, modifiers),
            more: false,
            alone: true,
        })
    }

    pub fn press(&mut self, code: KeyCode) -> &mut Self {
        self.key(code, KeyModifiers::NONE)
    }

    pub fn control(&mut self, c: char) -> &mut Self {
        self.key(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    pub fn alt(&mut self, c: char) -> &mut Self {
        self.key(KeyCode::Char(c), KeyModifiers::ALT)
    }

    pub fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
        self
    }

    /// Types a command and gives it.
    pub fn commands(&mut self, line: &str) -> &mut Self {
        self.types(line).press(KeyCode::Enter)
    }
}

fn conversation(relay: &str, words: RoomWords, me: &str) -> Conversation {
    Conversation::new(relay.to_owned(), words, Name::new(me).unwrap(), Vec::new())
}
