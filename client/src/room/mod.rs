//! One room on one relay: a socket of its own, a run of its own, and the peers in it.
//!
//! [`Room::open`] starts a task that connects (`connect`), joins and keeps the channel (`channel`), drives
//! the [`Instance`](sotto_protocol::Instance) over it, and comes back after every loss (`backoff`) until it
//! is told to leave. [`Room`] gives it commands, [`Updates`] brings what happens, in order.

mod backoff;
mod clock;
mod error;
mod keeping;
mod names;
mod recorder;
pub(crate) mod relay;
mod task;
mod timing;

use std::task::{Context, Poll};
use std::time::Duration;

pub use keeping::Keeping;
pub(crate) use recorder::Recorder;
use sotto_protocol::fading::Fading;
use sotto_protocol::instance::{Event, Posted, Receipt, SayError, Target};
use sotto_protocol::kept::DropHash;
use sotto_protocol::mail::mailbox::{self, KeepError, Waiting};
use sotto_protocol::memory::Unsent;
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::{Name, Root};
pub use timing::Timing;
use tokio::sync::{mpsc, oneshot};

pub use self::error::RelayError;
pub(crate) use self::error::told;
use crate::memory::{Found, MemoryError, Remember};
use crate::relay_url::Address;

/// Updates that wait to be taken at most; beyond, the room keeps a bounded number itself, then reads no more.
const UPDATES: usize = 64;

/// What a room needs to be opened.
pub struct RoomConfig {
    /// Where the relay is.
    pub address: Address,
    /// What all keys come from. The room's own copy; zeroized when it is left.
    pub root: Root,
    /// What the others call us.
    pub name: Name,
    /// That it may be remembered from one run to the next, and where.
    pub remember: Option<Remember>,
    /// Where the sealed payloads that cross are written down, for demonstrations and tests.
    pub recorder: Option<Recorder>,
    /// How long everything may take.
    pub timing: Timing,
    /// How what waits is dealt with.
    pub keeping: Keeping,
}

impl RoomConfig {
    /// A room of which nothing is recorded or remembered.
    pub fn new(address: Address, root: Root, name: Name) -> Self {
        Self {
            address,
            root,
            name,
            remember: None,
            recorder: None,
            timing: Timing::default(),
            keeping: Keeping::default(),
        }
    }
}

/// What the user wants, but for saying something: see [`Room::say`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Changes a message of ours.
    Edit {
        /// Which one.
        id: MessageId,
        /// What it says from now on.
        text: String,
    },
    /// Deletes a message of ours.
    Delete {
        /// Which one.
        id: MessageId,
    },
    /// Reacts to a message; an empty reaction takes it back.
    React {
        /// To which one.
        target: Target,
        /// With what.
        reaction: String,
    },
    /// Takes another name.
    Rename(Name),
    /// Says what we want of messages that fade.
    Fade(Fading),
    /// The user types (give it at every key), or has stopped to.
    Typing(bool),
    /// The user's side holds everything of that peer's up to here: "delivered" on the other side.
    Hold(Receipt),
    /// The user has read everything of that peer's up to here.
    Read(Receipt),
    /// The user has compared that peer's safety words.
    Compared(InstanceId),
    /// What was withheld ([`Event::Withheld`]) may go to that new run.
    Release(InstanceId),
    /// Remembers the room from now on, for later runs.
    Remember,
    /// Forgets what is remembered of the room.
    Forget,
    /// Leaves on the relay what nobody who is here is to get.
    Keep,
    /// From now on the same by itself, whenever nobody is here.
    KeepByItself,
    /// The user has read what was left for us: it goes from the relay.
    Take(DropHash),
    /// Tells what waits on the relay: [`Update::Waits`].
    Waiting,
    /// Destroys the room on the relay for everybody, then leaves.
    Expire,
    /// Waits until all is delivered, at most so long, tells the peers, and ends with [`Update::Left`].
    /// Given again with less time, the less counts.
    Leave {
        /// Zero leaves at once (the peers are told, within a second).
        timeout: Duration,
    },
}

