//! `sotto pipe`: a room joined to standard input and output, for scripts, bots and tests.

pub(crate) mod input;
pub(crate) mod output;
mod take;
mod updates;

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::time::Duration;

use sotto_protocol::instance::Receipt;
use sotto_protocol::message::MessageId;
use time::OffsetDateTime;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

pub(crate) use self::input::{Fault, Input};
use self::output::{Format, Line};
use crate::exit::Exit;
use crate::room::{Command, Room, Update, Updates};

/// What `sotto pipe --help` says of its two forms.
pub(crate) const HELP: &str = "\
Lines in: each is a message; empty ones are skipped, one over 60,000 bytes is sent in pieces, one that is not \
UTF-8 is refused with a word on stderr. Lines out: 'NAME: text', always one line a message (line breaks are \
shown as \\n; on a terminal all control characters are shown). All else goes to stderr.

With --json, JSON Lines both ways. In: {\"type\":\"text\",\"text\":TEXT}, {\"type\":\"edit\",\"id\":HEX,\"text\":TEXT}, \
{\"type\":\"delete\",\"id\":HEX}, {\"type\":\"typing\"}, {\"type\":\"read\",\"id\":HEX}, {\"type\":\"fade\",\"seconds\":N}, \
{\"type\":\"leave\"}. A pipe never agrees by itself that messages fade: whoever says fade forgets them (fades_s of a \
message) after so many seconds; 0 is that they stay.";

/// Lines of input that were read and not yet taken: one is on its way while the next is read.
const LINES: usize = 1;
/// How long a line may take to be written once a signal has come.
const HURRIED: Duration = Duration::from_millis(100);
/// How long a signal waits until what is to be kept is on the relay.
const KEEPING: Duration = Duration::from_secs(2);
/// How long what is said live waits at the first join for what was left before, and how much of it.
const LOOKING: Duration = Duration::from_secs(10);
const MAX_LATER: usize = 256;

/// When a pipe ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending {
    /// Not with the input.
    pub(crate) follow: bool,
    /// After so many messages received.
    pub(crate) count: Option<u64>,
    /// When the last peer has left.
    pub(crate) until_peer_leaves: bool,
    /// How long to wait at the end until all is delivered.
    pub(crate) timeout: Duration,
    /// What is not delivered is left on the relay: a signal waits for that.
    pub(crate) keep: bool,
}

impl Ending {
    /// Whether the end of input ends it. What is to be waited for besides input is waited for without.
    fn is_with_input(self) -> bool {
        !self.follow && self.count.is_none() && !self.until_peer_leaves
    }
}

/// Reads standard input on a thread of its own, as far as lines are taken.
pub(crate) fn stdin(json: bool) -> mpsc::Receiver<Result<Input, Fault>> {
    let (sender, receiver) = mpsc::channel(LINES);
    // A thread that reads cannot be stopped; it is not waited for.
    std::thread::spawn(move || {
        input::read(io::stdin().lock(), json, |line| {
            sender.blocking_send(line).is_ok()
        });
    });
    receiver
}

/// A room's two ends, and what is in between.
pub(crate) struct Pipe<O, E> {
    room: Room,
    updates: Updates,
    /// Closed at the end of input.
    lines: mpsc::Receiver<Result<Input, Fault>>,
    /// Brings a `()` when the process is asked to end.
    signals: mpsc::Receiver<()>,
    out: O,
    err: E,
    format: Format,
    ending: Ending,
    /// What the outbox had no room for; no more input is read meanwhile.
    held: Option<Input>,
    /// End of input, or `leave`.
    input_ended: bool,
    joined: bool,
    /// Until when what was left on the relay is waited for, and what has come live meanwhile.
    looking: Option<Instant>,
    later: VecDeque<(Update, OffsetDateTime)>,
    /// Something was taken that is to be delivered.
    said: bool,
    /// Messages received and written.
    received: u64,
    peers: usize,
    /// By their id, the newest last.
    readable: VecDeque<(MessageId, Receipt)>,
    /// No message is taken any more: they stay with their authors, undelivered.
    leaving: bool,
    /// When to leave although not all is done.
    deadline: Option<Instant>,
    /// A line of input could not be taken.
    faulty: bool,
    /// Nobody will get something that was taken.
    lost: bool,
    /// A signal came: no reader is waited for any longer than [`HURRIED`].
    hurried: bool,
}

/// Why the lines cannot go on.
enum Stop {
    /// Standard output takes no more.
    Closed(io::Error),
    /// A signal.
    Asked,
}

