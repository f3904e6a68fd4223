//! The terminal: raw mode, the alternate screen, and the cells on it. What was there before comes back at every
//! end: normal, error, panic, signal.

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EnableLineWrap, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::ambiguous_width;
use crate::platform;
use crate::screen::view::Link;
use crate::tui::hyperlinks;

/// Whether the terminal is ours just now.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether it is to tell keys apart that otherwise are the same bytes.
static TELLS_APART: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is ours.
static MOUSE: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: Once = Once::new();
/// It was asked something, and has not answered yet.
static AWAITED: Mutex<bool> = Mutex::new(false);
static ANSWERED: Condvar = Condvar::new();

/// How long is waited for an answer at the end: of a terminal on this machine or near it, and of one behind ssh.
const NEAR: Duration = Duration::from_millis(150);
const FAR: Duration = Duration::from_millis(600);

/// More than the largest screens have, in letters that can hardly be read.
const MAX_COLUMNS: u16 = 1000;
const MAX_ROWS: u16 = 500;

/// What a process ends with after a panic, as without us.
const PANICKED: i32 = 101;

/// The terminal puts the window's title aside, and brings it back.
const SAVE_TITLE: &str = "\x1b[22;2t";
const RESTORE_TITLE: &str = "\x1b[23;2t";

/// On the other screen the wheel is to send Up and Down, which scroll; how it was before is put aside. Terminals that
/// know nothing of that keep it as they have it, which most do that way.
const WHEEL: &str = "\x1b[?1007s\x1b[?1007h";
const RESTORE_WHEEL: &str = "\x1b[?1007r";
/// Presses of buttons and the wheel are told, with places beyond column 223. Movements are not: nobody needs to be woken
/// by them.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// No link goes on (OSC 8).
const END_LINK: &str = "\x1b]8;;\x1b\\";

/// Can the terminal tell keys apart (the keyboard protocol of kitty)? And what is it: every terminal answers that, so
/// that an answer to this alone says no. Terminals have crashed on the protocol unasked.
const ASK: &str = "\x1b[?u\x1b[c";
/// Only what tells keys apart: nothing about releases, and text stays text.
const APART: KeyboardEnhancementFlags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;

/// A terminal that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// What is on the screen; `None` when that is not known.
    shown: Option<(Buffer, Position, Vec<Link>)>,
    /// It may know links (OSC 8): the Linux console does not even know to pass over them.
    links: bool,
    out: platform::Stdout,
}

/// Whether there is a terminal to chat on: both standard input and output.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Whether the chat is to be lines: asked for, or the terminal can do nothing else.
pub(crate) fn plain_is_wanted(asked: bool) -> bool {
    asked || std::env::var("TERM").is_ok_and(|term| term == "dumb")
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn enter() -> io::Result<Self> {
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
        let knows_sequences = knows_sequences();
        let mut terminal = Self {
            shown: None,
            links: knows_sequences,
            out: platform::stdout()?,
        };
        take()?;
        if knows_sequences {
            *lock_awaited() = true;
            terminal.out.write_all(ASK.as_bytes())?;
        }
        Ok(terminal)
    }

    /// Shows a picture and puts the cursor into it. Writes only what differs, and nothing when nothing does.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn draw(&mut self, picture: Buffer, caret: Position) -> io::Result<()> {
        self.draw_with_links(picture, caret, Vec::new())
    }

    /// The same, with links that the terminal opens, if it knows how to.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn draw_with_links(
        &mut self,
        picture: Buffer,
        caret: Position,
        mut links: Vec<Link>,
    ) -> io::Result<()> {
        if !self.links {
            links.clear();
        }
        let known = self.shown.take().filter(|(shown, ..)| shown.area == picture.area);
        if known
            .as_ref()
            .is_some_and(|(shown, at, linked)| *shown == picture && *at == caret && *linked == links)
        {
            self.shown = known;
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(4096);
        queue!(bytes, BeginSynchronizedUpdate, Hide)?;
        let mut before = match known {
            Some((mut shown, _, linked)) => {
                hyperlinks::unsettle(&mut shown, &linked, &links);
                shown
            }
            None => {
                queue!(bytes, SetAttribute(Attribute::Reset), Clear(ClearType::All))?;
                Buffer::empty(picture.area)
            }
        };
        ambiguous_width::start_over(&mut bytes, &mut before, &picture)?;
        hyperlinks::write(&mut bytes, before.diff_iter(&picture), &links, picture.area.width)?;
        queue!(bytes, MoveTo(caret.x, caret.y), Show, EndSynchronizedUpdate)?;
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        self.shown = Some((picture, caret, links));
        Ok(())
    }

    /// Puts a text into the clipboard of the terminal, if it has one that we may write (OSC 52). It never answers.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn copy(&mut self, text: &str) -> io::Result<()> {
        let text = data_encoding::BASE64.encode(text.as_bytes());
        write!(self.out, "\x1b]52;c;{text}\x07")?;
        self.out.flush()
    }

    /// Lets the terminal tell keys apart from now on, Shift+Enter from Enter among them. Only after it has answered
    /// that it can.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn tell_keys_apart(&mut self) -> io::Result<()> {
        if TELLS_APART.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        execute!(self.out, PushKeyboardEnhancementFlags(APART))
    }

    /// The mouse is ours from now on: the terminal's own selection needs Shift with it.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn take_mouse(&mut self) -> io::Result<()> {
        MOUSE.store(true, Ordering::SeqCst);
        self.out.write_all(MOUSE_ON.as_bytes())
    }

    /// Gives the terminal back at once, and waits for nothing.
    pub(crate) fn abandon(self) {
        *lock_awaited() = false;
    }

    /// Everything is drawn anew the next time.
    pub(crate) fn forget(&mut self) {
        self.shown = None;
    }

    /// Gives the terminal back and stops the process, as Ctrl-Z would without us. [`resume`](Self::resume) is to
    /// follow when it goes on.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        restore();
        platform::stop()
    }

    /// Gives the terminal to another process. [`resume`](Self::resume) is to follow.
    pub(crate) fn lend(&mut self) {
        restore();
    }

    /// Takes the terminal again, whatever happened to it meanwhile.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        restore();
        self.forget();
        // What another program has asked is answered to that, late.
        platform::discard_input();
        take()
    }
}

