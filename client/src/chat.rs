//! The chat: terminal, screen and room joined together.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyEventKind};
use time::{OffsetDateTime, UtcOffset};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use crate::exit::Exit;
use crate::keyboard::{Keyboard, Typed};
use crate::room::{Room, Trouble, Update, Updates};
use crate::screen::conversation::Conversation;
use crate::screen::entry::Clock;
use crate::screen::update::{Effect, Input, Moment, State};
use crate::screen::view;
use crate::signals;
use crate::terminal::{self, Terminal};

/// Between two pictures at least: nobody sees more, and a flood must not cost more.
const FRAME: Duration = Duration::from_millis(10);
/// Effects that may wait for the room; beyond, nothing is taken from it.
const EFFECTS: usize = 64;
/// How long a process that is asked to end may take: a terminal that takes no output must not hold it.
const HURRY: Duration = Duration::from_secs(2);
/// How long it takes at most until a process that stops itself has stopped.
const STOP: Duration = Duration::from_millis(300);

/// How a chat ended.
#[derive(Debug)]
pub enum End {
    /// The room was left.
    Left {
        /// How many of our messages were not delivered.
        undelivered: usize,
    },
    /// The first join failed.
    Failed(Trouble),
}

/// Shows a room until it is left.
///
/// # Errors
/// Those of the terminal.
pub async fn run(
    (room, updates): (Room, Updates),
    conversation: Conversation,
    farewell: Option<String>,
) -> io::Result<End> {
    // Before the terminal is taken: from now on it is always given back.
    let signals = hurried(signals::listen()?);
    let mut continued = signal(SignalKind::from_raw(CONTINUE))?;
    let mut terminal = Terminal::enter()?;
    let (width, height) = terminal.size()?;
    let (effects, answers) = carry_out(room);
    let mut chat = Chat {
        state: State::new(conversation, width, height, farewell),
        began: Instant::now(),
        updates,
        keyboard: Keyboard::open(),
        signals,
        effects,
        answers,
        waiting: VecDeque::new(),
        over: None,
    };
    let mut drawn = None::<Instant>;
    while chat.over.is_none() {
        let suspend = chat.waiting.iter().any(|effect| *effect == Effect::Suspend);
        let redraw = chat.waiting.iter().any(|effect| *effect == Effect::Redraw);
        chat.waiting
            .retain(|effect| !matches!(effect, Effect::Suspend | Effect::Redraw));
        if redraw {
            terminal.forget();
        }
        if suspend && terminal.suspend().is_ok() {
            // The signal may reach another thread first; where nobody can wake us up again, it does nothing.
            tokio::select! {
                _ = continued.recv() => {}
                () = sleep(STOP) => {}
            }
            chat.resume(&mut terminal);
        }
        let since = drawn.map_or(FRAME, |drawn| drawn.elapsed());
        if since >= FRAME {
            let (picture, caret) = view::draw(&chat.state, chat.now());
            if terminal.draw(picture, caret).is_err() {
                chat.gone();
            }
            drawn = Some(Instant::now());
        }
        let next_frame = (since < FRAME).then(|| Instant::now() + (FRAME - since));
        tokio::select! {
            () = chat.turn() => {}
            () = until(next_frame) => {}
            // Stopped and woken from outside: the shell may have changed the terminal meanwhile.
            Some(()) = continued.recv() => chat.resume(&mut terminal),
        }
    }
    drop(terminal);
    Ok(chat.over.unwrap_or(End::Left { undelivered: 0 }))
}

/// SIGCONT.
const CONTINUE: i32 = rustix::process::Signal::CONT.as_raw();

struct Chat {
    state: State,
    /// Where the monotonic clock of the screen begins.
    began: Instant,
    updates: Updates,
    keyboard: Keyboard,
    signals: mpsc::Receiver<()>,
    /// To the task that carries effects out.
    effects: mpsc::Sender<Effect>,
    answers: mpsc::Receiver<Input>,
    /// What that task has no room for just now.
    waiting: VecDeque<Effect>,
    over: Option<End>,
}

impl Chat {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn input(&mut self, input: Input) {
        let moment = Moment {
            now: self.now(),
            clock: clock(),
        };
        self.waiting.extend(self.state.update(input, moment));
    }

