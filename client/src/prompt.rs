//! Questions on the controlling terminal: never on standard input, which may be messages.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// The longest line that is taken, in bytes: far more than a passphrase or a name.
pub const MAX_LINE: usize = 4096;

/// Somebody who can be asked.
pub trait Prompt {
    /// Asks for something that is not shown while it is typed. Without the line end.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is no terminal; what the terminal says otherwise.
    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<Vec<u8>>>;

    /// Asks a question whose answer is yes or no; no by default.
    ///
    /// # Errors
    /// As [`secret`](Self::secret).
    fn confirm(&mut self, question: &str) -> io::Result<bool>;
}

/// The controlling terminal of this process.
#[derive(Debug, Default)]
pub struct Terminal;

impl Terminal {
    fn open() -> io::Result<File> {
        // Without a controlling terminal the system says ENXIO, and without a device ENOENT.
        OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))
    }
}

impl Prompt for Terminal {
    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut terminal = Self::open()?;
        let before = tcgetattr(&terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        terminal.write_all(question.as_bytes())?;
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
        let line = read_line(&terminal);
        tcsetattr(&terminal, OptionalActions::Now, &before)?;
        terminal.write_all(b"\n")?;
        line
    }

    fn confirm(&mut self, question: &str) -> io::Result<bool> {
        let mut terminal = Self::open()?;
        terminal.write_all(question.as_bytes())?;
        let answer = read_line(&terminal)?;
        Ok(matches!(answer.first(), Some(b'y' | b'Y')))
    }
}

/// A line, byte by byte so that what follows it stays with the terminal.
fn read_line(mut terminal: &File) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
    let mut byte = Zeroizing::new([0]);
    while line.len() < MAX_LINE && terminal.read(&mut *byte)? == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    Ok(line)
}
