//! Writes down the sealed payloads that cross, for demonstrations and tests: what a relay gets to see.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use data_encoding::BASE32_NOPAD;

use crate::platform::private_file;

/// A file of lines `out BASE32` and `in BASE32` (RFC 4648), one for each sealed payload in the order in which they
/// crossed. In hexadecimal digits whoever searches for a number that was said would find it by chance.
/// The topic and the credentials of the join are not in it.
#[derive(Debug)]
pub struct Recorder(File);

/// Which way a payload went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    In,
    Out,
}

impl Recorder {
    /// A new recording; an older file of that name is emptied.
    ///
    /// # Errors
    /// Those of opening the file.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        private_file(path, false).map(Self)
    }

    pub(super) fn write(&mut self, direction: Direction, payload: &[u8]) -> io::Result<()> {
        let word = match direction {
            Direction::In => "in",
            Direction::Out => "out",
        };
        // One write a line: a reader that follows the file sees whole lines.
        self.0
            .write_all(format!("{word} {}\n", BASE32_NOPAD.encode(payload)).as_bytes())
    }
}
