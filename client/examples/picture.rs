//! Draws `screen.svg`, the picture of two chats in the README, from two real screens:
//! `cargo run -p sotto --example picture > client/screen.svg`

use std::fmt::Write;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};
use sotto::room::Update;
use sotto::screen::conversation::Conversation;
use sotto::screen::entry::Clock;
use sotto::screen::rooms::RoomId;
use sotto::screen::update::{Input, Moment, State};
use sotto::screen::view;
use sotto_protocol::Name;
use sotto_protocol::instance::{Event, Posted, Receipt};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::words::{RoomWords, SafetyWords};

/// The columns and rows of each of the two terminals.
const SIZE: (u16, u16) = (70, 14);
/// The size of a cell, of the font and of what is around a terminal, in pixels.
const CELL: (f32, f32) = (8.0, 17.0);
const FONT: f32 = 13.3;
const MARGIN: f32 = 12.0;
const GAP: f32 = 18.0;
const INK: &str = "#d8dee9";
const PAPER: &str = "#1b1f27";

const WORDS: SafetyWords = SafetyWords(["otter", "maple", "crisp", "dome", "unwed", "sixth"]);

/// A screen with the one before it.
struct Person {
    state: State,
    id: InstanceId,
    name: &'static str,
    minute: u8,
    /// The number of the last message of each direction.
    said: u64,
}

impl Person {
    fn new(name: &'static str, id: u8) -> Result<Self, Box<dyn std::error::Error>> {
        let relay = "relay.example:4000".to_owned();
        let room = Conversation::new(relay, RoomWords(["swan", "kettle"]), Name::new(name)?, Vec::new());
        let id = InstanceId([id; 16]);
        let state = State::new(room, SIZE.0, SIZE.1);
        Ok(Self {
            state,
            id,
            name,
            minute: 4,
            said: 0,
        })
    }

    fn input(&mut self, input: Input) {
        let clock = Clock {
            date: Clock::default().date,
            hour: 21,
            minute: self.minute,
        };
        self.state.update(
            input,
            Moment {
                now: Duration::from_secs(60),
                clock,
            },
        );
    }

    fn event(&mut self, name: &str, event: Event) {
        self.input(Input::Room {
            room: RoomId::FIRST,
            update: Update::Event {
                event,
                name: name.to_owned(),
            },
        });
    }

    fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
    }

    fn press(&mut self, code: KeyCode) {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        self.input(Input::Key {
            key,
            more: false,
            alone: true,
        });
    }

    fn meets(&mut self, other: &Self) -> Result<(), Box<dyn std::error::Error>> {
        self.input(Input::Room {
            room: RoomId::FIRST,
            update: Update::Joined,
        });
        self.input(Input::Focus(true));
        let name = Name::new(other.name)?;
        self.event(
            other.name,
            Event::PeerJoined {
                peer: other.id,
                name,
                words: WORDS,
                back: false,
            },
        );
        Ok(())
    }

    /// Says something to the other one, who has it, and has read it if `read`.
    fn says(&mut self, other: &mut Self, text: &str, read: bool) {
        self.said += 1;
        let id = MessageId([self.said as u8 + self.id.0[0] * 16; 16]);
        self.types(text);
        self.press(KeyCode::Enter);
        self.input(Input::Said {
            room: RoomId::FIRST,
            answer: Ok(Posted {
                id,
                to: 1,
                fades: None,
            }),
        });
        let receipt = Receipt {
            peer: self.id,
            number: self.said,
        };
        let text = text.to_owned();
        let message = Event::Message {
            receipt,
            id,
            text,
            reply_to: None,
            fades: None,
            age: None,
            repeat: false,
        };
        other.event(self.name, message);
        self.event(other.name, Event::Sent { id });
        self.event(other.name, Event::Delivered { id, to: other.id });
        if read {
            self.event(other.name, Event::Read { id, by: other.id });
        }
    }

    fn waits(&mut self, other: &mut Self, minutes: u8) {
        self.minute += minutes;
        other.minute += minutes;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut anna, mut ben) = (Person::new("anna", 1)?, Person::new("ben", 2)?);
    anna.meets(&ben)?;
    ben.meets(&anna)?;
    anna.says(&mut ben, "made it home, the last train was empty", true);
    ben.says(&mut anna, "good! read me the words on top, by phone", true);
    anna.says(&mut ben, "otter maple crisp dome unwed sixth", true);
    ben.says(&mut anna, "the same here: nobody sits in between 🎉", true);
    anna.waits(&mut ben, 1);
    anna.says(
        &mut ben,
        "then here is where the spare key is, for when you water the plants: under the blue pot",
        true,
    );
    ben.says(&mut anna, "/me writes nothing down", false);
    anna.event(
        "ben",
        Event::Typing {
            peer: ben.id,
            on: true,
        },
    );
    ben.types("and the cat");
    print!("{}", svg(&[draw(&anna), draw(&ben)])?);
    Ok(())
}

fn draw(person: &Person) -> (Buffer, Position) {
    view::draw(&person.state, Duration::from_secs(60))
}

/// Terminals side by side.
fn svg(terminals: &[(Buffer, Position)]) -> Result<String, std::fmt::Error> {
    let wide = f32::from(SIZE.0) * CELL.0 + 2.0 * MARGIN;
    let high = f32::from(SIZE.1) * CELL.1 + 2.0 * MARGIN;
    let count = terminals.len() as f32;
    let width = count * wide + (count - 1.0) * GAP;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {high}\" width=\"{width}\" height=\"{high}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{FONT}\">\n"
    );
    for (number, (buffer, caret)) in terminals.iter().enumerate() {
        let left = number as f32 * (wide + GAP);
        writeln!(svg, "<g transform=\"translate({left} 0)\">")?;
        writeln!(
            svg,
            "<rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{PAPER}\"/>"
        )?;
        let (x, y) = place(caret.x, caret.y);
        let top = y - CELL.1 * 0.75;
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"{INK}\"/>",
            CELL.0, CELL.1
        )?;
        for row in 0..buffer.area.height {
            write_row(&mut svg, buffer, row)?;
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Cells of one style in a row become one text, pinned to their columns.
fn write_row(svg: &mut String, buffer: &Buffer, row: u16) -> std::fmt::Result {
    let mut column = 0;
    while column < buffer.area.width {
        let cell = &buffer[(column, row)];
        let (begin, mut text) = (column, String::new());
        while column < buffer.area.width
            && let next = &buffer[(column, row)]
            && (next.fg, next.modifier) == (cell.fg, cell.modifier)
        {
            text.push_str(next.symbol());
            column += next.symbol().cell_width().max(1);
        }
        if text.trim().is_empty() {
            continue;
        }
        let (x, y) = place(begin, row);
        let length = f32::from(column - begin) * CELL.0;
        let colour = colour(cell.fg);
        let weight = if cell.modifier.contains(Modifier::BOLD) {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let opacity = if cell.modifier.contains(Modifier::DIM) {
            " opacity=\"0.6\""
        } else {
            ""
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" xml:space=\"preserve\" fill=\"{colour}\"{weight}{opacity}>{text}</text>"
        )?;
    }
    Ok(())
}

/// Where the foot of a cell's text is.
fn place(column: u16, row: u16) -> (f32, f32) {
    (
        MARGIN + f32::from(column) * CELL.0,
        MARGIN + (f32::from(row) + 0.75) * CELL.1,
    )
}

fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Green => "#a3be8c",
        Color::Cyan => "#88c0d0",
        Color::Yellow => "#ebcb8b",
        Color::Red => "#bf616a",
        _ => INK,
    }
}
