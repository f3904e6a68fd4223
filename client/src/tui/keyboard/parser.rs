//! From the bytes of a terminal to what they mean. No I/O and no clock: what waits for more has a time until when.
//!
//! Whatever comes, nothing is waited for without end: a control sequence ends with its final byte (ECMA-48, 5.4), with
//! a control character, which then counts for itself, or with silence. What is not for us is passed over as a whole.

mod pasting;

use std::str;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use self::pasting::Pasting;
use super::Event;
use super::decode::{self, Meaning};

/// How long a sequence that has begun, or a paste without its end, waits for the next byte.
const SILENCE: Duration = Duration::from_secs(1);
/// So long after its end what comes still belongs to a paste: it came with it, and nobody types that fast.
const AFTER_PASTE: Duration = Duration::from_millis(20);

/// The bytes of a control sequence at most. The longest that means something here has less than thirty.
const MAX_SEQUENCE: usize = 64;

const ESC: u8 = 0x1b;
/// Ctrl+X, which ends everything: no state holds it back.
const CANCEL: u8 = 0x18;

/// What bytes have begun.
#[derive(Debug)]
pub(super) struct Parser {
    state: State,
    /// What belongs to the sequence that has begun, after its introducer.
    held: Vec<u8>,
    /// The paste that has begun.
    paste: Option<Pasting>,
    /// When the last byte came.
    last: Instant,
    /// How long an ESC waits for what may make a sequence of it.
    escape_time: Duration,
    /// What came out, in its order.
    heard: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has begun.
    Ground,
    /// A character of several bytes; with Alt.
    Character(KeyModifiers),
    /// ESC; `twice`: two of them, as rxvt has it for Alt and a key.
    Escape { twice: bool },
    /// ESC [; with Alt.
    Control(KeyModifiers),
    /// ESC O; with Alt.
    Single(KeyModifiers),
    /// ESC [ M, and the three bytes of the oldest reports of the mouse.
    Mouse,
    /// A string that is for nobody here, up to its end; `began` by this byte, with nothing behind it yet.
    Text { began: Option<u8> },
    /// ESC in such a string.
    TextEscape,
}

impl Parser {
    pub(super) fn new(escape_time: Duration) -> Self {
        Self {
            state: State::Ground,
            held: Vec::with_capacity(MAX_SEQUENCE),
            paste: None,
            last: Instant::now(),
            escape_time,
            heard: Vec::new(),
        }
    }

    /// Takes in what was read at once.
    pub(super) fn feed(&mut self, bytes: &[u8], now: Instant) {
        self.expire(now);
        self.last = now;
        let open = self.paste.as_ref().is_some_and(|paste| !paste.ended);
        if open && bytes.iter().all(|byte| *byte == CANCEL) {
            // Alone it is a key, and no part of a paste whose end was lost.
            self.heard
                .extend(bytes.iter().map(|byte| Event::Key(control(*byte))));
            return;
        }
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// What came out until now.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.heard)
    }

    /// What came out and was not taken.
    pub(super) fn heard(&self) -> &[Event] {
        &self.heard
    }

