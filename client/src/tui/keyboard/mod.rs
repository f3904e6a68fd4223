//! What comes from the terminal: keys, pastes, focus, sizes; in batches, so that a paste without brackets shows.

mod decode;
mod parser;

use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, MouseEvent};
use tokio::sync::mpsc;
use zeroize::{Zeroize, Zeroizing};

use self::parser::Parser;
use super::terminal;
use crate::platform;
use crate::platform::readable::{Ready, Waiter, Waker, waiter};

/// Batches that wait to be taken.
const BATCHES: usize = 8;
/// The events of a batch at most.
const BATCH: usize = 4096;
/// The bytes that are read at once.
const CHUNK: usize = 4096;
/// How long is looked whether more has come.
const MORE: Duration = Duration::from_millis(1);
/// How long an Enter at the end of a batch waits for what may follow it: a paste comes in pieces.
const FOLLOWS: Duration = Duration::from_millis(20);

/// How long the reading thread may take to stop.
const PAUSE: Duration = Duration::from_secs(1);

/// What the terminal brings, from a thread of its own: a read of a terminal has no time limit.
#[derive(Debug)]
pub(crate) struct Keyboard {
    typed: mpsc::Receiver<Typed>,
    resized: platform::Resizes,
    rest: Arc<Rest>,
    waker: Waker,
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
    /// The terminal has another size, or the same one and other cells.
    Resized,
    /// The terminal was closed, or cannot be read any more.
    Gone,
}

/// One thing that a terminal tells.
#[derive(Debug)]
pub(crate) enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// A bracketed paste.
    Paste(Paste),
    /// The terminal has, or has not, the focus.
    Focus(bool),
    /// Something was done with the mouse.
    Mouse(MouseEvent),
    /// It can tell keys apart that otherwise are the same bytes.
    CanTellApart,
    /// It has answered all that it was asked.
    Answered,
}

/// What was pasted.
#[derive(Debug)]
pub(crate) struct Paste {
    /// The text.
    pub(crate) text: Zeroizing<String>,
    /// Its end was lost, or something came with it that was no part of it: an Enter does not send at once.
    pub(crate) holds: bool,
}

impl Keyboard {
    /// Begins to read standard input, which is a terminal in raw mode. An ESC waits so long for what may make another
    /// key of it. Has to be called inside a Tokio runtime.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn open(escape_time: Duration) -> io::Result<Self> {
        let (sender, typed) = mpsc::channel(BATCHES);
        let (waker, waiter) = waiter()?;
        let stdin = platform::stdin()?;
        let rest = Arc::new(Rest::default());
        let reader = Reader {
            stdin,
            waiter,
            rest: rest.clone(),
            parser: Parser::new(escape_time),
        };
        // A terminal that cannot be read is gone, which the closed channel tells.
        std::thread::spawn(move || reader.read_on(&sender));
        Ok(Self {
            typed,
            resized: platform::resized()?,
            rest,
            waker,
        })
    }

    /// Lets another process read the terminal, until [`go_on`](Self::go_on). `false` when the thread that reads does
    /// not stop.
    pub(crate) fn pause(&self) -> bool {
        // Whoever reads next would take our answer for its own.
        terminal::await_answer();
        self.want_rest(true);
        let rests = self.rest.wait();
        if !rests {
            self.go_on();
        }
        rests
    }

    /// Reads again.
    pub(crate) fn go_on(&self) {
        self.want_rest(false);
    }

    fn want_rest(&self, wanted: bool) {
        self.rest.lock().wanted = wanted;
        self.waker.wake();
    }

    /// What comes next. May be dropped and called again: nothing is lost.
    pub(crate) async fn next(&mut self) -> Typed {
        tokio::select! {
            typed = self.typed.recv() => typed.unwrap_or(Typed::Gone),
            Some(()) = self.resized.recv() => Typed::Resized,
        }
    }
}

impl Rest {
    fn lock(&self) -> MutexGuard<'_, Resting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the thread rests.
    fn wait(&self) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), PAUSE, |state| !state.rests);
        waited.unwrap_or_else(PoisonError::into_inner).0.rests
    }

    /// Whether the thread is to rest, which it does from now on.
    fn is_wanted(&self) -> bool {
        let mut state = self.lock();
        state.rests = state.wanted;
        self.changed.notify_all();
        state.rests
    }
}

/// The thread that reads.
struct Reader<R> {
    stdin: R,
    waiter: Waiter,
    rest: Arc<Rest>,
    parser: Parser,
}

impl<R: Read> Reader<R> {
    /// Reads until the terminal is closed, or nobody wants it any more.
    fn read_on(mut self, sender: &mpsc::Sender<Typed>) -> io::Result<()> {
        loop {
            let rests = self.rest.is_wanted();
            let now = Instant::now();
            let patience = self.parser.deadline().filter(|_| !rests);
            match (self
                .waiter
                .wait(!rests, patience.map(|until| until.saturating_duration_since(now))))?
            {
                Ready::Input => self.batch()?,
                Ready::HungUp => return Ok(()),
                Ready::Woken => continue,
                Ready::Nothing => self.parser.expire(Instant::now()),
            }
            let batch = self.parser.take();
            if batch.iter().any(|event| matches!(event, Event::Answered)) {
                terminal::answered();
            }
            if !batch.is_empty() && sender.blocking_send(Typed::Batch(batch)).is_err() {
                return Ok(());
            }
        }
    }

    /// Reads all that came together.
    fn batch(&mut self) -> io::Result<()> {
        let mut chunk = Zeroizing::new([0; CHUNK]);
        while self.parser.heard().len() < BATCH {
            match self.stdin.read(&mut *chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.parser.feed(&chunk[..length], Instant::now()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            chunk.zeroize();
            let ends_in_enter = match self.parser.heard() {
                [_, .., last] => is_enter(last),
                _ => false,
            };
            let patience = if ends_in_enter { FOLLOWS } else { MORE };
            if self.waiter.wait(true, Some(patience))? != Ready::Input {
                break;
            }
        }
        Ok(())
    }
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
