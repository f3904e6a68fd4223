//! Lines from a terminal, and which of them came together.

use std::io::{self, BufRead, BufReader, Read};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::platform;

/// Lines that wait to be taken.
const LINES: usize = 8;
/// How long the end of a line waits for what may follow it: a paste comes in pieces.
const FOLLOWS: Duration = Duration::from_millis(20);
/// What is read at once at most; more than a message holds.
const MAX_TOGETHER: usize = 128 << 10;

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line that came alone, without its end.
    Line(String),
    /// Lines that came together: somebody pasted them.
    Lines(String),
    /// Nothing more comes.
    End,
}

/// Reads standard input, in a thread of its own: a read of a terminal has no time limit.
///
/// # Errors
/// Those of the terminal.
pub(super) fn open() -> io::Result<mpsc::Receiver<Typed>> {
    let (sender, lines) = mpsc::channel(LINES);
    let stdin = platform::stdin()?;
    std::thread::spawn(move || {
        let follows = || platform::waits(FOLLOWS);
        read(BufReader::new(stdin), follows, |typed| {
            sender.blocking_send(typed).is_ok()
        });
    });
    Ok(lines)
}

/// Reads to the end. `follows`: whether more waits behind what was read.
fn read(mut reader: BufReader<impl Read>, follows: impl Fn() -> bool, mut give: impl FnMut(Typed) -> bool) {
    let mut together = Vec::new();
    loop {
        let ended = !matches!(reader.read_until(b'\n', &mut together), Ok(1..));
        let whole = together.ends_with(b"\n") && reader.buffer().is_empty();
        if !ended && together.len() < MAX_TOGETHER && (!whole || follows()) {
            continue;
        }
        let text = String::from_utf8_lossy(&std::mem::take(&mut together)).into_owned();
        let goes_on = match text.strip_suffix('\n').unwrap_or(&text) {
            "" if ended => true,
            line if line.contains('\n') => give(Typed::Lines(text)),
            line => give(Typed::Line(line.to_owned())),
        };
        if ended {
            give(Typed::End);
        }
        if ended || !goes_on {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Gives a line at a time, as a terminal does.
    struct Terminal<'a>(&'a [u8]);

    impl Read for Terminal<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let end = self
                .0
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(self.0.len(), |end| end + 1);
            into[..end].copy_from_slice(&self.0[..end]);
            self.0 = &self.0[end..];
            Ok(end)
        }
    }

    fn all(text: &str, behind: &[bool]) -> Vec<Typed> {
        let asked = Cell::new(0);
        let mut all = Vec::new();
        let follows = || {
            behind
                .get(asked.replace(asked.get() + 1))
                .copied()
                .unwrap_or(false)
        };
        read(BufReader::new(Terminal(text.as_bytes())), follows, |typed| {
            all.push(typed);
            true
        });
        all
    }

    #[test]
    fn lines_that_come_together_are_one_and_others_are_not() {
        let line = |text: &str| Typed::Line(text.to_owned());
        assert_eq!(all("a\nb\n", &[]), [line("a"), line("b"), Typed::End]);
        assert_eq!(
            all("a\nb\nc\n", &[true, false]),
            [Typed::Lines("a\nb\n".to_owned()), line("c"), Typed::End]
        );
        assert_eq!(all("\nlast", &[]), [line(""), line("last"), Typed::End]);
    }
}
