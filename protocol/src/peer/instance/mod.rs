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
mod fading;
mod flow;
pub mod limits;
mod meeting;
mod outbox;
mod own;
mod pace;
mod pair;
mod redirection;
mod streams;
mod talk;
mod timers;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub use event::{Departure, Event, Receipt};
use rand_core::CryptoRng;

use self::flow::Window;
use self::outbox::{Key, Outbox, Piece};
use self::own::Own;
use self::pace::Pace;
use self::pair::Pair;
use crate::peer::envelope::{Kind, OpenError, Recipient};
use crate::peer::fading::{FadeTime, Fading};
pub use crate::peer::message::Target;
use crate::peer::message::{Content, InstanceId, MAX_REACTION, MAX_TEXT, MessageId, Text};
use crate::peer::name::Name;
use crate::peer::root::RoomKeys;
use crate::peer::words::SafetyWords;
use crate::wire::topic::Topic;

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
    /// A text over [`MAX_TEXT`].
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
    /// Whom the message was for, or came from, is not known any more: this would go to somebody else.
    #[error("it is not known any more whom that was for")]
    Forgotten,
}

/// A text that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// Names it from now on.
    pub id: MessageId,
    /// How many it is said to; at least one, who may be still to come.
    pub to: usize,
    /// How long it stays, where it fades.
    pub fades: Option<FadeTime>,
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
    own: Own,
    pairs: BTreeMap<InstanceId, Pair>,
    outbox: Outbox,
    window: Window,
    /// The peer whose large message waits for all that is on the way.
    turn: Option<InstanceId>,
    /// The pushes of texts that the relay has not answered, oldest first.
    tags: VecDeque<(Tag, Key)>,

    /// When, and after which wait, the next hello to all goes out while alone.
    hello_at: Duration,
    hello_wait: Duration,
    /// When hellos answered others, and when *seconds* did.
    answers: Pace,
    seconds: Pace,
    /// Who was met and forgotten, oldest first.
    burned: VecDeque<InstanceId>,

    /// When a typing notice last went out; none since the user stopped.
    typing_at: Option<Duration>,
    /// What the relay disturbed: how often, and when and what of it was told.
    disturbed: u64,
    disturbed_told: Option<(Duration, u64)>,
    newer_told: bool,
    crowded: Crowded,
    /// The seats of the room as the relay counts them, where it does.
    seats: Option<usize>,
    /// Seats that are no peer's: how many, since when, and how many were told.
    strangers: usize,
    strangers_since: Duration,
    strangers_told: usize,
    /// Since when something that was typed while alone waits for all who sit in the room to be met.
    gathering_since: Option<Duration>,
    /// What we want of messages that fade.
    fading: Fading,
    leaving: bool,
}

/// Whether more peers are present than an instance talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crowded {
    No,
    Untold,
    Told,
}

impl Crowded {
    /// One more is present.
    fn more(self) -> Self {
        if self == Self::No { Self::Untold } else { self }
    }
}

impl Instance {
    /// A new instance with an id of its own. `rng` feeds every key and nonce.
    pub fn new(keys: RoomKeys, topic: Topic, name: Name, rng: Box<dyn CryptoRng + Send>) -> Self {
        Self {
            own: Own::new(&keys, topic, name, rng),
            pairs: BTreeMap::new(),
            outbox: Outbox::default(),
            window: Window::new(),
            turn: None,
            tags: VecDeque::new(),
            hello_at: Duration::ZERO,
            hello_wait: limits::HELLO_FIRST,
            answers: Pace::default(),
            seconds: Pace::default(),
            burned: VecDeque::new(),
            typing_at: None,
            disturbed: 0,
            disturbed_told: None,
            newer_told: false,
            crowded: Crowded::No,
            seats: None,
            strangers: 0,
            strangers_since: Duration::ZERO,
            strangers_told: 0,
            gathering_since: None,
            fading: Fading::default(),
            leaving: false,
        }
    }

    /// Who this is.
    pub fn id(&self) -> InstanceId {
        self.own.id
    }

    /// The relay has accepted a join, the first or a later one. All later pushes go over it.
    pub fn joined(&mut self, now: Now) {
        let at = now.monotonic;
        self.own.pushes.clear();
        self.own.nonce = Some(self.own.random());
        for pair in self.pairs.values_mut() {
            pair.echoed = false;
            pair.answer_due = false;
            pair.hurry(at);
            pair.ping = None;
            pair.doubted = None;
            // What was lost with a connection of ours says nothing of the peer.
            pair.refused_since = None;
            if pair.is_here() {
                (pair.heard_at, pair.here_since) = (at, at);
            }
            pair.fresh = false;
        }
        self.hello_wait = limits::HELLO_FIRST;
        self.own.hello(Recipient::All, None);
        self.hello_at = at + self.own.jittered(self.hello_wait);
        self.drive(now);
    }

    /// The connection is gone. Nothing is pushed until [`joined`](Self::joined).
    pub fn disconnected(&mut self, now: Now) {
        self.own.nonce = None;
        self.own.pushes.clear();
        self.tags.clear();
        self.seats = None;
        self.drive(now);
    }

