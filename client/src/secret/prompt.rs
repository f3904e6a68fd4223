//! Questions on the controlling terminal: never on standard input, which may be messages.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::platform::{self, Modes, Tty};

/// The longest line that is taken, in bytes: far more than a passphrase or a name.
pub(crate) const MAX_LINE: usize = 4096;

/// The modes that the terminal had before the question that is being asked.
static BEFORE: Mutex<Option<Modes>> = Mutex::new(None);

/// Somebody who can be asked.
pub(crate) trait Prompt {
    /// Asks for something that is not shown while it is typed. Without the line end.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is no terminal, [`io::ErrorKind::Interrupted`] after Ctrl-C; what
    /// the terminal says otherwise.
    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<Vec<u8>>>;

    /// Asks for something that is shown while it is typed.
    ///
    /// # Errors
    /// As [`secret`](Self::secret).
    fn line(&mut self, question: &str) -> io::Result<String>;

    /// Asks a question whose answer is yes or no; no by default.
    ///
    /// # Errors
    /// As [`secret`](Self::secret).
    fn confirm(&mut self, question: &str) -> io::Result<bool> {
        Ok(self.line(question)?.trim_start().starts_with(['y', 'Y']))
    }
}

/// The controlling terminal of this process.
#[derive(Debug, Default)]
pub(crate) struct TtyPrompt;

impl Prompt for TtyPrompt {
    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        ask(question)
    }

    /// The terminal's own line editing is used: nothing is drawn, and a screen reader reads what is typed.
    fn line(&mut self, question: &str) -> io::Result<String> {
        let mut terminal = Tty::open()?;
        terminal.write_all(question.as_bytes())?;
        let mut line = Vec::new();
        BufReader::new(terminal.take(MAX_LINE as u64)).read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\n") {
            Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Gives the terminal back its modes while a question is being asked: for a process that has to end now.
pub(crate) fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before
        && let Ok(mut terminal) = Tty::open()
    {
        terminal.give_back(&before);
        let _ = terminal.write_all(b"\n");
    }
}

/// Restores the terminal however a question ends.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        restore();
    }
}

/// Asks and reads a line that is not shown, key by key: Ctrl-C must find its way here, and not kill us before echo is
/// back.
fn ask(question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut terminal = Tty::open()?;
    let before = terminal.modes()?;
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before.clone());
    let restored = Restored;
    terminal.by_key(before)?;
    terminal.write_all(question.as_bytes())?;
    let mut answer = Answer::default();
    loop {
        let mut byte = Zeroizing::new([0]);
        if terminal.read(&mut *byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match answer.key(byte[0]) {
            Key::Typed => {}
            Key::Done => return Ok(answer.line),
            Key::End => return Err(io::ErrorKind::UnexpectedEof.into()),
            Key::Interrupt => {
                drop(restored);
                // As the key would have done: ends us, unless somebody listens to it.
                platform::interrupt()?;
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
    }
}

/// What a byte from the terminal has done.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    Typed,
    Done,
    End,
    Interrupt,
}

/// A line as it is being typed.
struct Answer {
    line: Zeroizing<Vec<u8>>,
    escape: Escape,
}

/// Where we are in the escape sequence of a key that has no meaning here.
#[derive(Default)]
enum Escape {
    #[default]
    Outside,
    Begun,
    Inside,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            // All the room from the start, so that growing leaves no copy behind.
            line: Zeroizing::new(Vec::with_capacity(MAX_LINE)),
            escape: Escape::Outside,
        }
    }
}

impl Answer {
    fn key(&mut self, byte: u8) -> Key {
        match (std::mem::take(&mut self.escape), byte) {
            (Escape::Begun, b'[' | b'O') => self.escape = Escape::Inside,
            (Escape::Inside, b' '..=b'?') => self.escape = Escape::Inside,
            (Escape::Begun | Escape::Inside, b' '..=b'~') => {}
            (_, b'\r' | b'\n') => return Key::Done,
            (_, 0x03) => return Key::Interrupt,
            (_, 0x04) if self.line.is_empty() => return Key::End,
            (_, 0x08 | 0x7f) => self.backspace(),
            (_, 0x15) => self.line.clear(),
            (_, 0x17) => self.erase_word(),
            (_, 0x1b) => self.escape = Escape::Begun,
            (_, 0x00..0x20) => {}
            (_, byte) if self.line.len() < MAX_LINE => self.line.push(byte),
            _ => {}
        }
        Key::Typed
    }

    /// Deletes a character, which may be several bytes.
    fn backspace(&mut self) {
        while self
            .line
            .pop()
            .is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000)
        {}
    }

    fn erase_word(&mut self) {
        while self.line.pop_if(|byte| *byte == b' ').is_some() {}
        while self.line.pop_if(|byte| *byte != b' ').is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> (String, Key) {
        let mut answer = Answer::default();
        let mut last = Key::Typed;
        for &byte in bytes {
            last = answer.key(byte);
        }
        (String::from_utf8_lossy(&answer.line).into_owned(), last)
    }

    #[test]
    fn a_line_is_typed_with_the_keys_that_people_know() {
        assert_eq!(typed(b"abc\r"), ("abc".to_owned(), Key::Done));
        assert_eq!(typed("aé\x7fb".as_bytes()).0, "ab");
        assert_eq!(typed(b"one two\x17three").0, "one three");
        assert_eq!(typed(b"one two\x15x").0, "x");
        assert_eq!(typed(b"a\x1b[Db\x1bOCc\x1b[3~d").0, "abcd");
        assert_eq!(typed(b"\x7f\x17").0, "");
    }

    #[test]
    fn interrupt_and_end_are_told_apart() {
        assert_eq!(typed(b"abc\x03").1, Key::Interrupt);
        assert_eq!(typed(b"\x04").1, Key::End);
        assert_eq!(typed(b"a\x04").1, Key::Typed);
    }

    #[test]
    fn a_line_is_bounded() {
        assert_eq!(typed(&vec![b'x'; 2 * MAX_LINE]).0.len(), MAX_LINE);
    }
}