impl Command {
    /// Whether nobody waits for its end.
    fn is_quiet(&self) -> bool {
        matches!(
            self,
            Self::Typing(_)
                | Self::Hold(_)
                | Self::Read(_)
                | Self::Take(_)
                | Self::Waiting
                | Self::KeepByItself
        )
    }
}

/// Why a command was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It cannot be said now. After [`SayError::Full`], try again at the next [`Update::Undelivered`].
    #[error(transparent)]
    Say(#[from] SayError),
    /// It cannot be left on the relay.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// What lies on a relay is what a passphrase can be tried on.
    #[error(
        "nothing is left on a relay under a passphrase of less than 60 bits: it could be guessed from that"
    )]
    Guessable,
    /// It needs the relay, and there is no connection.
    #[error("there is no connection to the relay just now")]
    Offline,
    /// The relay did not destroy the room.
    #[error("the relay does not let members destroy this room")]
    NotExpired,
    /// It is kept from being remembered, by the configuration file or as it is a demonstration.
    #[error("this room is not to be remembered")]
    NeverRemembered,
    /// There is no memory of it.
    #[error("the room is not remembered")]
    NotRemembered,
    /// Its memory could not be taken away.
    #[error("the room was not forgotten")]
    NotForgotten,
    /// The room was left.
    #[error("the room was left")]
    Left,
}

/// What is told of a room's memory.
#[derive(Debug)]
pub enum Remembered {
    /// It is remembered from now on.
    Opened {
        /// How its memory was found.
        found: Found,
        /// What an earlier run did not get delivered, and this one is to.
        unsent: Vec<Unsent>,
    },
    /// It is not remembered, or what happens from now on is not.
    Failed(MemoryError),
    /// It is remembered again.
    Again,
}

/// What happens in a room.
#[derive(Debug)]
pub enum Update {
    /// A connection is being made, the first or a later one.
    Connecting,
    /// The relay has accepted a join, the first or a later one.
    Joined,
    /// The connection is gone; the next try comes by itself.
    Reconnecting {
        /// What happened.
        why: RelayError,
        /// Until the next try.
        wait: Duration,
    },
    /// The relay has no place for us now; the next try comes by itself.
    Waiting {
        /// What it said: `room_full`, `relay_full`, `rate_limited`, or HTTP 429 or 503.
        why: RelayError,
        /// Until the next try.
        wait: Duration,
    },
    /// Something in the room.
    Event {
        /// What.
        event: Event,
        /// What to call the peer that it is about: its name, or `NAME~2` while another one has that name.
        /// Empty for an event about no peer.
        name: String,
    },
    /// The same, but its text was left for us and shown before: the two are one.
    Again {
        /// What came.
        event: Event,
        /// As in [`Update::Event`].
        name: String,
    },
    /// The message that comes next has the id of one that was left for us, and another text.
    Differs(MessageId),
    /// For how many days the relay keeps what is left on it; told at the first join, and when it changes.
    Keeps(Option<u8>),
    /// What is to be left on the relay by itself cannot be.
    CannotKeep(CommandError),
    /// What waits on the relay, or was left for us there.
    Mail(mailbox::Event),
    /// All that waits and is not for us; the answer to [`Command::Waiting`].
    Waits(Vec<Waiting>),
    /// How many of our messages not everybody holds who should; told when it changes.
    Undelivered(usize),
    /// Somebody has destroyed the room, or the operator has ended it. It is joined again, the outbox stays.
    Expired,
    /// The recording cannot be written any more; the room goes on without.
    RecordingFailed(std::io::Error),
    /// The first join failed for good. The last update.
    Failed(RelayError),
    /// What became of the text that was given by [`Room::order_text`], one after the other and before anything else that
    /// is told of it.
    Said(Result<Posted, CommandError>),
    /// What became of a command that was given by [`Room::order`]; not told of those that nobody waits for
    /// ([`Command::Typing`], [`Command::Hold`], [`Command::Read`], [`Command::Take`], [`Command::Waiting`], [`Command::KeepByItself`]).
    Done {
        /// Which one.
        command: Command,
        /// Whether it is done.
        answer: Result<(), CommandError>,
    },
    /// Something of the room's memory.
    Remembered(Remembered),
    /// The machine slept, or this process was stopped: timers that do not count that are late.
    Slept,
    /// The room was left. The last update.
    Left {
        /// How many of our messages were not delivered, and do not wait on the relay either.
        undelivered: usize,
        /// What to call those who have not got them, as far as it is known whom they were for.
        to: Vec<String>,
    },
}

