//! Bare `sotto`: a screen that asks for what `sotto join` would be given, and goes over into the chat. Where nothing is
//! to be drawn, `questions` ask for the same line by line.
//!
//! An input changes the form, which keeps the passphrase hidden; what is to be done comes out as effects. Only the shell
//! below does I/O.

mod questions;

use crate::open::clock;
use crate::screen::layer::form::view;
use std::collections::VecDeque;
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use crossterm::event::{Event, KeyEventKind};
use sotto_protocol::{Name, Passphrase, RoomName, Root};
use tokio::time::{Instant, sleep};

use crate::chat;
use crate::config;
use crate::config::Config;
use crate::exit::Exit;
use crate::open::ask::{EntranceError, login_name};
use crate::open::ended;
use crate::open::stages::{Opened, open};
use crate::relay_url;
use crate::relay_url::{Address, Invitation};
use crate::room::{Settings, Timing, Trouble};
use crate::screen::conversation::Conversation;
use crate::screen::layer::form::{Effect, Field, Form, Input, Ticket};
use crate::screen::talk::entry::{Content, Copyable};
use crate::secret::WORDS;
use crate::secret::kdf::{DerivationError, derive};
use crate::secret::rater::RaterTask;
use crate::secret::verifier::Keyhole;
use crate::tui::keyboard::Typed;
use crate::tui::session;
use crate::tui::session::Desk;
use crate::tui::terminal;

/// Between two pictures of the progress.
const PROGRESS: Duration = Duration::from_millis(100);

/// What is under way beside the screen.
type Work = Pin<Box<dyn Future<Output = Step> + Send>>;

/// What came of it.
enum Step {
    Derived(Box<Result<Root, DerivationError>>),
    Joined(Box<Result<Opened, Trouble>>),
}

/// Where the one goes who has filled in the form.
struct Journey {
    address: Address,
    invitation: Invitation,
    name: Name,
    /// What unlocks the screen later.
    keyhole: Option<Keyhole>,
    /// The lines to hand over, where the passphrase was made here.
    handout: Vec<Copyable>,
}

/// Asks, joins, and chats.
///
/// # Errors
/// What keeps it from being done, as a sentence.
pub async fn connect(plain: bool) -> anyhow::Result<Exit> {
    if terminal::plain_is_wanted(plain) {
        return questions::ask().await;
    }
    if !terminal::is_there() {
        return Err(EntranceError::NoTerminal.into());
    }
    let (config, complaints) = Config::load();
    let mut desk = Desk::take()?;
    let name = config.name.clone().or_else(login_name);
    let settings = config.settings();
    let mut front = Front {
        form: Form::new(
            desk.terminal.size()?,
            config.relay.as_deref().unwrap_or_default(),
            name.as_ref().map_or("", Name::as_str),
            &settings,
        ),
        rater: RaterTask::default(),
        began: Instant::now(),
        work: None,
        journey: None,
    };
    front.form.remarks = complaints.iter().map(ToString::to_string).collect();
    let Some((opened, mut journey)) = front.run(&mut desk).await? else {
        return Ok(Exit::Done);
    };
    // The passphrase that was typed is gone from here on.
    drop(front);
    let (room, mut conversation) = opened.begun(Duration::ZERO);
    hand_out(std::mem::take(&mut journey.handout), &mut conversation);
    conversation.keyhole = journey.keyhole.take();
    conversation.complain(&complaints, clock());
    // A file that is no TOML is left as it is; that was said.
    if let Err(error) = journey.remember().await
        && error.kind() != io::ErrorKind::InvalidData
    {
        let what = format!("the relay and your name cannot be remembered: {error}");
        conversation.list.push(clock(), Content::Answer(what));
    }
    let end = chat::run(desk, room, conversation, settings).await?;
    Ok(ended(end))
}

/// The form and what it has begun.
struct Front {
    form: Form,
    rater: RaterTask,
    began: Instant,
    work: Option<Work>,
    journey: Option<Journey>,
}