    /// Takes the terminal again. One that cannot be taken is gone: a terminal that is closed wakes us, too.
    fn resume(&mut self, terminal: &mut Terminal) {
        match terminal.resume().and_then(|()| terminal.size()) {
            Ok((width, height)) => self.input(Input::Resize { width, height }),
            Err(_) => self.gone(),
        }
    }

    /// One thing that happens.
    async fn turn(&mut self) {
        let tick = self.state.next_tick(self.now()).map(|tick| self.began + tick);
        tokio::select! {
            typed = self.keyboard.next(), if !self.state.leaving_now => match typed {
                Typed::Batch(events) => self.typed(events),
                Typed::Gone => self.gone(),
            },
            update = self.updates.next(), if self.waiting.len() < EFFECTS => self.updated(update),
            // Cloned, as a place there has to be waited for while the chat is free to change.
            Ok(permit) = self.effects.clone().reserve_owned(), if !self.waiting.is_empty() => {
                if let Some(effect) = self.waiting.pop_front() {
                    permit.send(effect);
                }
            },
            Some(answer) = self.answers.recv() => self.input(answer),
            Some(()) = self.signals.recv() => self.gone(),
            () = until(tick) => self.input(Input::Tick),
        }
    }

    fn updated(&mut self, update: Option<Update>) {
        match update {
            Some(Update::Failed(trouble)) => self.over = Some(End::Failed(trouble)),
            Some(Update::Left { undelivered }) => self.over = Some(End::Left { undelivered }),
            Some(update) => self.input(Input::Room(update)),
            None => {
                self.over = Some(End::Left {
                    undelivered: self.state.room.undelivered,
                })
            }
        }
    }

    fn typed(&mut self, events: Vec<Event>) {
        let pressed = |event: &Event| match event {
            Event::Key(key) => key.kind != KeyEventKind::Release,
            Event::Paste(_) => true,
            _ => false,
        };
        let mut left = events.iter().filter(|event| pressed(event)).count();
        let alone = left == 1;
        for event in events {
            left -= usize::from(pressed(&event));
            match event {
                Event::Key(key) => self.input(Input::Key {
                    key,
                    more: left > 0,
                    alone,
                }),
                Event::Paste(text) => self.input(Input::Paste(text)),
                Event::Resize(width, height) => self.input(Input::Resize { width, height }),
                Event::FocusGained => self.input(Input::Focus(true)),
                Event::FocusLost => self.input(Input::Focus(false)),
                Event::Mouse(_) => {}
            }
        }
    }

    /// Nobody is there any more, or somebody wants the process to end: leaves, and within a time.
    fn gone(&mut self) {
        if self.state.leaving_now {
            return;
        }
        // Before anything else that waits.
        let leave = self.state.leave_now();
        self.waiting.push_front(leave);
    }
}

/// Passes signals on, and sees to it that the process ends within a time, even while the chat is held up by a
/// terminal that takes no output.
fn hurried(mut signals: mpsc::Receiver<()>) -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        if signals.recv().await.is_none() {
            return;
        }
        // The chat may be over already.
        let _ = sender.send(()).await;
        sleep(HURRY).await;
        terminal::restore_modes();
        std::process::exit(Exit::Undelivered as i32);
    });
    receiver
}

/// Gives effects to a room one after the other, in a task of its own, and brings back the answers.
fn carry_out(room: Room) -> (mpsc::Sender<Effect>, mpsc::Receiver<Input>) {
    let (effects, mut orders) = mpsc::channel(EFFECTS);
    let (answer, answers) = mpsc::channel(EFFECTS);
    tokio::spawn(async move {
        while let Some(effect) = orders.recv().await {
            let done = match effect {
                Effect::Say(text) => Input::Said(room.say(text, None).await),
                Effect::Do(command) => {
                    let done = room.command(command.clone()).await;
                    Input::Done(command, done)
                }
                Effect::Suspend | Effect::Redraw => continue,
            };
            if answer.send(done).await.is_err() {
                return;
            }
        }
    });
    (effects, answers)
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// The time of the day where the user is; where that is not known, UTC.
pub fn clock() -> Clock {
    let now = OffsetDateTime::now_utc();
    let here = now.to_offset(UtcOffset::local_offset_at(now).unwrap_or(UtcOffset::UTC));
    Clock {
        date: here.date(),
        hour: here.hour(),
        minute: here.minute(),
    }
}
