//! The chat: terminal, screen and room joined together.

mod effects;
mod handover;
mod panic_exit;
pub(crate) mod rooms;
pub(crate) mod save;

use std::future::pending;
use std::io;
use std::time::Duration;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use self::handover::Borrower;
use self::rooms::OpenRooms;
use crate::open::stages::Opened;
use crate::open::ticket::{OpenError, Opening};
use crate::open::{End, clock};
use crate::platform::monotonic;
use crate::room::{Room, Update, Updates};
use crate::screen::conversation::Conversation;
use crate::screen::effect::{Moment, RoomId};
use crate::screen::settings::Settings;
use crate::screen::state::input::mouse::Mouse;
use crate::screen::state::{Input, State};
use crate::screen::view;
use crate::secret::rater::RaterTask;
use crate::tui::keyboard::{Event, Keyboard, Typed};
use crate::tui::notify::Attention;
use crate::tui::session::{self, Session};
use crate::tui::terminal::{self, Terminal};

/// Between two pictures at least: nobody sees more, and a flood must not cost more.
const FRAME: Duration = Duration::from_millis(10);

/// Shows a room, and others that are joined beside it, until all are left.
///
/// # Errors
/// Those of the terminal.
pub(crate) async fn run(
    session: Session,
    room: (Room, Updates),
    mut conversation: Conversation,
    settings: Settings,
) -> io::Result<End> {
    conversation.id = room.0.id();
    let Session {
        mut terminal,
        keyboard,
        signals,
        mut continued,
    } = session;
    if settings.mouse {
        terminal.take_mouse()?;
    }
    let (width, height) = terminal::size();
    let mut state = State::new(conversation, width, height);
    state.set(settings, clock());
    let mut rooms = OpenRooms::default();
    rooms.add(RoomId::FIRST, room);
    let mut chat = Chat {
        state,
        began: monotonic(),
        keyboard,
        signals,
        rooms,
        opening: None,
        undelivered: 0,
        suspend: false,
        borrower: None,
        lent: false,
        attention: Attention::new(),
        rater: RaterTask::default(),
        tell_apart: false,
        redraw: false,
        clipboard: None,
        panic: false,
        over: None,
    };
    let mut drawn = None::<Instant>;
    while chat.over.is_none() {
        if chat.panic {
            terminal.abandon();
            chat.vanish().await;
        }
        if std::mem::take(&mut chat.redraw) {
            terminal.forget();
        }
        if std::mem::take(&mut chat.tell_apart) && terminal.tell_keys_apart().is_err() {
            chat.gone();
        }
        if std::mem::take(&mut chat.suspend) {
            // Who reads the terminal meanwhile would change its modes.
            chat.keyboard.pause();
            if session::suspend(&mut terminal, &mut continued).await {
                chat.resume(&mut terminal);
            }
            chat.keyboard.go_on();
        }
        if let Some(text) = chat.clipboard.take()
            && terminal.copy(&text).is_err()
        {
            chat.gone();
        }
        if let Some(borrower) = chat.borrower.take() {
            chat.lend(&mut terminal, borrower).await;
        }
        let since = drawn.map_or(FRAME, |drawn| drawn.elapsed());
        if since >= FRAME {
            let (picture, caret, links) = view::draw_with_links(&chat.state, chat.now());
            let titled = chat.attention.title(chat.state.title());
            if terminal
                .draw_with_links(picture, caret, links)
                .and(titled)
                .is_err()
            {
                chat.gone();
            }
            drawn = Some(Instant::now());
        }
        let next_frame = (since < FRAME).then(|| Instant::now() + (FRAME - since));
        tokio::select! {
            () = chat.turn() => {}
            () = until(next_frame) => {}
            // Stopped and woken from outside: the shell may have changed the terminal meanwhile.
            () = continued.recv() => chat.resume(&mut terminal),
        }
    }
    drop(terminal);
    Ok(chat.over.unwrap_or(End::Left { undelivered: 0 }))
}

struct Chat {
    state: State,
    /// Where the clock of the screen begins, by the one that goes on while the machine sleeps.
    began: Duration,
    keyboard: Keyboard,
    signals: mpsc::Receiver<()>,
    rooms: OpenRooms,
    /// Another room that is being opened.
    opening: Option<(RoomId, Opening)>,
    /// What was not delivered in the rooms that are over.
    undelivered: usize,
    /// The terminal is to be given back to the shell for a while.
    suspend: bool,
    /// Who is to have the terminal next.
    borrower: Option<Borrower>,
    /// The terminal is in other hands.
    lent: bool,
    attention: Attention,
    rater: RaterTask,
    /// The terminal can tell keys apart and is to do so.
    tell_apart: bool,
    /// Everything is to be drawn anew.
    redraw: bool,
    /// What the terminal is to put into its clipboard.
    clipboard: Option<String>,
    /// Everything is to end at once.
    panic: bool,
    over: Option<End>,
}

