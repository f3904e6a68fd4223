//! What comes from the terminal: keys, pastes, focus, sizes; in batches, so that a paste without brackets shows.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, poll, read};
use rustix::event::{PollFd, PollFlags};
use tokio::sync::mpsc;

/// Batches that wait to be taken.
const BATCHES: usize = 8;
/// The events of a batch at most.
const BATCH: usize = 4096;
/// How long an Enter at the end of a batch waits for what may follow it: a paste comes in pieces.
const FOLLOWS: Duration = Duration::from_millis(20);

/// What the terminal brings, from threads of their own: reads of a terminal have no time limit.
#[derive(Debug)]
pub struct Keyboard {
    batches: mpsc::Receiver<Vec<Event>>,
    gone: mpsc::Receiver<()>,
}

/// What came.
#[derive(Debug)]
pub enum Typed {
    /// Events that came together.
    Batch(Vec<Event>),
    /// The terminal was closed, or cannot be read any more.
    Gone,
}

impl Keyboard {
    /// Begins to read standard input, which is a terminal in raw mode.
    pub fn open() -> Self {
        let (sender, batches) = mpsc::channel(BATCHES);
        std::thread::spawn(move || {
            while let Ok(batch) = batch()
                && sender.blocking_send(batch).is_ok()
            {}
        });
        let (hung_up, gone) = mpsc::channel(1);
        std::thread::spawn(move || {
            wait_for_hang_up();
            // Nobody listens any more when the chat is over.
            let _ = hung_up.blocking_send(());
        });
        Self { batches, gone }
    }

    /// What comes next. May be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> Typed {
        tokio::select! {
            batch = self.batches.recv() => batch.map_or(Typed::Gone, Typed::Batch),
            _ = self.gone.recv() => Typed::Gone,
        }
    }
}

/// Waits for an event and takes all that came with it.
fn batch() -> io::Result<Vec<Event>> {
    let mut batch = vec![read()?];
    while batch.len() < BATCH {
        let ends_in_enter = batch.len() > 1 && matches!(batch.last(), Some(event) if is_enter(event));
        let patience = if ends_in_enter { FOLLOWS } else { Duration::ZERO };
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

/// Returns when the other end of the terminal is closed. Reading would not tell: the library that reads goes on
/// for ever at an end of input.
fn wait_for_hang_up() {
    loop {
        let stdin = io::stdin();
        let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
        match rustix::event::poll(&mut watched, None) {
            Ok(_) if !watched[0].revents().is_empty() => return,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // It cannot be watched here; SIGHUP tells, too.
            Err(_) => std::thread::park(),
        }
    }
}