impl<O: AsyncWrite + Unpin, E: AsyncWrite + Unpin> Pipe<O, E> {
    /// Joins a room to lines in and lines out.
    pub(crate) fn new(
        (room, updates): (Room, Updates),
        lines: mpsc::Receiver<Result<Input, Fault>>,
        signals: mpsc::Receiver<()>,
        (out, err): (O, E),
        format: Format,
        ending: Ending,
    ) -> Self {
        Self {
            room,
            updates,
            lines,
            signals,
            out,
            err,
            format,
            ending,
            held: None,
            input_ended: false,
            joined: false,
            looking: None,
            later: VecDeque::new(),
            said: false,
            received: 0,
            peers: 0,
            readable: VecDeque::new(),
            leaving: false,
            deadline: None,
            faulty: false,
            lost: false,
            hurried: false,
        }
    }

    /// Runs until it ends by itself, by its input, or by a signal.
    pub(crate) async fn run(mut self) -> Exit {
        loop {
            match self.turn().await {
                Ok(None) => {}
                Ok(Some(exit)) => return exit,
                // Asked a second time: the peers find out.
                Err(Stop::Asked) if self.hurried => return Exit::Failed,
                Err(Stop::Asked) => {
                    self.hurried = true;
                    let wait = if self.ending.keep { KEEPING } else { Duration::ZERO };
                    self.leave(wait).await;
                }
                Err(Stop::Closed(error)) => {
                    self.hurried = true;
                    self.leave(Duration::ZERO).await;
                    let line = Line::Err(format!("cannot write to standard output: {error}"));
                    // Standard error cannot be closed in this sense.
                    let _ = self.write(Some(line)).await;
                    while self.updates.next().await.is_some() {}
                    return Exit::Failed;
                }
            }
        }
    }

    /// One thing that happens. The exit, when it was the last.
    async fn turn(&mut self) -> Result<Option<Exit>, Stop> {
        let reads = !self.input_ended && self.held.is_none() && !self.leaving;
        if self.later.len() >= MAX_LATER || self.looking.is_some_and(|until| Instant::now() >= until) {
            self.looking = None;
        }
        if self.looking.is_none()
            && let Some((update, at)) = self.later.pop_front()
        {
            return self.updated(update, at).await;
        }
        let deadline = self.deadline.into_iter().chain(self.looking).min();
        let due = async move {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => pending().await,
            }
        };
        tokio::select! {
            Some(()) = self.signals.recv() => return Err(Stop::Asked),
            update = self.updates.next() => match update {
                Some(update @ (Update::Event { .. } | Update::Again { .. })) if self.looking.is_some() => {
                    self.later.push_back((update, OffsetDateTime::now_utc()));
                }
                Some(update) => return self.updated(update, OffsetDateTime::now_utc()).await,
                None => return Ok(Some(Exit::Failed)),
            },
            line = self.lines.recv(), if reads => match line {
                Some(Ok(input)) => self.take(input).await?,
                Some(Err(fault)) => {
                    self.faulty = true;
                    self.write(self.format.error(fault.word(), &fault.to_string())).await?;
                }
                None => self.end_input().await,
            },
            () = due => {
                if self.deadline.is_none_or(|deadline| Instant::now() < deadline) {
                    return Ok(None);
                }
                if !self.joined {
                    self.write(self.format.error("not_joined", "the room was not joined in time")).await?;
                    self.faulty = true;
                }
                self.leave(Duration::ZERO).await;
            }
        }
        Ok(None)
    }

    /// Leaves once all is delivered, after `timeout` at the latest.
    async fn leave(&mut self, timeout: Duration) {
        self.leaving = true;
        self.deadline = None;
        // Left already: the last update says it.
        let _ = self.room.command(Command::Leave { timeout }).await;
    }

    /// Writes a line and flushes it, unless a signal comes before the reader.
    async fn write(&mut self, line: Option<Line>) -> Result<(), Stop> {
        let writing = async {
            match line {
                None => Ok(()),
                Some(Line::Out(line)) => {
                    self.out.write_all(format!("{line}\n").as_bytes()).await?;
                    self.out.flush().await
                }
                Some(Line::Err(line)) => {
                    let line = format!("{line}\n");
                    // Without stderr the lines go on.
                    if self.err.write_all(line.as_bytes()).await.is_ok() {
                        let _ = self.err.flush().await;
                    }
                    Ok(())
                }
            }
        };
        if self.hurried {
            // Too slow is as good as gone.
            return timeout(HURRIED, writing)
                .await
                .unwrap_or(Ok(()))
                .map_err(Stop::Closed);
        }
        tokio::select! {
            biased;
            written = writing => written.map_err(Stop::Closed),
            Some(()) = self.signals.recv() => Err(Stop::Asked),
        }
    }
}

#[cfg(test)]
mod tests;
