//! Bare `sotto`: a screen that asks for what `sotto join` would be given, and goes over into the chat. Where nothing is
//! to be drawn, `questions` ask for the same line by line.
//!
//! An input changes the form, which keeps the passphrase hidden; what is to be done comes out as effects. Only the shell
//! below does I/O.

mod questions;

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use sotto_protocol::{Name, Passphrase, RoomName};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::chat;
use crate::config::{self, Config};
use crate::exit::Exit;
use crate::open::ask::{AskError, login_name};
use crate::open::stages::Opened;
use crate::open::ticket::{OpenError, Opening, Ticket};
use crate::open::{clock, ended};
use crate::screen::layer::form::{Effect, Field, Form, Input, view};
use crate::screen::talk::entry::Content;
use crate::secret::WORDS;
use crate::secret::rater::RaterTask;
use crate::tui::keyboard::{Event, Typed};
use crate::tui::session::{self, Session};
use crate::tui::terminal::{self, Terminal};

/// Between two pictures of the progress.
const PROGRESS: Duration = Duration::from_millis(100);

/// Asks, joins, and chats.
///
/// # Errors
/// What keeps it from being done, as a sentence.
pub(super) async fn connect(plain: bool) -> anyhow::Result<Exit> {
    if terminal::plain_is_wanted(plain) {
        return questions::ask().await;
    }
    if !terminal::is_there() {
        return Err(AskError::NoTerminal.into());
    }
    let (config, complaints) = Config::load();
    let mut session = Session::take(config.settings.escape_time)?;
    let name = config.name.clone().or_else(login_name);
    let settings = config.settings.clone();
    let mut front = Front {
        form: Form::new(
            terminal::size(),
            config.relay.as_deref().unwrap_or_default(),
            name.as_ref().map_or("", Name::as_str),
            &settings,
        ),
        rater: RaterTask::default(),
        began: Instant::now(),
        opening: None,
    };
    front.form.remarks = complaints.iter().map(ToString::to_string).collect();
    let Some((opened, relay, name)) = front.run(&mut session).await? else {
        return Ok(Exit::Done);
    };
    // The passphrase that was typed is gone from here on.
    drop(front);
    let (room, mut conversation) = opened.begun(Duration::ZERO);
    conversation.complain(&complaints, clock());
    let remembered = spawn_blocking(move || config::remember(Some(&relay), &name));
    // A file that is no TOML is left as it is; that was said.
    if let Err(error) = remembered
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        && error.kind() != io::ErrorKind::InvalidData
    {
        let what = format!("the relay and your name cannot be remembered: {error}");
        conversation.list.push(clock(), Content::Answer(what));
    }
    let end = chat::run(session, room, conversation, settings).await?;
    Ok(ended(end))
}

/// The form and what it has begun.
struct Front {
    form: Form,
    rater: RaterTask,
    began: Instant,
    opening: Option<Entering>,
}

/// A room that is being opened.
struct Entering {
    room: Opening,
    /// Tells that its key is made.
    derived: Arc<Notify>,
    /// What is remembered for the next time: the relay with the room's name and the pin, and the name.
    relay: String,
    name: Name,
}

/// How far it has come.
enum Step {
    Derived,
    Ended(Box<Result<Opened, OpenError>>),
}

impl Entering {
    /// May be dropped and called again: nothing is lost.
    async fn step(&mut self) -> Step {
        tokio::select! {
            () = self.derived.notified() => Step::Derived,
            opened = &mut self.room => Step::Ended(Box::new(opened)),
        }
    }
}

