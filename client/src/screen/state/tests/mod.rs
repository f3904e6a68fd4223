//! The screen without a terminal: inputs in, effects and pictures out.

mod browse;
mod fade;
mod lines;
mod lock;
mod look;
mod mouse;
mod page;
mod properties;
mod rooms;
mod update;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Position;
use sotto_protocol::fading::FadeTime;
use sotto_protocol::instance::{Event, Posted, Receipt, Target};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::words::{RoomWords, SafetyWords};
use sotto_protocol::{Name, Passphrase};

use super::{Input, State};
use crate::room::{Command, CommandError, Update};
use crate::screen::conversation::Conversation;
use crate::screen::effect::{Effect, Moment, RoomId};
use crate::screen::talk::clock::Clock;
use crate::screen::talk::entry::Copyable;
use crate::screen::view::draw;
use crate::secret::rater::Rater;
use crate::secret::source::Fetched;

const FIRST: RoomId = RoomId::FIRST;
const ANNA: InstanceId = InstanceId([1; 16]);
const CARL: InstanceId = InstanceId([3; 16]);

/// Five past twelve.
const NOON: Clock = Clock {
    date: time::macros::date!(2026 - 11 - 24),
    hour: 12,
    minute: 5,
};

/// A screen, and what came out of it so far.
struct Script {
    state: State,
    now: Duration,
    clock: Clock,
    effects: Vec<Effect>,
    /// The number of the next message of each peer, and of ours.
    number: u64,
}