    /// Until when [`expire`](Self::expire) is to be called, if nothing comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let patience = match (self.state, &self.paste) {
            (State::Ground, None) => return None,
            (State::Ground, Some(paste)) if paste.ended => AFTER_PASTE,
            (State::Ground, Some(_)) => SILENCE,
            (State::Escape { .. } | State::Text { began: Some(_) }, _) => self.escape_time,
            (State::Control(_) | State::Single(_), _) if self.held.is_empty() => self.escape_time,
            (State::Control(_), _) if self.is_of_rxvt() => self.escape_time,
            _ => SILENCE,
        };
        Some(self.last + patience)
    }

    /// So late it is: what has waited long enough is what it is.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.deadline().is_some_and(|until| now >= until) {
            match std::mem::replace(&mut self.state, State::Ground) {
                State::Ground => self.paste_is_over(),
                State::Escape { twice } => {
                    for _ in 0..=usize::from(twice) {
                        self.press(KeyCode::Esc, KeyModifiers::NONE);
                    }
                }
                State::Text { began: Some(byte) } => self.with_alt(byte),
                State::Control(_) if self.held.is_empty() => self.with_alt(b'['),
                State::Single(_) if self.held.is_empty() => self.with_alt(b'O'),
                State::Control(alt) if self.is_of_rxvt() => {
                    self.held.pop();
                    self.control_sequence(b'$', alt);
                }
                _ => {}
            }
            self.held.clear();
        }
    }

    fn byte(&mut self, byte: u8) {
        if let Some(paste) = self.paste.as_mut().filter(|paste| !paste.ended) {
            return paste.byte(byte);
        }
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground => self.ground(byte, KeyModifiers::NONE),
            State::Character(alt) => self.character(byte, alt),
            State::Escape { twice } => self.escaped(byte, twice),
            State::Control(alt) => self.in_control_sequence(byte, alt),
            State::Single(alt) => self.single(byte, alt),
            State::Mouse => self.mouse(byte),
            State::Text { .. } => match byte {
                0x07 => {}
                ESC => self.state = State::TextEscape,
                0x00..0x20 => self.ground(byte, KeyModifiers::NONE),
                _ => self.state = State::Text { began: None },
            },
            State::TextEscape if byte == b'\\' => {}
            State::TextEscape => self.escaped(byte, false),
        }
    }

    /// Outside of everything.
    fn ground(&mut self, byte: u8, alt: KeyModifiers) {
        match byte {
            ESC => self.state = State::Escape { twice: false },
            0x00..0x20 | 0x7f => {
                let key = control(byte);
                self.press(key.code, key.modifiers | alt);
            }
            0x20..0x7f => self.press(KeyCode::Char(char::from(byte)), alt),
            0xc2..=0xf4 => {
                self.held.push(byte);
                self.state = State::Character(alt);
            }
            // No UTF-8 begins so.
            _ => {}
        }
    }

    fn character(&mut self, byte: u8, alt: KeyModifiers) {
        if !matches!(byte, 0x80..=0xbf) {
            self.held.clear();
            return self.ground(byte, KeyModifiers::NONE);
        }
        self.held.push(byte);
        match str::from_utf8(&self.held) {
            Ok(text) => {
                let character = text.chars().next();
                self.held.clear();
                if let Some(c) = character {
                    self.press(KeyCode::Char(c), alt);
                }
            }
            Err(error) if error.error_len().is_none() => self.state = State::Character(alt),
            Err(_) => self.held.clear(),
        }
    }

    fn escaped(&mut self, byte: u8, twice: bool) {
        let alt = if twice {
            KeyModifiers::ALT
        } else {
            KeyModifiers::NONE
        };
        match byte {
            b'[' => self.state = State::Control(alt),
            b'O' => self.state = State::Single(alt),
            ESC if !twice => self.state = State::Escape { twice: true },
            _ => {
                if twice || byte == CANCEL {
                    self.press(KeyCode::Esc, KeyModifiers::NONE);
                }
                match byte {
                    ESC => self.state = State::Escape { twice: true },
                    CANCEL => self.ground(byte, KeyModifiers::NONE),
                    // DCS, OSC, PM, APC: answers to what another program has asked.
                    b'P' | b']' | b'^' | b'_' => self.state = State::Text { began: Some(byte) },
                    _ => self.ground(byte, KeyModifiers::ALT),
                }
            }
        }
    }

    fn in_control_sequence(&mut self, byte: u8, alt: KeyModifiers) {
        match byte {
            0x20..0x40 => {
                if self.held.len() < MAX_SEQUENCE {
                    self.held.push(byte);
                }
                self.state = State::Control(alt);
            }
            // The Linux console has F1 to F5 so, with one byte behind it.
            b'[' if self.held.is_empty() => {
                self.held.push(byte);
                self.state = State::Control(alt);
            }
            b'M' if self.held.is_empty() => self.state = State::Mouse,
            0x40..0x7f => {
                self.control_sequence(byte, alt);
                self.held.clear();
            }
            // It is broken off.
            _ => {
                self.held.clear();
                self.ground(byte, KeyModifiers::NONE);
            }
        }
    }

    fn single(&mut self, byte: u8, alt: KeyModifiers) {
        match byte {
            b'0'..=b';' if self.held.len() < MAX_SEQUENCE => {
                self.held.push(byte);
                self.state = State::Single(alt);
            }
            0x20..0x7f => {
                if let Some((code, modifiers)) = decode::single(&self.held, byte) {
                    self.press(code, modifiers | alt);
                }
                self.held.clear();
            }
            _ => {
                self.held.clear();
                self.ground(byte, KeyModifiers::NONE);
            }
        }
    }

    fn mouse(&mut self, byte: u8) {
        if byte < 0x20 {
            self.held.clear();
            return self.ground(byte, KeyModifiers::NONE);
        }
        self.held.push(byte);
        if self.held.len() < 3 {
            self.state = State::Mouse;
            return;
        }
        if let Some(mouse) = decode::old_mouse(&self.held) {
            self.say(Event::Mouse(mouse));
        }
        self.held.clear();
    }

    /// A control sequence is complete but for the final byte.
    fn control_sequence(&mut self, last: u8, alt: KeyModifiers) {
        match decode::control(&self.held, last) {
            Some(Meaning::Key(code, modifiers)) => self.press(code, modifiers | alt),
            Some(Meaning::PasteBegins) => {
                let paste = self.paste.get_or_insert_default();
                paste.goes_on();
            }
            Some(Meaning::Other(event)) => self.say(event),
            None => {}
        }
    }

    /// What rxvt sends for Shift and a key ends in what elsewhere is the middle of something: `ESC [ 3 $`.
    fn is_of_rxvt(&self) -> bool {
        let number = self.held.strip_suffix(b"$");
        number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
    }

    /// What would have begun something, and nothing followed.
    fn with_alt(&mut self, byte: u8) {
        self.press(KeyCode::Char(char::from(byte)), KeyModifiers::ALT);
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.say(Event::Key(KeyEvent::new(code, modifiers)));
    }

    /// Something came out: what stands behind a paste is text of it, and does nothing.
    fn say(&mut self, event: Event) {
        match (&mut self.paste, event) {
            (Some(paste), Event::Key(key)) => paste.key(key),
            (_, event) => self.heard.push(event),
        }
    }

    fn paste_is_over(&mut self) {
        let Some(paste) = self.paste.take() else { return };
        self.heard.push(Event::Paste(paste.over()));
    }
}

/// The key of a control character.
fn control(byte: u8) -> KeyEvent {
    let (code, modifiers) = match byte {
        b'\r' => (KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => (KeyCode::Tab, KeyModifiers::NONE),
        0x7f => (KeyCode::Backspace, KeyModifiers::NONE),
        0 => (KeyCode::Char(' '), KeyModifiers::CONTROL),
        0x01..=0x1a => (KeyCode::Char(char::from(b'a' + byte - 1)), KeyModifiers::CONTROL),
        _ => (
            KeyCode::Char(char::from(b'4' + byte.saturating_sub(0x1c))),
            KeyModifiers::CONTROL,
        ),
    };
    KeyEvent::new(code, modifiers)
}

#[cfg(test)]
mod tests;