impl Front {
    /// Shows the form until a room has let us in; `None` when the user leaves.
    async fn run(&mut self, session: &mut Session) -> io::Result<Option<(Opened, String, Name)>> {
        let mut warm = false;
        loop {
            let (picture, caret) = view::draw(&self.form, self.began.elapsed());
            session.terminal.draw(picture, caret)?;
            if !std::mem::replace(&mut warm, true) {
                self.rater.warm();
            }
            let moves = self.form.moves();
            let step = async {
                match &mut self.opening {
                    Some(opening) => opening.step().await,
                    None => pending().await,
                }
            };
            let effects = tokio::select! {
                typed = session.keyboard.next() => match typed {
                    Typed::Batch(events) => self.typed(events, &mut session.terminal)?,
                    Typed::Resized => self.resized(session),
                    Typed::Gone => return Ok(None),
                },
                step = step => match step {
                    Step::Derived => self.input(Input::Derived),
                    Step::Ended(ended) => match (*ended, self.opening.take()) {
                        (Ok(opened), Some(Entering { relay, name, .. })) => {
                            return Ok(Some((opened, relay, name)));
                        }
                        (Err(error), _) => self.input(failed(&error)),
                        (Ok(_), None) => continue,
                    },
                },
                strength = self.rater.rated() => self.input(Input::Rated(strength)),
                Some(()) = session.signals.recv() => return Ok(None),
                () = session.continued.recv() => self.resume(session)?,
                () = sleep(PROGRESS), if moves => Vec::new(),
            };
            let mut effects = VecDeque::from(effects);
            while let Some(effect) = effects.pop_front() {
                match effect {
                    Effect::Join(ticket, passphrase) => self.set_out(*ticket, passphrase),
                    Effect::Rate => self.rater.rate(self.form.passphrase.expose()),
                    Effect::Generate => effects.extend(self.generate()),
                    Effect::Stop => self.opening = None,
                    Effect::Leave => return Ok(None),
                    Effect::Redraw => session.terminal.forget(),
                    Effect::Suspend => {
                        // Who reads the terminal meanwhile would change its modes.
                        session.keyboard.pause();
                        let stopped = session::suspend(&mut session.terminal, &mut session.continued).await;
                        if stopped {
                            self.resume(session)?;
                        }
                        session.keyboard.go_on();
                    }
                }
            }
        }
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        self.form.update(input, self.began.elapsed())
    }

    fn generate(&mut self) -> Vec<Effect> {
        let mut rng = rand::rng();
        match Passphrase::generate(WORDS, &mut rng) {
            Ok(passphrase) => self.input(Input::Generated {
                passphrase,
                room: RoomName::generate(&mut rng),
            }),
            Err(error) => self.input(Input::Failed(Field::Passphrase, error.to_string())),
        }
    }

    fn resume(&mut self, session: &mut Session) -> io::Result<Vec<Effect>> {
        session.terminal.resume()?;
        Ok(self.resized(session))
    }

    fn resized(&mut self, session: &mut Session) -> Vec<Effect> {
        let (width, height) = terminal::size();
        session.terminal.forget();
        self.input(Input::Resize { width, height })
    }

    fn typed(&mut self, events: Vec<Event>, terminal: &mut Terminal) -> io::Result<Vec<Effect>> {
        let pressed = |event: &&Event| matches!(event, Event::Key(_));
        let alone = events.iter().filter(pressed).count() == 1;
        let mut effects = Vec::new();
        for event in events {
            effects.extend(match event {
                Event::Key(key) => self.input(Input::Key { key, alone }),
                Event::Paste(mut paste) => self.input(Input::Paste(std::mem::take(&mut *paste.text))),
                Event::CanTellApart => {
                    terminal.tell_keys_apart()?;
                    Vec::new()
                }
                Event::Focus(_) | Event::Mouse(_) | Event::Answered => Vec::new(),
            });
        }
        Ok(effects)
    }

    /// Begins to make the key.
    fn set_out(&mut self, ticket: Ticket, passphrase: Passphrase) {
        let derived = Arc::new(Notify::new());
        let tell = derived.clone();
        let (relay, name) = (ticket.to.url(), ticket.name.clone());
        self.opening = Some(Entering {
            room: ticket.open(passphrase, Vec::new(), move || tell.notify_one()),
            derived,
            relay,
            name,
        });
    }
}

/// What did not work, and where to look.
fn failed(error: &OpenError) -> Input {
    let field = match error {
        OpenError::Derivation(_) => Field::Passphrase,
        _ => Field::Relay,
    };
    Input::Failed(field, error.to_string())
}