    /// A `sealed` broadcast came.
    pub fn received(&mut self, payload: &[u8], now: Now) {
        let (header, body) = match self.own.envelopes.open(payload) {
            Ok(opened) => opened,
            Err(OpenError::Version(_)) => {
                if !std::mem::replace(&mut self.newer_told, true) {
                    self.own.tell(Event::Newer);
                }
                return;
            }
            Err(OpenError::Kind(_)) => return,
            Err(OpenError::Length | OpenError::Sealed) => return self.disturb(now.monotonic),
        };
        let is_for_us = match header.to {
            Recipient::All => true,
            Recipient::One(to) => to == self.own.id,
        };
        // Our own, reflected, and what is for others. Zeros name nobody: an answer would go to all.
        let is_nobody = header.from == InstanceId([0; 16]);
        if header.from == self.own.id || is_nobody || !is_for_us || self.own.nonce.is_none() {
            return;
        }
        match header.kind {
            Kind::Hello => self.on_hello(&header, &body, now),
            Kind::First => self.on_first(&header, &body, now),
            Kind::Second => self.on_second(&header, &body, now),
            Kind::Message => self.on_message(header.from, header.session, header.counter, &body, now),
        }
        self.drive(now);
    }

    /// The relay has answered a push with ok.
    pub fn relayed(&mut self, tag: Tag) {
        let Some(at) = self.tags.iter().position(|&(pushed, _)| pushed == tag) else {
            return;
        };
        let Some((_, key)) = self.tags.remove(at) else {
            return;
        };
        if let Some(id) = self.outbox.sent(key) {
            self.own.tell(Event::Sent { id });
        }
    }

    /// Presence says how many seats the room has, our own included: only a hint.
    pub fn seats(&mut self, count: usize, now: Now) {
        let others = count.saturating_sub(1);
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        if others < here {
            for pair in self
                .pairs
                .values_mut()
                .filter(|pair| pair.is_here() && pair.doubted.is_none())
            {
                pair.doubted = Some(now.monotonic);
                if pair.is_open() {
                    pair.send_ping(&mut self.own, now.monotonic);
                }
            }
        }
        self.seats = Some(count);
        self.drive(now);
    }

