//! The chat as lines: nothing is drawn twice, and a screen reader reads on. The terminal's own line editing is used.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::sleep;

use super::rooms::{FromRooms, OpenRooms, Order};
use super::{End, clock};
use crate::platform::{self, monotonic};
use crate::room::{Room, Update, Updates};
use crate::save::save;
use crate::screen::conversation::Conversation;
use crate::screen::entry::{Author, Content, Copyable};
use crate::screen::lines::Taken;
use crate::screen::rooms::RoomId;
use crate::screen::settings::Settings;
use crate::screen::update::{Effect, Input, Moment, State};
use crate::screen::visible::{visible, visible_line};

mod input;

use self::input::Typed;

/// What is said once, before anything else.
const KEPT: &str = "lines in, lines out: your terminal keeps what is said here. /help lists what can be done";
/// The rows that count as seen: all that was printed just now.
const ROWS: u16 = 200;
const COLUMNS: u16 = 1000;
/// How long leaving takes at most when the process is asked to end.
const HURRY: Duration = Duration::from_secs(2);

/// Whether the chat is to be lines: asked for, or the terminal can do nothing else.
pub fn is_wanted(asked: bool) -> bool {
    asked || std::env::var("TERM").is_ok_and(|term| term == "dumb")
}

/// Chats until the room is left.
///
/// # Errors
/// Those of the terminal.
pub async fn run(room: (Room, Updates), conversation: Conversation, settings: Settings) -> io::Result<End> {
    let mut signals = platform::asked_to_end()?;
    let mut state = State::new(conversation, COLUMNS, ROWS);
    state.settings = settings;
    state.rooms.current_mut().list.stands_alone();
    state.rooms.current_mut().keeps_lines = true;
    let mut rooms = OpenRooms::new();
    rooms.add(RoomId::FIRST, room);
    let mut plain = Plain {
        state,
        rooms,
        began: monotonic(),
        printed: 0,
        notice: String::new(),
        held: String::new(),
    };
    let mut typed = input::open()?;
    note(KEPT)?;
    plain.print()?;
    loop {
        tokio::select! {
            Some(typed) = typed.recv() => plain.typed(typed)?,
            from = plain.rooms.next() => match from {
                FromRooms::Answer(answer) => plain.input(answer)?,
                FromRooms::Update(_, None) => return Ok(End::Left { undelivered: plain.state.rooms.current().undelivered }),
                FromRooms::Update(_, Some(Update::Failed(trouble))) => return Ok(End::Failed(trouble)),
                FromRooms::Update(_, Some(Update::Left { undelivered })) => return Ok(End::Left { undelivered }),
                FromRooms::Update(room, Some(update)) => {
                    changed(&update)?;
                    plain.input(Input::Room { room, update })?;
                }
            },
            Some(()) = signals.recv() => {
                let leave = plain.state.leave_now();
                plain.carry_out(leave)?;
                tokio::spawn(async {
                    sleep(HURRY).await;
                    std::process::exit(crate::exit::Exit::Undelivered as i32);
                });
            }
        }
    }
}

struct Plain {
    state: State,
    rooms: OpenRooms,
    /// Where the clock of the state begins, by the one that goes on while the machine sleeps.
    began: Duration,
    /// The entries that were printed.
    printed: u64,
    /// The notice that was printed last.
    notice: String,
    /// Lines that were not sent yet: more came behind them.
    held: String,
}

impl Plain {
    fn moment(&self) -> Moment {
        Moment {
            now: monotonic().saturating_sub(self.began),
            clock: clock(),
        }
    }

    fn input(&mut self, input: Input) -> io::Result<()> {
        let effects = self.state.update(input, self.moment());
        self.carry_out(effects)
    }

