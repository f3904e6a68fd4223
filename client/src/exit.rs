//! How a run of `sotto` ends: with a code, and a line on stderr.

use std::io::{self, Write};
use std::process::ExitCode;

/// What the process tells the one who started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Something failed; a sentence on stderr says what.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// The relay refused the first join.
    Refused = 3,
    /// The relay could not be reached.
    Unreachable = 4,
    /// Not all was delivered in time.
    Undelivered = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A line on stderr, if that is still there.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "sotto: {line}");
}