    /// Says a text to all who are here and have said their names. With nobody here it waits: for the one whose words
    /// were compared, if there is one, else for those who come.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn say(&mut self, text: &str, reply_to: Option<Target>, now: Now) -> Result<Posted, SayError> {
        check(text)?;
        let id = MessageId(self.own.random());
        let fades = self.fades();
        let text = Text {
            id,
            repeat: false,
            clock: now.wall,
            waited: 0,
            reply_to,
            fades,
            text: text.to_owned(),
        };
        let to = self.addressees();
        self.post(Content::Text(text), &to, now)?;
        self.typing_at = None;
        let to = to.len().max(1);
        Ok(Posted { id, to, fades })
    }

    /// Changes a message of ours. One that was never handed to a socket is changed where it waits.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn edit(&mut self, id: MessageId, text: &str, now: Now) -> Result<(), SayError> {
        check(text)?;
        if let Some(key) = self.outbox.unhanded(id) {
            return self.outbox.rewrite(key, text);
        }
        let to = self.outbox.recipients(id).ok_or(SayError::Unknown)?.to_vec();
        self.post(
            Content::Edit {
                id,
                text: text.to_owned(),
            },
            &to,
            now,
        )
    }

    /// Deletes a message of ours. One that was never handed to a socket is not sent at all.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn delete(&mut self, id: MessageId, now: Now) -> Result<(), SayError> {
        if let Some(key) = self.outbox.unhanded(id) {
            let is_it = |piece: &Piece| matches!(piece, Piece::Entry { key: its, .. } if *its == key);
            for pair in self.pairs.values_mut() {
                pair.outgoing.take(is_it, || Piece::Empty);
            }
            self.outbox.withdraw(key);
            return Ok(());
        }
        let to = self.outbox.recipients(id).ok_or(SayError::Unknown)?.to_vec();
        self.post(Content::Delete { id }, &to, now)
    }

    /// Reacts to a message; an empty reaction takes it back.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn react(&mut self, target: Target, reaction: &str, now: Now) -> Result<(), SayError> {
        if reaction.len() > MAX_REACTION {
            return Err(SayError::TooLong {
                over: reaction.len() - MAX_REACTION,
            });
        }
        let mut to = self.announced();
        if to.is_empty() {
            // It is of use to those who have the message, and to nobody else.
            to = if target.author == self.own.id {
                self.outbox.recipients(target.id).unwrap_or_default().to_vec()
            } else {
                vec![target.author]
            };
        }
        self.post(
            Content::Reaction {
                target,
                reaction: reaction.to_owned(),
            },
            &to,
            now,
        )
    }

    /// Takes another name and tells everybody.
    pub fn rename(&mut self, name: Name, now: Now) {
        self.own.name = name;
        for pair in self.pairs.values_mut().filter(|pair| pair.was_met()) {
            // One that was sent keeps its number: whatever follows a number without a name is ignored.
            pair.outgoing
                .drop_waiting(|piece| matches!(piece, Piece::Name(_)));
            pair.outgoing
                .push_first(vec![Piece::Name(self.own.name.clone())], |_| false);
        }
        self.drive(now);
    }

    /// The user types, or has stopped to. Call it at every key: what goes out is limited here.
    pub fn typing(&mut self, on: bool, now: Now) {
        let at = now.monotonic;
        let due = match self.typing_at {
            None => on,
            Some(last) => !on || at >= last + limits::TYPING_EVERY,
        };
        if due {
            self.typing_at = on.then_some(at);
            let clogged = self.own.is_clogged();
            for pair in self
                .pairs
                .values_mut()
                .filter(|pair| pair.is_announced() && pair.is_open() && !clogged)
            {
                pair.send(&mut self.own, crate::peer::message::Kind::Typing(on));
            }
        }
    }

    /// The user's side holds everything of a peer's up to a receipt: it is acknowledged.
    pub fn hold(&mut self, receipt: Receipt, now: Now) {
        if let Some(pair) = self.pairs.get_mut(&receipt.peer)
            && pair.incoming.hold(receipt.number)
        {
            pair.held_more(&mut self.own, now.monotonic);
        }
        self.drive(now);
    }

    /// The user has read everything of a peer's up to a receipt.
    pub fn read(&mut self, receipt: Receipt, now: Now) {
        if let Some(pair) = self.pairs.get_mut(&receipt.peer)
            && pair.incoming.read_up_to(receipt.number)
        {
            pair.acknowledge_by(now.monotonic + self.own.at_most(limits::READ_DELAY));
        }
        self.drive(now);
    }

    /// The user has compared a peer's safety words.
    pub fn compared(&mut self, peer: InstanceId) {
        if let Some(pair) = self.pairs.get_mut(&peer) {
            pair.compared = true;
        }
    }

    /// Gives what was [`Withheld`](Event::Withheld) to a new run.
    pub fn release(&mut self, peer: InstanceId, now: Now) {
        let withheld = self.pairs.values().filter(|pair| pair.withheld_for == Some(peer));
        let mut withheld: Vec<_> = withheld.map(|pair| (pair.decrypted_at, pair.id)).collect();
        withheld.sort();
        for (_, id) in withheld.into_iter().rev() {
            self.hand_over(id, peer);
        }
        self.drive(now);
    }

    /// Tells every peer that we leave, behind all that waits for it. Afterwards nothing more is to be said.
    pub fn leave(&mut self, now: Now) {
        // What is owed goes out now; there may be no later.
        for pair in self.pairs.values_mut().filter(|pair| pair.ack_at.is_some()) {
            pair.ack_at = Some(now.monotonic);
        }
        if !std::mem::replace(&mut self.leaving, true) {
            for pair in self.pairs.values_mut().filter(|pair| pair.is_here()) {
                pair.outgoing.push(Piece::Leave);
            }
        }
        self.drive(now);
    }

    /// Whether everybody who is here knows that we have left.
    pub fn has_left(&self) -> bool {
        let owed = |pair: &Pair| {
            pair.outgoing
                .undelivered()
                .any(|(piece, _)| *piece == Piece::Leave)
        };
        self.leaving && !self.pairs.values().any(|pair| pair.is_announced() && owed(pair))
    }

    /// How many of our messages not everybody holds who should.
    pub fn undelivered(&self) -> usize {
        self.outbox.len()
    }

    /// Who is here: the confirmed peers that have said their names.
    pub fn peers(&self) -> impl Iterator<Item = Peer> {
        self.pairs
            .values()
            .filter(|pair| pair.is_announced())
            .filter_map(|pair| {
                Some(Peer {
                    id: pair.id,
                    name: pair.name.clone()?,
                    words: pair.words?,
                    compared: pair.compared,
                    silent: pair.silent,
                })
            })
    }

    /// The next payload to push. Nothing while disconnected.
    pub fn next_push(&mut self) -> Option<Push> {
        self.own.pushes.pop_front()
    }

    /// The next thing to tell the user.
    pub fn next_event(&mut self) -> Option<Event> {
        self.own.events.pop_front()
    }

    /// Puts a content into the outbox and the streams of its recipients.
    fn post(&mut self, content: Content, to: &[InstanceId], now: Now) -> Result<(), SayError> {
        let to: Vec<_> = to
            .iter()
            .copied()
            .filter(|id| self.pairs.contains_key(id))
            .collect();
        // Only a text may wait for those who come.
        if to.is_empty() && !matches!(content, Content::Text(_)) {
            return Err(SayError::Forgotten);
        }
        let key = self.outbox.add(content, &to, now.monotonic)?;
        for id in to {
            if let Some(pair) = self.pairs.get_mut(&id) {
                pair.outgoing.push(Piece::Entry { key, repeat: false });
            }
        }
        self.drive(now);
        Ok(())
    }
}

fn check(text: &str) -> Result<(), SayError> {
    match text.len() {
        0 => Err(SayError::Empty),
        1..=MAX_TEXT => Ok(()),
        over => Err(SayError::TooLong {
            over: over - MAX_TEXT,
        }),
    }
}
