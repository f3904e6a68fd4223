//! What an instance knows of another one.

mod bonding;
mod handshakes;
mod hello;
mod lateness;
mod person;
mod sessions;
mod signs;
mod streams;

use std::collections::VecDeque;
use std::time::Duration;

pub(super) use self::bonding::{Bonding, Exchange, Part};
pub(super) use self::handshakes::{Answer, Handshakes, KeyChain, Open};
pub(super) use self::hello::Hellos;
use self::lateness::Lateness;
pub(super) use self::person::Person;
pub(super) use self::sessions::Sessions;
pub(super) use self::signs::{Ping, Presence, Signs};
pub(super) use self::streams::{Incoming, Outgoing, Place};
use super::Event;
use super::identity::Identity;
use super::limits::{HANDSHAKE_SPACING, HELLO_FIRST, HELLO_LONGEST, KEEPALIVE};
use super::outbox::StreamItem;
use crate::peer::envelope::{self, Recipient};
use crate::peer::message::{Acknowledged, InstanceId, Kind, Message, MessageId};
use crate::peer::run_key::PublicRunKey;
use crate::peer::session::Session;

pub(super) struct Pair {
    pub(crate) id: InstanceId,
    /// What its hellos and handshakes are signed with.
    pub(crate) run_key: PublicRunKey,
    pub(crate) hello: Hellos,
    pub(crate) handshakes: Handshakes,
    pub(crate) sessions: Sessions,
    pub(crate) signs: Signs,
    pub(crate) person: Person,
    pub(crate) bonding: Bonding,
    pub(crate) streams: Streams,
}

/// What goes to and fro in a pair.
pub(super) struct Streams {
    pub(crate) outgoing: Outgoing<StreamItem>,
    /// The peer that what this one does not hold waits to be released to.
    pub(crate) withheld_for: Option<InstanceId>,
    /// Among it is some that was typed when nobody was here: nobody else gets it unasked.
    pub(crate) typed_alone: bool,
    /// Our texts that the peer holds and has not read, by their numbers.
    pub(crate) unread: VecDeque<(u64, MessageId)>,
    pub(crate) incoming: Incoming,
    /// When an acknowledgement has to go out.
    pub(crate) ack_at: Option<Duration>,
    /// What the last acknowledgement said.
    pub(crate) acked: u64,
    /// Bytes that came since the last acknowledgement.
    pub(crate) unacked_bytes: usize,
    pub(crate) lateness: Lateness,
}

impl Streams {
    fn new() -> Self {
        Self {
            outgoing: Outgoing::new(),
            withheld_for: None,
            typed_alone: false,
            unread: VecDeque::new(),
            incoming: Incoming::default(),
            ack_at: None,
            acked: 0,
            unacked_bytes: 0,
            lateness: Lateness::default(),
        }
    }
}

impl Pair {
    pub(super) fn new(run_key: PublicRunKey, at: Duration) -> Self {
        Self {
            id: run_key.id(),
            run_key,
            hello: Hellos::new(at),
            handshakes: Handshakes::new(),
            sessions: Sessions::new(at),
            signs: Signs::new(at),
            person: Person::default(),
            bonding: Bonding::default(),
            streams: Streams::new(),
        }
    }

    pub(super) fn is_here(&self) -> bool {
        self.signs.presence == Presence::Here
    }

    /// Whether a session with it was ever confirmed.
    pub(super) fn was_met(&self) -> bool {
        self.signs.presence != Presence::Unmet
    }

    /// Whether it has said no name in time and is left alone for a while.
    pub(super) fn is_paused(&self, at: Duration) -> bool {
        self.signs.paused_until.is_some_and(|until| at < until)
    }

    /// Whether it has said its name, and which bonds it remembers.
    pub(super) fn is_introduced(&self) -> bool {
        self.person.name.is_some() && self.bonding.introduced
    }

    /// Whether the user knows of it: it is here and has introduced itself.
    pub(super) fn is_announced(&self) -> bool {
        self.is_here() && self.is_introduced()
    }

    /// Whether what is sent to it now can arrive.
    pub(super) fn is_open(&self) -> bool {
        self.handshakes.fresh && self.sessions.current.is_some()
    }

    /// Seals a message in the current session and pushes it. Every message acknowledges.
    pub(super) fn send(&mut self, own: &mut Identity, kind: Kind) -> Option<super::Tag> {
        own.nonce?;
        let session = self.sessions.current.as_mut()?;
        let held = self.streams.incoming.held();
        let message = Message {
            acknowledged: Acknowledged {
                held,
                read: self.streams.incoming.read(),
            },
            kind,
        };
        let (counter, body) = session.seal(&message.encode()).ok()?;
        self.streams.acked = held;
        self.streams.unacked_bytes = 0;
        self.streams.ack_at = None;
        own.push(
            envelope::Kind::Message,
            Recipient::One(self.id),
            session.id(),
            counter,
            &body,
        )
    }

    pub(super) fn send_ping(&mut self, own: &mut Identity, at: Duration) {
        let token = u64::from_be_bytes(own.random());
        self.signs.ping = Some(Ping { token, at });
        self.send(own, Kind::Ping(token));
    }

    /// Sends it a hello that echoes its nonce.
    pub(super) fn send_hello(&mut self, own: &mut Identity, at: Duration) {
        own.hello(Recipient::One(self.id), self.hello.nonce);
        self.hello.sent_at = Some(at);
        // A session that stands is asked to be replaced at most this often.
        let least = if self.handshakes.fresh {
            HANDSHAKE_SPACING
        } else {
            HELLO_FIRST
        };
        self.hello.due_at = at + own.jittered(self.hello.wait.max(least));
        self.hello.wait = (self.hello.wait * 2).min(HELLO_LONGEST);
    }

    /// A session is agreed: everything unacknowledged is sent in it first.
    pub(super) fn switch(&mut self, session: Session, at: Duration) {
        self.sessions.old = self.sessions.current.replace(session);
        self.handshakes.fresh = true;
        self.handshakes.wanted = false;
        self.sessions.agreed_at = at;
        self.sessions.spoke_after = self.handshakes.last_at.unwrap_or(at);
        self.signs.progress_at = at;
        self.signs.ping = None;
        self.signs.pong = None;
        self.streams.outgoing.restart();
    }

    /// Something of it decrypted.
    pub(super) fn heard(&mut self, own: &mut Identity, at: Duration) {
        self.signs.decrypted_at = at;
        self.signs.heard_at = at;
        self.hello.sign_at = at;
        self.signs.doubted = None;
        if std::mem::replace(&mut self.signs.silent, false) && self.is_announced() {
            own.tell(Event::PeerHeard { peer: self.id });
        }
    }

    /// When it is pinged, all being quiet. Not in step with others: the id spreads it over five seconds.
    pub(super) fn keepalive_at(&self) -> Duration {
        self.signs.heard_at + KEEPALIVE + Duration::from_millis(u64::from(self.id.0[0]) * 5000 / 256)
    }
}