    fn typed(&mut self, typed: Typed) -> io::Result<()> {
        match typed {
            Typed::Line(line) if self.held.is_empty() => self.line(&line),
            Typed::Line(line) if line == "/drop" => {
                self.held.clear();
                note("dropped")
            }
            Typed::Line(line) => {
                let held = std::mem::take(&mut self.held) + &line;
                self.line(held.trim_end_matches('\n'))
            }
            Typed::Lines(lines) => {
                self.held += &lines;
                let count = self.held.lines().count();
                note(&format!(
                    "{count} lines pasted: Enter alone sends them, /drop does not"
                ))
            }
            Typed::End => self.line("/quit"),
        }
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        match self.state.line(line, self.moment()) {
            Taken::Whole(effects) => self.carry_out(effects),
            Taken::GoesOn(held) => {
                self.held = held;
                Ok(())
            }
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        for effect in effects {
            match effect {
                Effect::Say { room, text, reply_to } => self.rooms.order(room, Order::Say { text, reply_to }),
                Effect::Do { room, command } => self.rooms.order(room, Order::Do(command)),
                Effect::Alert { bell: true, .. } => out("\x07")?,
                Effect::Alert { .. } => {}
                Effect::Save { file, talk } => {
                    let told = save(&file, &talk).unwrap_or_else(|why| why);
                    self.input(Input::Told(told))?;
                }
                Effect::Open(room) => {
                    let opened = Err("one room at a time without the screen".to_owned());
                    self.input(Input::Opened { room, opened })?;
                }
                _ => note("that needs the screen: start without --plain")?,
            }
        }
        self.print()
    }

    /// Prints what is new.
    fn print(&mut self) -> io::Result<()> {
        let list = &self.state.rooms.current().list;
        let new = usize::try_from(list.pushed() - self.printed).unwrap_or(usize::MAX);
        let entries: Vec<_> = list
            .entries()
            .rev()
            .take(new)
            .map(|entry| &entry.content)
            .collect();
        for content in entries.into_iter().rev() {
            match content {
                // It stands there as it was typed.
                Content::Said(said) if matches!(said.author, Author::Me(_)) => {}
                Content::Said(said) => out(&message(&said.name, &said.text))?,
                Content::Quiet(parts) => note(&parts.join(" · "))?,
                Content::Loud(text) => out(&format!("!! {}\n", visible_line(text)))?,
                Content::Answer(text) => out(&format!("{}\n", visible(text)))?,
                Content::Copyable(pieces) => {
                    for piece in pieces {
                        let (Copyable::Heading(line) | Copyable::Verbatim(line)) = piece;
                        out(&format!("{line}\n"))?;
                    }
                }
            }
        }
        self.printed = list.pushed();
        let notice = self.state.notice.text();
        if notice != self.notice && !notice.is_empty() {
            note(notice)?;
        }
        self.notice = notice.to_owned();
        Ok(())
    }
}

/// A message as lines. Those after the first are indented: none can pass for another one's.
fn message(name: &str, text: &str) -> String {
    let text = visible(text.trim_end_matches('\n')).replace('\n', "\n  ");
    match text.strip_prefix("/me ") {
        Some(deed) => format!("* {} {deed}\n", visible_line(name)),
        None => format!("{}: {text}\n", visible_line(name)),
    }
}

/// Says what has changed in a message that was printed.
fn changed(update: &Update) -> io::Result<()> {
    use sotto_protocol::instance::Event;
    let Update::Event { event, name } = update else {
        return Ok(());
    };
    match event {
        Event::Edited { text, .. } => out(&message(&format!("{name} changed a message"), text)),
        Event::Deleted { .. } => note(&format!("{name} deleted a message")),
        Event::Reacted { reaction, .. } if !reaction.is_empty() => {
            note(&format!("{name} reacted: {reaction}"))
        }
        _ => Ok(()),
    }
}

fn note(text: &str) -> io::Result<()> {
    out(&format!("-- {}\n", visible_line(text)))
}

fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_passes_for_another_or_steers_the_terminal() {
        assert_eq!(
            message("anna", "a\ncarl: b\n-- carl left\x1b[2J"),
            "anna: a\n  carl: b\n  -- carl left␛[2J\n"
        );
        assert_eq!(message("anna", "/me waves"), "* anna waves\n");
    }
}