impl Script {
    fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, Vec::new())
    }

    /// Another room beside the first, on the screen, with carl.
    fn opens_another(&mut self) -> RoomId {
        let room = another();
        let id = self.state.rooms.new_id();
        self.state.rooms.add(id, room);
        self.in_room(id, Update::Joined);
        let words = SafetyWords(["gavel", "habit", "icing", "jelly", "kayak", "ladle"]);
        let event = Event::PeerJoined {
            peer: CARL,
            name: Name::new("carl").unwrap(),
            words,
            back: false,
            compared: false,
        };
        let name = "carl".to_owned();
        self.in_room(id, Update::Event { event, name });
        id
    }

    fn in_room(&mut self, room: RoomId, update: Update) -> &mut Self {
        self.input(Input::Room { room, update })
    }

    fn with(width: u16, height: u16, invitation: Vec<Copyable>) -> Self {
        let room = Conversation::new(
            "relay.example:4000".to_owned(),
            RoomWords(["otter", "maple"]),
            Name::new("ben").unwrap(),
            invitation,
        );
        let state = State::new(room, width, height);
        Self {
            state,
            now: Duration::from_secs(1000),
            clock: NOON,
            effects: Vec::new(),
            number: 0,
        }
    }

    /// Joined, with anna.
    fn with_anna(width: u16, height: u16) -> Self {
        let mut script = Self::new(width, height);
        script.room(Update::Joined);
        script.joins(ANNA, "anna");
        script
    }

    fn input(&mut self, input: Input) -> &mut Self {
        let moment = Moment {
            now: self.now,
            clock: self.clock,
        };
        for effect in self.state.update(input, moment) {
            if effect == Effect::Rate {
                let strength = Rater::default().rate(self.state.unrated().unwrap());
                self.input(Input::Rated(strength));
            } else {
                self.effects.push(effect);
            }
        }
        self
    }

    fn room(&mut self, update: Update) -> &mut Self {
        self.input(Input::Room { room: FIRST, update })
    }

    fn event(&mut self, name: &str, event: Event) -> &mut Self {
        self.room(Update::Event {
            event,
            name: name.to_owned(),
        })
    }

    fn joins(&mut self, peer: InstanceId, name: &str) -> &mut Self {
        self.joins_as(peer, name, name)
    }

    /// Joins with a name of its own, and is called otherwise by the room.
    fn joins_as(&mut self, peer: InstanceId, own: &str, name: &str) -> &mut Self {
        let words = match peer {
            ANNA => SafetyWords(["acorn", "badge", "cabin", "daisy", "eagle", "fable"]),
            _ => SafetyWords(["gavel", "habit", "icing", "jelly", "kayak", "ladle"]),
        };
        let event = Event::PeerJoined {
            peer,
            name: Name::new(own).unwrap(),
            words,
            back: false,
            compared: false,
        };
        self.event(name, event)
    }

    fn says(&mut self, peer: InstanceId, name: &str, text: &str) -> &mut Self {
        self.answers(peer, name, text, None)
    }

    fn answers(&mut self, peer: InstanceId, name: &str, text: &str, reply_to: Option<Target>) -> &mut Self {
        self.message(peer, name, text, reply_to, None)
    }

    /// Says something that fades after so many seconds.
    fn fading_for(&mut self, peer: InstanceId, name: &str, text: &str, seconds: u32) -> &mut Self {
        let fades = FadeTime::from_secs(seconds).unwrap();
        self.message(peer, name, text, None, Some(fades))
    }

    fn message(
        &mut self,
        peer: InstanceId,
        name: &str,
        text: &str,
        reply_to: Option<Target>,
        fades: Option<FadeTime>,
    ) -> &mut Self {
        self.number += 1;
        let event = Event::Message {
            receipt: Receipt {
                peer,
                number: self.number,
            },
            id: MessageId([self.number as u8; 16]),
            text: text.to_owned(),
            reply_to,
            fades,
            age: None,
            repeat: false,
        };
        self.event(name, event)
    }

    /// The command that prints a passphrase has printed this one.
    fn fetched(&mut self, passphrase: &str) -> &mut Self {
        self.input(Input::Fetched(Ok(Fetched {
            passphrase: Passphrase::new(passphrase).unwrap(),
            warning: None,
        })))
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> &mut Self {
        self.input(Input::Key {
            key: KeyEvent::new(code, modifiers),
            more: false,
            alone: true,
        })
    }

    fn press(&mut self, code: KeyCode) -> &mut Self {
        self.key(code, KeyModifiers::NONE)
    }

    fn control(&mut self, c: char) -> &mut Self {
        self.key(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
        self
    }

    /// Input without brackets, as fast as a paste comes.
    fn bursts(&mut self, text: &str) -> &mut Self {
        let count = text.chars().count();
        for (at, c) in text.chars().enumerate() {
            let code = if c == '\r' {
                KeyCode::Enter
            } else {
                KeyCode::Char(c)
            };
            let key = KeyEvent::new(code, KeyModifiers::NONE);
            self.input(Input::Key {
                key,
                more: at + 1 < count,
                alone: count == 1,
            });
        }
        self
    }

    /// The room takes what waits to be said.
    fn taken(&mut self) -> MessageId {
        self.number += 1;
        let id = MessageId([self.number as u8; 16]);
        self.input(Input::Room {
            room: FIRST,
            update: Update::Said(Ok(Posted {
                id,
                to: self.state.rooms.current().people.len().max(1),
                fades: None,
            })),
        });
        id
    }

    fn refused(&mut self, error: CommandError) -> &mut Self {
        self.input(Input::Room {
            room: FIRST,
            update: Update::Said(Err(error)),
        })
    }

    /// Types a line and lets the room take it.
    fn says_self(&mut self, text: &str) -> MessageId {
        self.types(text).press(KeyCode::Enter);
        self.taken()
    }

    fn said(&self) -> Vec<&str> {
        let mut said = Vec::new();
        for effect in &self.effects {
            if let Effect::Say { text, .. } = effect {
                said.push(text.as_str());
            }
        }
        said
    }

    fn commands(&self) -> Vec<&Command> {
        let mut commands = Vec::new();
        for effect in &self.effects {
            if let Effect::Do { command, .. } = effect {
                commands.push(command);
            }
        }
        commands
    }

    fn reads(&self) -> Vec<u64> {
        let read = |command: &&Command| match command {
            Command::Read(receipt) => Some(receipt.number),
            _ => None,
        };
        self.commands().iter().filter_map(read).collect()
    }

    fn draft(&self) -> &str {
        self.state.rooms.current().draft.text()
    }

    fn notice(&self) -> &str {
        self.state.notice.text()
    }

    /// The picture as text, with a frame, and the caret as `█` where it covers a blank.
    fn picture(&self) -> String {
        let (mut buffer, caret) = draw(&self.state, self.now);
        if let Some(cell) = buffer.cell_mut(caret)
            && cell.symbol() == " "
        {
            cell.set_symbol("█");
        }
        framed(&buffer)
    }

    fn rows(&self) -> Vec<String> {
        let (buffer, _) = draw(&self.state, self.now);
        rows(&buffer)
    }

    /// The rows, with every gap as one space.
    fn squeezed(&self) -> String {
        let rows = self.rows();
        let squeezed = rows
            .iter()
            .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
        squeezed.collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn shows(&self, what: &str) {
        assert!(
            self.squeezed().replace('\n', " ").contains(what),
            "{what}:\n{}",
            self.picture()
        );
    }

    #[track_caller]
    fn shows_no(&self, what: &str) {
        assert!(
            !self.squeezed().replace('\n', " ").contains(what),
            "{what}:\n{}",
            self.picture()
        );
    }

    fn caret(&self) -> Position {
        draw(&self.state, self.now).1
    }
}

/// Another room than the one that a screen begins with.
fn another() -> Conversation {
    let (relay, name) = ("other.example:4000".to_owned(), Name::new("ben").unwrap());
    Conversation::new(relay, RoomWords(["paper", "lemon"]), name, Vec::new())
}

fn rows(buffer: &Buffer) -> Vec<String> {
    let width = buffer.area.width;
    let row = |y| {
        let mut text = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        text.trim_end().to_owned()
    };
    (0..buffer.area.height).map(row).collect()
}

fn framed(buffer: &Buffer) -> String {
    let edge = "-".repeat(usize::from(buffer.area.width));
    format!("{edge}\n{}\n{edge}", rows(buffer).join("\n"))
}
