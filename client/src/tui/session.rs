//! What a person sits at: the terminal with its keys, and the signals that ask to end or to go on. Taken once; the
//! connect screen hands it on to the chat.

use std::io;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::keyboard::Keyboard;
use super::terminal::{self, Terminal};
use crate::exit::Exit;
use crate::platform::{self, Continued};

/// How long a process that is asked to end may take: a terminal that takes no output must not hold it.
const HURRY: Duration = Duration::from_secs(2);
/// How long it takes at most until a process that stops itself has stopped.
const STOP: Duration = Duration::from_millis(300);

/// The terminal and what comes from it.
#[derive(Debug)]
pub(crate) struct Session {
    /// What is shown.
    pub(crate) terminal: Terminal,
    /// What is typed.
    pub(crate) keyboard: Keyboard,
    /// Brings a `()` when the process is asked to end; it then ends within a time.
    pub(crate) signals: mpsc::Receiver<()>,
    /// Tells that the process was stopped and goes on: the shell may have changed the terminal meanwhile.
    pub(crate) continued: Continued,
}

impl Session {
    /// Takes the terminal, in which an ESC waits so long for what may make another key of it. Has to be called inside a Tokio runtime.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn take(escape_time: Duration) -> io::Result<Self> {
        // Before the terminal is taken: from now on it is always given back.
        let signals = hurried(platform::asked_to_end()?);
        let continued = Continued::listen()?;
        let terminal = Terminal::enter()?;
        Ok(Self {
            keyboard: Keyboard::open(escape_time)?,
            terminal,
            signals,
            continued,
        })
    }
}

/// Gives the terminal to the shell until the process goes on. Whether that was possible; the terminal is to be taken
/// again then.
pub(crate) async fn suspend(terminal: &mut Terminal, continued: &mut Continued) -> bool {
    if terminal.suspend().is_err() {
        return false;
    }
    // The signal may reach another thread first; where nobody can wake us up again, it does nothing.
    tokio::select! {
        () = continued.recv() => {}
        () = sleep(STOP) => {}
    }
    true
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