/// A room that is open. When the last handle is dropped the room is left at once.
#[derive(Clone)]
pub struct Room {
    id: InstanceId,
    requests: mpsc::UnboundedSender<Request>,
}

/// What happens in a room, in order. Bounded: a reader that stops holds up its own room only.
pub struct Updates {
    updates: mpsc::Receiver<Update>,
}

impl Room {
    /// Starts to connect. Has to be called inside a Tokio runtime.
    pub fn open(settings: RoomConfig) -> (Self, Updates) {
        // Whoever waits for an answer asks no more meanwhile, and what is ordered comes of a key or of an update.
        let (requests, commands) = mpsc::unbounded_channel();
        let (told, updates) = mpsc::channel(UPDATES);
        let task = task::Task::new(settings, commands, told);
        let id = task.id();
        tokio::spawn(task.run());
        (Self { id, requests }, Updates { updates })
    }

    /// Which instance we are in this room: how the others refer to our messages.
    pub fn id(&self) -> InstanceId {
        self.id
    }

    /// Says a text to all who are here, or to the first who comes.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was taken then.
    pub async fn say(&self, text: String, reply_to: Option<Target>) -> Result<Posted, CommandError> {
        let (answer, answered) = oneshot::channel();
        self.request(Request::Say {
            text,
            reply_to,
            answer: Some(answer),
        });
        answered.await.map_err(|_| CommandError::Left)?
    }

    /// Gives a command and waits until it is done; for [`Command::Leave`], until it is begun.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was done then.
    pub async fn command(&self, command: Command) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        self.request(Request::Do {
            command,
            answer: Some(answer),
        });
        answered.await.map_err(|_| CommandError::Left)?
    }

    /// As [`say`](Self::say), without waiting: the answer is [`Update::Said`].
    pub(crate) fn order_text(&self, text: String, reply_to: Option<Target>) {
        self.request(Request::Say {
            text,
            reply_to,
            answer: None,
        });
    }

    /// As [`command`](Self::command), without waiting: the answer is [`Update::Done`].
    pub(crate) fn order(&self, command: Command) {
        self.request(Request::Do {
            command,
            answer: None,
        });
    }

    fn request(&self, request: Request) {
        // A room that was left answers nothing; the last update says it.
        let _ = self.requests.send(request);
    }
}

impl Updates {
    /// The next one; `None` after [`Update::Failed`] or [`Update::Left`]. May be dropped and called again:
    /// nothing is lost.
    pub async fn next(&mut self) -> Option<Update> {
        self.updates.recv().await
    }

    /// As [`next`](Self::next), for those who wait for several rooms at once.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Update>> {
        self.updates.poll_recv(context)
    }
}

/// Where an answer goes: back to the one who waits for it, else into the updates.
type Answer<T> = Option<oneshot::Sender<Result<T, CommandError>>>;

/// A command with the way back to the one who gave it.
enum Request {
    Say {
        text: String,
        reply_to: Option<Target>,
        answer: Answer<Posted>,
    },
    Do {
        command: Command,
        answer: Answer<()>,
    },
}

#[cfg(test)]
mod tests;
