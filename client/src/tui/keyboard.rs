//! What comes from the terminal: keys, pastes, focus, sizes; in batches, so that a paste without brackets shows.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, poll, read};
use crossterm::terminal::supports_keyboard_enhancement;
use tokio::sync::mpsc;

use crate::platform;

/// Batches that wait to be taken.
const BATCHES: usize = 8;
/// The events of a batch at most.
const BATCH: usize = 4096;
/// How long is looked whether more has come. Without any wait the library that reads does not look at all.
const MORE: Duration = Duration::from_millis(1);
/// How long an Enter at the end of a batch waits for what may follow it: a paste comes in pieces.
const FOLLOWS: Duration = Duration::from_millis(20);

/// After so long without a key it is looked whether the terminal has answered, one time after the other: the first
/// for a terminal on this machine, the others for one that is far away.
const ANSWERS: [Duration; 3] = [
    Duration::from_millis(150),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// How long the reading thread may take to stop.
const PAUSE: Duration = Duration::from_secs(1);

/// What the terminal brings, from threads of their own: reads of a terminal have no time limit.
#[derive(Debug)]
pub(crate) struct Keyboard {
    typed: mpsc::Receiver<Typed>,
    gone: mpsc::Receiver<()>,
    rest: Arc<Rest>,
}

/// Another process reads the terminal for a while, and the reading thread must not.
#[derive(Debug, Default)]
struct Rest {
    state: Mutex<Resting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Resting {
    wanted: bool,
    /// The thread does not read.
    rests: bool,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Typed {
    /// Events that came together.
    Batch(Vec<Event>),
    /// The terminal has answered that it can tell keys apart that otherwise are the same bytes.
    CanTellApart,
    /// The terminal was closed, or cannot be read any more.
    Gone,
}

impl Keyboard {
    /// Begins to read standard input, which is a terminal in raw mode. `asked`: it was asked whether it can tell keys
    /// apart.
    pub(crate) fn open(asked: bool) -> Self {
        let (sender, typed) = mpsc::channel(BATCHES);
        let rest = Arc::new(Rest::default());
        let resting = rest.clone();
        std::thread::spawn(move || {
            // A terminal that cannot be read is gone, which the closed channel tells.
            let _ = read_on(&sender, &resting, asked);
        });
        let (hung_up, gone) = mpsc::channel(1);
        std::thread::spawn(move || {
            platform::wait_for_hang_up();
            // Nobody listens any more when the chat is over.
            let _ = hung_up.blocking_send(());
        });
        Self { typed, gone, rest }
    }

    /// Lets another process read the terminal, until [`go_on`](Self::go_on). `false` when the thread that reads does
    /// not stop.
    pub(crate) fn pause(&self) -> bool {
        self.rest.want(true);
        // It waits inside the library that reads, which a change of the terminal's size wakes.
        if platform::wake_reader().is_err() || !self.rest.wait() {
            self.go_on();
            return false;
        }
        true
    }

    /// Reads again.
    pub(crate) fn go_on(&self) {
        self.rest.want(false);
    }

    /// What comes next. May be dropped and called again: nothing is lost.
    pub(crate) async fn next(&mut self) -> Typed {
        tokio::select! {
            typed = self.typed.recv() => typed.unwrap_or(Typed::Gone),
            _ = self.gone.recv() => Typed::Gone,
        }
    }
}

impl Rest {
    fn lock(&self) -> MutexGuard<'_, Resting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want(&self, wanted: bool) {
        self.lock().wanted = wanted;
        self.changed.notify_all();
    }

    /// Waits until the thread rests.
    fn wait(&self) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), PAUSE, |state| !state.rests);
        waited.unwrap_or_else(PoisonError::into_inner).0.rests
    }

    fn rest_if_wanted(&self) {
        let mut state = self.lock();
        state.rests = state.wanted;
        self.changed.notify_all();
        while state.wanted {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.rests = false;
    }
}

/// Reads until nobody wants it any more.
fn read_on(sender: &mpsc::Sender<Typed>, rest: &Rest, asked: bool) -> io::Result<()> {
    let mut waits = ANSWERS.iter().filter(|_| asked);
    let mut wait = waits.next();
    loop {
        let typed = match wait {
            Some(time) if !poll(*time)? => {
                let answer = answer();
                wait = waits.next().filter(|_| answer.is_none());
                (answer == Some(true)).then_some(Typed::CanTellApart)
            }
            // A key goes before; the answer is looked for when none comes.
            _ => Some(Typed::Batch(batch()?)),
        };
        if let Some(typed) = typed
            && sender.blocking_send(typed).is_err()
        {
            return Ok(());
        }
        rest.rest_if_wanted();
    }
}

/// Whether the terminal can tell keys apart, as far as it has answered until now.
///
/// The library that reads keeps the answer until it is asked for it, and then asks the terminal once more and waits for
/// two seconds, in which no key would be read. The only thing that ends such a wait is what a dropped stream of events
/// leaves behind; left behind before, there is no wait at all.
fn answer() -> Option<bool> {
    drop(EventStream::new());
    supports_keyboard_enhancement().ok()
}

/// Waits for an event and takes all that came with it.
fn batch() -> io::Result<Vec<Event>> {
    let mut batch = vec![read()?];
    while batch.len() < BATCH {
        let ends_in_enter = batch.len() > 1 && matches!(batch.last(), Some(event) if is_enter(event));
        let patience = if ends_in_enter { FOLLOWS } else { MORE };
        if !poll(patience)? {
            break;
        }
        batch.push(read()?);
    }
    Ok(batch)
}

fn is_enter(event: &Event) -> bool {
    matches!(
        event,
        Event::Key(KeyEvent {
            code: KeyCode::Enter,
            ..
        })
    )
}