impl Chat {
    fn now(&self) -> Duration {
        monotonic().saturating_sub(self.began)
    }

    fn input(&mut self, input: Input) {
        let moment = Moment {
            now: self.now(),
            clock: clock(),
        };
        let effects = self.state.update(input, moment);
        // The user may have given it up.
        self.opening.take_if(|(id, _)| !self.state.awaits(*id));
        self.carry_out(effects);
    }

    /// Takes the terminal again. One that cannot be taken is gone: a terminal that is closed wakes us, too.
    fn resume(&mut self, terminal: &mut Terminal) {
        self.attention.forget_title();
        match terminal.resume() {
            Ok(()) => self.resized(),
            Err(_) => self.gone(),
        }
    }

    /// The terminal has another size; or the same, and what stood in its cells is gone: one that attaches to it says so.
    fn resized(&mut self) {
        let (width, height) = terminal::size();
        self.redraw = true;
        self.input(Input::Resize { width, height });
    }

    /// One thing that happens.
    async fn turn(&mut self) {
        let now = self.now();
        let tick = self.state.next_tick(now);
        // A machine that sleeps meanwhile is late here, and told by the rooms.
        let tick = tick.map(|tick| Instant::now() + tick.saturating_sub(now));
        tokio::select! {
            typed = self.keyboard.next(), if !self.state.leaving_now() => match typed {
                Typed::Batch(events) => self.typed(events),
                Typed::Resized => self.resized(),
                Typed::Gone => self.gone(),
            },
            (room, update) = self.rooms.next() => self.updated(room, update),
            strength = self.rater.rated() => self.input(Input::Rated(strength)),
            opened = opened(&mut self.opening) => self.opened(opened),
            Some(()) = self.signals.recv() => self.gone(),
            () = until(tick) => self.input(Input::Tick),
        }
    }

    /// Another room has let us in, or not.
    fn opened(&mut self, opened: Result<Opened, OpenError>) {
        let Some((id, _)) = self.opening.take() else {
            return;
        };
        let opened = opened.map_err(|error| error.to_string()).map(|opened| {
            let (room, conversation) = opened.begun(self.now());
            self.rooms.add(id, room);
            Box::new(conversation)
        });
        self.input(Input::Opened { room: id, opened });
    }

    fn updated(&mut self, room: RoomId, update: Option<Update>) {
        // A task that ended without a last word has delivered no more than the screen knows.
        let update = update.unwrap_or_else(|| Update::Left {
            undelivered: (self.state.rooms.get_mut(room)).map_or(0, |room| room.undelivered),
            to: Vec::new(),
        });
        if let Update::Failed(_) | Update::Left { .. } = update {
            self.rooms.remove(room);
        }
        match update {
            Update::Failed(trouble) if self.rooms.is_empty() => self.over = Some(End::Failed(trouble)),
            Update::Left { undelivered, .. } => {
                self.undelivered += undelivered;
                if self.rooms.is_empty() {
                    self.over = Some(End::Left {
                        undelivered: self.undelivered,
                    });
                }
                self.input(Input::Room { room, update });
            }
            update => self.input(Input::Room { room, update }),
        }
    }

    fn typed(&mut self, events: Vec<Event>) {
        let pressed = |event: &Event| matches!(event, Event::Key(_) | Event::Paste(_));
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
                Event::Paste(mut paste) => {
                    self.state.hold(paste.holds);
                    self.input(Input::Paste(std::mem::take(&mut *paste.text)));
                }
                Event::Focus(on) => self.input(Input::Focus(on)),
                Event::CanTellApart => self.tell_apart = true,
                Event::Answered => {}
                Event::Mouse(mouse) => {
                    if let Some(mouse) = self.done_with(mouse) {
                        self.input(Input::Mouse(mouse));
                    }
                }
            }
        }
    }

    /// Nobody is there any more, or somebody wants the process to end: leaves, and within a time.
    fn gone(&mut self) {
        if !self.state.leaving_now() {
            let leave = self.state.leave_now();
            self.carry_out(leave);
        }
    }

    /// What somebody means by it.
    fn done_with(&self, mouse: MouseEvent) -> Option<Mouse> {
        match mouse.kind {
            MouseEventKind::ScrollUp => Some(Mouse::Wheel { up: true }),
            MouseEventKind::ScrollDown => Some(Mouse::Wheel { up: false }),
            MouseEventKind::Down(MouseButton::Left) => {
                let spot = view::spot(&self.state, self.now(), mouse.column, mouse.row);
                Some(Mouse::Click(spot))
            }
            _ => None,
        }
    }
}

pub(crate) async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

async fn opened(opening: &mut Option<(RoomId, Opening)>) -> Result<Opened, OpenError> {
    match opening {
        Some((_, opening)) => opening.await,
        None => pending().await,
    }
}