/// Columns and rows. A terminal that does not know (a serial line, some containers) has as many as the environment
/// says, else those of most; and none has so many that the picture would fill the memory.
pub(crate) fn size() -> (u16, u16) {
    let said = platform::window_size().unwrap_or_default();
    let cells = |said: u16, variable: &str, usual: u16, most: u16| {
        let told = || {
            std::env::var(variable)
                .ok()?
                .parse()
                .ok()
                .filter(|told| *told > 0)
        };
        (said > 0)
            .then_some(said)
            .or_else(told)
            .unwrap_or(usual)
            .min(most)
    };
    (
        cells(said.0, "COLUMNS", 80, MAX_COLUMNS),
        cells(said.1, "LINES", 24, MAX_ROWS),
    )
}

fn lock_awaited() -> MutexGuard<'static, bool> {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal has answered.
pub(crate) fn answered() {
    *lock_awaited() = false;
    ANSWERED.notify_all();
}

/// Waits for what the terminal was asked, so that the answer does not come to whoever reads next. Not for long, and
/// only once.
pub(crate) fn await_answer() {
    let patience = match std::env::var_os("SSH_CONNECTION") {
        Some(_) => FAR,
        None => NEAR,
    };
    let waited = ANSWERED.wait_timeout_while(lock_awaited(), patience, |awaited| *awaited);
    *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether it passes over what it does not know: the Linux console shows some of it.
fn knows_sequences() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term != "linux" && term != "dumb")
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    queue!(
        bytes,
        Print(SAVE_TITLE),
        Print(WHEEL),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    if MOUSE.load(Ordering::SeqCst) {
        queue!(bytes, Print(MOUSE_ON))?;
    }
    if TELLS_APART.load(Ordering::SeqCst) {
        queue!(bytes, PushKeyboardEnhancementFlags(APART))?;
    }
    let mut out = io::stdout();
    out.write_all(&bytes)?;
    out.flush()
}

/// Gives the terminal back as it was. Whether it was ours. May be called at any time and more than once.
pub(crate) fn restore() -> bool {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return false;
    }
    let mut bytes = Vec::new();
    if TELLS_APART.load(Ordering::SeqCst) {
        // Before the other screen is left: each has its own.
        let _ = queue!(bytes, PopKeyboardEnhancementFlags);
    }
    if MOUSE.load(Ordering::SeqCst) {
        let _ = queue!(bytes, Print(MOUSE_OFF));
    }
    if knows_sequences() {
        // The picture may have ended in the middle of a link.
        let _ = queue!(bytes, Print(END_LINK));
    }
    let sequences = queue!(
        bytes,
        EndSynchronizedUpdate,
        // In the middle of a picture a wide sign may have turned it off.
        EnableLineWrap,
        SetAttribute(Attribute::Reset),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Print(RESTORE_WHEEL),
        Print(RESTORE_TITLE),
        SetCursorStyle::DefaultUserShape,
        Show
    );
    // A terminal that is gone needs none of this, and there is nobody to tell.
    let mut out = io::stdout();
    let _ = sequences
        .and_then(|()| out.write_all(&bytes))
        .and_then(|()| out.flush());
    await_answer();
    restore_modes();
    true
}

/// Gives back only the modes, which works where nothing can be written (output stopped by Ctrl-S).
pub(crate) fn restore_modes() {
    // What was typed for the chat and not yet read is not for the shell.
    platform::discard_input();
    let _ = disable_raw_mode();
}
