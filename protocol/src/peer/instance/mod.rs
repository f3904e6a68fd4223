//! One running client in one room: who is there, what is on the way, what comes next.
//!
//! Sans-I/O. In come what the user does, what the relay brings and what time it is; out go [`Event`]s, sealed
//! payloads to push, and the time at which it wants to be called again. The shell around it does this:
//!
//! 1. call one of the inputs ([`joined`](Instance::joined), [`received`](Instance::received),
//!    [`say`](Instance::say), …);
//! 2. push every [`next_push`](Instance::next_push) to the relay, hand every
//!    [`next_event`](Instance::next_event) to the user;
//! 3. where it remembers anything, write its [`bonds`](Instance::bonds) for every
//!    [`next_write`](Instance::next_write), and say so by [`written`](Instance::written);
//! 4. wait for the next input, at most until [`next_timeout`](Instance::next_timeout), then call
//!    [`timeout`](Instance::timeout).

mod event;
mod identity;
pub(crate) mod limits;

mod outbox;
mod pair;
mod redirection;
mod send_window;
mod user;

mod inbound;
mod meeting;
mod timers;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub use event::{Departure, Event, Peer, Posted, Receipt, Recognition, SayError};
use rand_core::CryptoRng;
pub use user::Absent;

use self::identity::Identity;
use self::meeting::Pace;
use self::outbox::{Key, Outbox};
use self::pair::Pair;
use self::send_window::Window;
use crate::peer::bond::{BondId, Bonds, Revision};
use crate::peer::envelope::{Kind, OpenError, Recipient};
use crate::peer::message::InstanceId;
pub use crate::peer::message::Target;
use crate::peer::message::fading::Fading;
use crate::peer::name::Name;
use crate::peer::root::RoomKeys;
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

/// One running client in one room. See the [module](self).
pub struct Instance {
    own: Identity,
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
    /// Since when what is typed waits for all who sit in the room to be met.
    gathering_since: Option<Duration>,
    /// They were, once, or had the time to be.
    has_gathered: bool,
    /// What we want of messages that fade.
    fading: Fading,
    leaving: bool,
    /// What is remembered of earlier runs, and which of its changes the shell was last asked to write.
    bonds: Bonds,
    write_asked: Option<Revision>,
    copied_told: Vec<BondId>,
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
            own: Identity::new(&keys, topic, name, rng),
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
            has_gathered: false,
            fading: Fading::default(),
            leaving: false,
            bonds: Bonds::default(),
            write_asked: None,
            copied_told: Vec::new(),
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
            pair.hello.echoed = false;
            pair.hello.answer_due = false;
            pair.hello.hurry(at);
            pair.signs.ping = None;
            pair.signs.doubted = None;
            // What was lost with a connection of ours says nothing of the peer.
            pair.handshakes.refused_since = None;
            if pair.is_here() {
                (pair.signs.heard_at, pair.signs.here_since) = (at, at);
            }
            pair.handshakes.fresh = false;
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
                .filter(|pair| pair.is_here() && pair.signs.doubted.is_none())
            {
                pair.signs.doubted = Some(now.monotonic);
                if pair.is_open() {
                    pair.send_ping(&mut self.own, now.monotonic);
                }
            }
        }
        self.seats = Some(count);
        self.drive(now);
    }

    /// The next payload to push. Nothing while disconnected.
    pub fn next_push(&mut self) -> Option<Push> {
        self.own.pushes.pop_front()
    }

    /// The next thing to tell the user.
    pub fn next_event(&mut self) -> Option<Event> {
        self.own.events.pop_front()
    }
}
