//! The terminal: raw mode, the alternate screen, and the cells on it. What was there before comes back at every
//! end: normal, error, panic, signal.

use std::io::{self, IsTerminal, Stdout, Write};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, MoveTo, SetCursorStyle, Show};
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::queue;
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{QueueSelector, tcflush};

/// Whether the terminal is ours just now.
static TAKEN: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: Once = Once::new();

/// What a process ends with after a panic, as without us.
const PANICKED: i32 = 101;

/// The terminal puts the window's title aside, and brings it back.
const SAVE_TITLE: &str = "\x1b[22;2t";
const RESTORE_TITLE: &str = "\x1b[23;2t";

/// A terminal that is ours until this is dropped.
#[derive(Debug)]
pub struct Terminal {
    /// What is on the screen; `None` when that is not known.
    shown: Option<(Buffer, Position)>,
    out: Stdout,
}

/// Whether there is a terminal to chat on: both standard input and output.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn enter() -> io::Result<Self> {
        PANIC_HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                let ours = restore();
                before(info);
                if ours {
                    // Whichever thread it was: a chat that goes on without its terminal is none.
                    std::process::exit(PANICKED);
                }
            }));
        });
        let terminal = Self {
            shown: None,
            out: io::stdout(),
        };
        take()?;
        Ok(terminal)
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        size()
    }

    /// Shows a picture and puts the cursor into it. Writes only what differs, and nothing when nothing does.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn draw(&mut self, picture: Buffer, caret: Position) -> io::Result<()> {
        let known = self.shown.take().filter(|(shown, _)| shown.area == picture.area);
        if known
            .as_ref()
            .is_some_and(|(shown, at)| *shown == picture && *at == caret)
        {
            self.shown = known;
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(4096);
        queue!(bytes, BeginSynchronizedUpdate, Hide)?;
        let blank;
        let before = match &known {
            Some((shown, _)) => shown,
            None => {
                queue!(bytes, SetAttribute(Attribute::Reset), Clear(ClearType::All))?;
                blank = Buffer::empty(picture.area);
                &blank
            }
        };
        CrosstermBackend::new(&mut bytes).draw(before.diff_iter(&picture))?;
        queue!(bytes, MoveTo(caret.x, caret.y), Show, EndSynchronizedUpdate)?;
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        self.shown = Some((picture, caret));
        Ok(())
    }

    /// Everything is drawn anew the next time.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// Gives the terminal back and stops the process, as Ctrl-Z would without us. [`resume`](Self::resume) is to
    /// follow when it goes on.
    ///
    /// # Errors
    /// Those of the system.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        kill_current_process_group(Signal::TSTP)?;
        Ok(())
    }

    /// Gives the terminal to another process. [`resume`](Self::resume) is to follow.
    pub fn lend(&mut self) {
        restore();
    }

    /// Takes the terminal again, whatever happened to it meanwhile.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn resume(&mut self) -> io::Result<()> {
        restore();
        self.forget();
        take()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    queue!(
        bytes,
        Print(SAVE_TITLE),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    let mut out = io::stdout();
    out.write_all(&bytes)?;
    out.flush()
}

/// Gives the terminal back as it was. Whether it was ours. May be called at any time and more than once.
pub fn restore() -> bool {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return false;
    }
    let mut bytes = Vec::new();
    let sequences = queue!(
        bytes,
        EndSynchronizedUpdate,
        SetAttribute(Attribute::Reset),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Print(RESTORE_TITLE),
        SetCursorStyle::DefaultUserShape,
        Show
    );
    // A terminal that is gone needs none of this, and there is nobody to tell.
    let mut out = io::stdout();
    let _ = sequences
        .and_then(|()| out.write_all(&bytes))
        .and_then(|()| out.flush());
    restore_modes();
    true
}

/// Gives back only the modes, which works where nothing can be written (output stopped by Ctrl-S).
pub fn restore_modes() {
    // What was typed for the chat and not yet read is not for the shell.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    let _ = disable_raw_mode();
}
