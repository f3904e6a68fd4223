//! Questions on the controlling terminal: never on standard input, which may be messages.

use std::io;

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
