//! One running client in one room: who is there, what is on the way, what comes next.
//!
//! Sans-I/O. In come what the user does, what the relay brings and what time it is; out go [`Event`]s, sealed
//! payloads to push, and the time at which it wants to be called again. The shell around it does this:
//!
//! 1. call one of the inputs ([`joined`](Instance::joined), [`received`](Instance::received),
//!    [`say`](Instance::say), …);
//! 2. push every [`next_push`](Instance::next_push) to the relay, hand every
//!    [`next_event`](Instance::next_event) to the user;
//! 3. wait for the next input, at most until [`next_timeout`](Instance::next_timeout), then call
//!    [`timeout`](Instance::timeout).

mod event;

use std::time::Duration;

pub use event::{Departure, Event, Receipt};
use rand_core::CryptoRng;

pub use crate::message::Target;
use crate::message::{InstanceId, MessageId};
use crate::name::Name;
use crate::root::RoomKeys;
use crate::topic::Topic;
use crate::words::SafetyWords;

/// The event under which every sealed payload is pushed.
pub const EVENT: &str = "sealed";
/// How long a typing notice is shown without another.
pub const TYPING_SHOWN: Duration = Duration::from_secs(6);

/// What time it is, by two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since any fixed moment; never goes back. Every wait is measured by it.
    pub monotonic: Duration,
    /// Milliseconds since 1970 by the wall clock. Goes into texts, decides nothing.
    pub wall: u64,
}

/// A payload to push as [`EVENT`], in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The sealed bytes: a bucket and 40.
    pub payload: Vec<u8>,
    /// To be given to [`Instance::relayed`] when the relay has answered this push with ok.
    pub tag: Tag,
}

/// Names a push until the relay has answered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(pub(crate) u64);

/// Why something cannot be said now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    /// A text over [`MAX_TEXT`](crate::message::MAX_TEXT).
    #[error("the message is {over} bytes over the limit of 60,000")]
    TooLong {
        /// By how many bytes.
        over: usize,
    },
    /// A text without a character.
    #[error("the message is empty")]
    Empty,
    /// The outbox is full: try again when something was delivered.
    #[error("too much is waiting to be delivered; try again in a moment")]
    Full,
    /// No message of ours has this id (or it is too old to be known).
    #[error("no such message of yours")]
    Unknown,
}

/// A peer as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who.
    pub id: InstanceId,
    /// Its name.
    pub name: Name,
    /// The pair's safety words.
    pub words: SafetyWords,
    /// Whether the user has said that they were compared.
    pub compared: bool,
    /// Nothing was heard for 40 s.
    pub silent: bool,
}

/// One running client in one room. See the [module](self).
pub struct Instance {
    id: InstanceId,
}

impl Instance {
    /// A new instance with an id of its own. `rng` feeds every key and nonce.
    pub fn new(keys: RoomKeys, topic: Topic, name: Name, mut rng: Box<dyn CryptoRng + Send>) -> Self {
        let _ = (keys, topic, name);
        let mut id = InstanceId([0; 16]);
        rng.fill_bytes(&mut id.0);
        Self { id }
    }

    /// Who this is.
    pub fn id(&self) -> InstanceId {
        self.id
    }

    /// The relay has accepted a join, the first or a later one. All later pushes go over it.
    pub fn joined(&mut self, now: Now) {
        let _ = now;
    }

    /// The connection is gone. Nothing is pushed until [`joined`](Self::joined).
    pub fn disconnected(&mut self, now: Now) {
        let _ = now;
    }

    /// A `sealed` broadcast came.
    pub fn received(&mut self, payload: &[u8], now: Now) {
        let _ = (payload, now);
    }

    /// The relay has answered a push with ok.
    pub fn relayed(&mut self, tag: Tag) {
        let _ = tag;
    }

    /// Presence says how many seats the room has, our own included: only a hint.
    pub fn seats(&mut self, count: usize, now: Now) {
        let _ = (count, now);
    }

    /// Says a text to all who are here, or to the first who comes.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn say(&mut self, text: &str, reply_to: Option<Target>, now: Now) -> Result<MessageId, SayError> {
        let _ = (text, reply_to, now);
        Err(SayError::Full)
    }

    /// Changes a message of ours. One that was never handed to a socket is changed where it waits.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn edit(&mut self, id: MessageId, text: &str, now: Now) -> Result<(), SayError> {
        let _ = (id, text, now);
        Err(SayError::Full)
    }

    /// Deletes a message of ours. One that was never handed to a socket is not sent at all.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn delete(&mut self, id: MessageId, now: Now) -> Result<(), SayError> {
        let _ = (id, now);
        Err(SayError::Full)
    }

    /// Reacts to a message; an empty reaction takes it back.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn react(&mut self, target: Target, reaction: &str, now: Now) -> Result<(), SayError> {
        let _ = (target, reaction, now);
        Err(SayError::Full)
    }

    /// Takes another name and tells everybody.
    ///
    /// # Errors
    /// [`SayError::Full`]; the name is as it was then.
    pub fn rename(&mut self, name: Name, now: Now) -> Result<(), SayError> {
        let _ = (name, now);
        Err(SayError::Full)
    }

    /// The user types, or has stopped to. Call it at every key: what goes out is limited here.
    pub fn typing(&mut self, on: bool, now: Now) {
        let _ = (on, now);
    }

    /// The user's side holds everything of a peer's up to a receipt: it is acknowledged.
    pub fn hold(&mut self, receipt: Receipt, now: Now) {
        let _ = (receipt, now);
    }

    /// The user has read everything of a peer's up to a receipt.
    pub fn read(&mut self, receipt: Receipt, now: Now) {
        let _ = (receipt, now);
    }

    /// The user has compared a peer's safety words.
    pub fn compared(&mut self, peer: InstanceId) {
        let _ = peer;
    }

    /// Gives what was [`Withheld`](Event::Withheld) to a new run.
    pub fn release(&mut self, peer: InstanceId, now: Now) {
        let _ = (peer, now);
    }

    /// Tells every peer that we leave. Pushes follow; afterwards nothing more is said.
    pub fn leave(&mut self, now: Now) {
        let _ = now;
    }

    /// How many of our messages not everybody holds who should.
    pub fn undelivered(&self) -> usize {
        0
    }

    /// Who is here: the confirmed peers.
    pub fn peers(&self) -> impl Iterator<Item = Peer> {
        std::iter::empty()
    }

    /// The next payload to push. Nothing while disconnected.
    pub fn next_push(&mut self, now: Now) -> Option<Push> {
        let _ = now;
        None
    }

    /// The next thing to tell the user.
    pub fn next_event(&mut self) -> Option<Event> {
        None
    }

    /// When [`timeout`](Self::timeout) wants to be called, by the monotonic clock.
    pub fn next_timeout(&self) -> Option<Duration> {
        None
    }

    /// Time has passed.
    pub fn timeout(&mut self, now: Now) {
        let _ = now;
    }
}
