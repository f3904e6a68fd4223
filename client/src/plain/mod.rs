//! The chat as lines: nothing is drawn twice, and a screen reader reads on. The terminal's own line editing is used.

use std::io;
use std::time::Duration;

use sotto_protocol::instance::Event;
use tokio::time::{Instant, sleep};

use crate::chat::save::save;
use crate::chat::until;
use crate::exit::Exit;
use crate::open::{End, clock};
use crate::platform::{self, monotonic};
use crate::room::{Room, Update, Updates};
use crate::screen::conversation::{Conversation, Link};
use crate::screen::effect::{Effect, Moment, RoomId};
use crate::screen::settings::Settings;
use crate::screen::state::input::lines::Taken;
use crate::screen::state::{Input, State};

mod delivery_watch;
mod input;
mod output;

use self::delivery_watch::DeliveryWatch;
use self::input::Typed;
use self::output::{Output, note};

/// What is said once, before anything else.
const KEPT: &str = "lines in, lines out: your terminal keeps what is said here. /help lists what can be done";
/// How long leaving takes at most when the process is asked to end.
const HURRY: Duration = Duration::from_secs(2);
/// How long it takes when everything is to end at once.
const PANIC: Duration = Duration::from_millis(40);

/// Chats until the room is left.
///
/// # Errors
/// Those of the terminal.
pub(crate) async fn run(
    (room, mut updates): (Room, Updates),
    mut conversation: Conversation,
    settings: Settings,
) -> io::Result<End> {
    let mut signals = platform::asked_to_end()?;
    conversation.id = room.id();
    let mut plain = Plain {
        output: Output::new(settings.time_format),
        room,
        began: monotonic(),
        late: DeliveryWatch::default(),
        joined: conversation.link == Link::Up,
        state: State::without_screen(conversation, settings),
        held: String::new(),
    };
    let mut typed = input::open()?;
    note(KEPT)?;
    plain.print()?;
    loop {
        let now = plain.now();
        let next = plain
            .state
            .next_tick(now)
            .into_iter()
            .chain(plain.late.until())
            .min();
        tokio::select! {
            Some(typed) = typed.recv() => plain.typed(typed)?,
            update = updates.next() => match update {
                None => {
                    let undelivered = plain.state.rooms.current().undelivered;
                    return Ok(End::Left { undelivered });
                }
                Some(Update::Failed(trouble)) => return Ok(End::Failed(trouble)),
                Some(Update::Left { undelivered, .. }) => return Ok(End::Left { undelivered }),
                Some(update) => plain.updated(update)?,
            },
            Some(()) = signals.recv() => {
                plain.leave_now()?;
                end_after(HURRY, Exit::Undelivered);
            }
            () = until(next.map(|next| Instant::now() + next.saturating_sub(now))) => plain.input(Input::Tick)?,
        }
    }
}

fn end_after(time: Duration, exit: Exit) {
    tokio::spawn(async move {
        sleep(time).await;
        std::process::exit(exit as i32);
    });
}

struct Plain {
    state: State,
    room: Room,
    /// Where the clock of the state begins, by the one that goes on while the machine sleeps.
    began: Duration,
    output: Output,
    late: DeliveryWatch,
    /// We were in the room already.
    joined: bool,
    /// Lines that were not sent yet: more came behind them.
    held: String,
}

impl Plain {
    fn now(&self) -> Duration {
        monotonic().saturating_sub(self.began)
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.now(),
            clock: clock(),
        }
    }

    fn input(&mut self, input: Input) -> io::Result<()> {
        let refused = matches!(
            input,
            Input::Room {
                update: Update::Said(Err(_)),
                ..
            }
        );
        let effects = self.state.update(input, self.moment());
        if refused {
            // It stands in the terminal, and the next line is not to be lost behind it.
            self.state.rooms.current_mut().draft.take();
        }
        self.carry_out(effects)
    }

    fn updated(&mut self, update: Update) -> io::Result<()> {
        match &update {
            Update::Event { event, name } => {
                if let Event::PeerJoined { .. } = event {
                    self.output.forget_state();
                }
                self.output.changed(event, name)?;
            }
            // On a screen these stand in the line on top. Later joins are in the list.
            Update::Joined if !std::mem::replace(&mut self.joined, true) => note("you are in the room")?,
            Update::Joined => self.output.forget_state(),
            Update::Waiting { why, .. } => {
                self.output
                    .state(&format!("{why}; trying again until it works"))?;
            }
            _ => {}
        }
        let gone = match &update {
            Update::Event {
                event: Event::PeerSilent { .. } | Event::PeerLeft { .. },
                ..
            } => self.state.rooms.current().undelivered > 0,
            _ => false,
        };
        let room = RoomId::FIRST;
        self.input(Input::Room { room, update })?;
        if gone {
            self.late.say_now();
        }
        self.say_late()
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
        self.output.forget_notice();
        match self.state.line(line, self.moment()) {
            Taken::Whole(effects) => self.carry_out(effects),
            Taken::GoesOn(held) => {
                self.held = held;
                Ok(())
            }
        }
    }

    fn leave_now(&mut self) -> io::Result<()> {
        let leave = self.state.leave_now();
        self.carry_out(leave)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        for effect in effects {
            match effect {
                Effect::Say { text, reply_to, .. } => {
                    if self.state.rooms.current().people.is_empty() {
                        self.output
                            .state("nobody is here: what you say waits until somebody comes")?;
                        self.late.known();
                    }
                    self.room.order_text(text, reply_to);
                }
                Effect::Do { command, .. } => self.room.order(command),
                Effect::Alert { bell, .. } => self.output.bell(bell)?,
                Effect::Save { file, talk } => {
                    let told = save(&file, &talk).unwrap_or_else(|why| why);
                    self.input(Input::Told(told))?;
                }
                Effect::Panic => {
                    self.leave_now()?;
                    end_after(PANIC, Exit::Done);
                }
                // What brings about any other is refused where there is no screen.
                _ => {}
            }
        }
        self.print()
    }

    fn print(&mut self) -> io::Result<()> {
        let room = self.state.rooms.current();
        self.output.print(&room.list, self.state.notice.text())?;
        if room.out.begun && !room.out.now && room.undelivered > 0 {
            self.output
                .state("leaving when all is delivered; Ctrl+C leaves now")?;
        }
        self.say_late()
    }

    fn say_late(&mut self) -> io::Result<()> {
        let undelivered = self.state.rooms.current().undelivered;
        match self.late.told(undelivered, self.now()) {
            Some(what) => note(&what),
            None => Ok(()),
        }
    }
}