impl Front {
    /// Shows the form until a room has let us in; `None` when the user leaves.
    async fn run(&mut self, desk: &mut Desk) -> io::Result<Option<(Opened, Journey)>> {
        let mut warm = false;
        loop {
            let (picture, caret) = view::draw(&self.form, self.began.elapsed());
            desk.terminal.draw(picture, caret)?;
            if !std::mem::replace(&mut warm, true) {
                self.rater.warm();
            }
            let moves = self.form.moves();
            let step = async {
                match &mut self.work {
                    Some(work) => work.await,
                    None => pending().await,
                }
            };
            let effects = tokio::select! {
                typed = desk.keyboard.next() => match typed {
                    Typed::Batch(events) => self.typed(events),
                    Typed::CanTellApart => {
                        desk.terminal.tell_keys_apart()?;
                        Vec::new()
                    }
                    Typed::Gone => return Ok(None),
                },
                step = step => {
                    self.work = None;
                    match self.stepped(step) {
                        Ok(opened) => match self.journey.take() {
                            Some(journey) => return Ok(Some((opened, journey))),
                            None => continue,
                        },
                        Err(effects) => effects,
                    }
                },
                strength = self.rater.rated() => self.input(Input::Rated(strength)),
                Some(()) = desk.signals.recv() => return Ok(None),
                () = desk.continued.recv() => self.resume(desk)?,
                () = sleep(PROGRESS), if moves => Vec::new(),
            };
            let mut effects = VecDeque::from(effects);
            while let Some(effect) = effects.pop_front() {
                match effect {
                    Effect::Join(ticket) => self.set_out(*ticket),
                    Effect::Rate => self.rater.rate(self.form.passphrase.expose()),
                    Effect::Generate => effects.extend(self.generate()),
                    Effect::Stop => (self.work, self.journey) = (None, None),
                    Effect::Leave => return Ok(None),
                    Effect::Redraw => desk.terminal.forget(),
                    Effect::Suspend => {
                        // Who reads the terminal meanwhile would change its modes.
                        desk.keyboard.pause();
                        let stopped = session::suspend(&mut desk.terminal, &mut desk.continued).await;
                        if stopped {
                            self.resume(desk)?;
                        }
                        desk.keyboard.go_on();
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

    fn resume(&mut self, desk: &mut Desk) -> io::Result<Vec<Effect>> {
        desk.terminal.resume()?;
        let (width, height) = desk.terminal.size()?;
        Ok(self.input(Input::Resize { width, height }))
    }

    fn typed(&mut self, events: Vec<Event>) -> Vec<Effect> {
        let pressed = |event: &&Event| matches!(event, Event::Key(key) if key.kind != KeyEventKind::Release);
        let alone = events.iter().filter(pressed).count() == 1;
        let mut effects = Vec::new();
        for event in events {
            effects.extend(match event {
                Event::Key(key) => self.input(Input::Key { key, alone }),
                Event::Paste(text) => self.input(Input::Paste(text)),
                Event::Resize(width, height) => self.input(Input::Resize { width, height }),
                Event::FocusGained | Event::FocusLost | Event::Mouse(_) => Vec::new(),
            });
        }
        effects
    }

    /// Begins to make the key.
    fn set_out(&mut self, ticket: Ticket) {
        let Ticket {
            invitation,
            name,
            passphrase,
            made,
        } = ticket;
        let address = match relay_url::choose(None, invitation.address.clone()) {
            Ok(address) => address,
            Err(error) => {
                self.input(Input::Failed(Field::Relay, error.to_string()));
                return;
            }
        };
        let room: RoomName = invitation.room.clone().unwrap_or_default();
        let mut keyhole = Keyhole::new(&passphrase, None);
        keyhole.made = made.is_some();
        let handout = made.map_or_else(Vec::new, |made| handout(&invitation.address, &room, &made));
        self.journey = Some(Journey {
            keyhole: Some(keyhole),
            address,
            invitation,
            name,
            handout,
        });
        self.work = Some(Box::pin(async move {
            Step::Derived(Box::new(derive(passphrase, room).await))
        }));
    }

    /// Goes on with what came of the work; the opened room at the end.
    fn stepped(&mut self, step: Step) -> Result<Opened, Vec<Effect>> {
        match step {
            Step::Derived(root) => match (*root, &self.journey) {
                (Ok(root), Some(journey)) => {
                    let settings = Settings {
                        address: journey.address.clone(),
                        root,
                        name: journey.name.clone(),
                        recorder: None,
                        timing: Timing::default(),
                    };
                    self.work = Some(Box::pin(
                        async move { Step::Joined(Box::new(open(settings).await)) },
                    ));
                    Err(self.input(Input::Derived))
                }
                (Err(error), _) => Err(self.input(Input::Failed(Field::Passphrase, error.to_string()))),
                // Given up meanwhile.
                (Ok(_), None) => Err(Vec::new()),
            },
            Step::Joined(joined) => match *joined {
                Ok(opened) => Ok(opened),
                Err(trouble) => Err(self.input(Input::Failed(Field::Relay, trouble.to_string()))),
            },
        }
    }
}

/// What to hand over to the other one, where the passphrase was made here.
fn handout(address: &Address, room: &RoomName, made: &Passphrase) -> Vec<Copyable> {
    let heading = |text: &str| Copyable::Heading(text.to_owned());
    vec![
        heading("for the other one:"),
        Copyable::Verbatim(format!("sotto join '{}'", address.invitation(room))),
        heading("and the passphrase, by another way:"),
        Copyable::Verbatim(made.expose().to_owned()),
    ]
}

/// Shows what to hand over, if there is anything.
fn hand_out(handout: Vec<Copyable>, conversation: &mut Conversation) {
    if !handout.is_empty() {
        conversation.invitation.clone_from(&handout);
        conversation.list.push(clock(), Content::Copyable(handout));
    }
}

impl Journey {
    /// The relay with the room's name and the pin, and the name: the same again next time.
    async fn remember(&self) -> io::Result<()> {
        let room = self.invitation.room.clone().unwrap_or_default();
        let relay = self.invitation.address.invitation(&room);
        let name = self.name.clone();
        let written = tokio::task::spawn_blocking(move || config::remember(Some(&relay), &name));
        written.await.map_err(io::Error::other)?
    }
}
