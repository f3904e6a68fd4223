//! What an instance knows of another one.

use std::collections::VecDeque;
use std::time::Duration;

use super::limits::{CLOCK_SAMPLES, HANDSHAKE_SPACING, HELLO_FIRST, HELLO_LONGEST, KEEPALIVE, SESSION_AGE};
use super::outbox::Piece;
use super::own::{Nonce, Own};
use super::streams::{Incoming, Outgoing};
use super::{Event, Now};
use crate::peer::envelope::{self, Recipient};
use crate::peer::fading::Fading;
use crate::peer::handshake::{Begun, FirstKey, Origin, Revealed, Unconfirmed};
use crate::peer::message::{Acknowledged, InstanceId, Kind, Message, MessageId, Text};
use crate::peer::name::Name;
use crate::peer::run_key::PublicRunKey;
use crate::peer::session::Session;
use crate::peer::words::SafetyWords;

/// Whether a peer is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// No session with it was ever confirmed.
    Unmet,
    /// A session is confirmed.
    Here,
    /// It was given up; it may come back.
    Away,
    /// It said that it leaves.
    Left,
}

/// What two instances have in common beyond the room: the first key of their next handshake.
pub(super) enum Bond {
    /// Nothing: the room's key.
    None,
    /// We are the initiator and have read a second.
    Initiated { chain: FirstKey, revealed: Revealed },
    /// We are the responder and have answered: the initiator may or may not have read it.
    Answered {
        under: FirstKey,
        chain: FirstKey,
        origin: Origin,
    },
    /// We are the responder and the initiator has confirmed.
    Confirmed { chain: FirstKey, origin: Origin },
}

/// A handshake of ours that waits for its second.
pub(super) struct Open {
    pub begun: Box<Begun>,
    pub since: Duration,
    pub resend_at: Duration,
    pub wait: Duration,
}

/// A handshake that we have answered and that waits for its confirm.
pub(super) struct Answer {
    pub unconfirmed: Box<Unconfirmed>,
    pub second: Vec<u8>,
    pub sent_at: Duration,
}

/// A ping that waits for its pong.
pub(super) struct Ping {
    pub token: u64,
    pub at: Duration,
}

pub(super) struct Pair {
    pub id: InstanceId,
    /// What its hellos and handshakes are signed with.
    pub run_key: PublicRunKey,

    // Hello.
    /// The highest counter of its hellos.
    pub hello_counter: Option<u64>,
    /// Its present nonce.
    pub nonce: Option<Nonce>,
    /// It has echoed our present nonce: it is alive, and no recording.
    pub echoed: bool,
    /// It is owed an answer to a hello.
    pub answer_due: bool,
    pub hello_sent: Option<Duration>,
    /// When, and after which wait, it is sent a hello while a session is needed.
    pub hello_at: Duration,
    pub hello_wait: Duration,
    /// Anything of it came, proven or not.
    pub sign_at: Duration,

    // Handshake.
    /// A session was confirmed since either's last join.
    pub fresh: bool,
    /// A handshake is asked for although the session is fresh.
    pub wanted: bool,
    /// The number of the last attempt: begun by the initiator, answered by the responder.
    pub attempt: u64,
    pub bond: Bond,
    pub open: Option<Open>,
    pub answer: Option<Answer>,
    /// When a handshake was last begun or answered.
    pub handshake_at: Option<Duration>,
    /// When one was last answered.
    pub answered_at: Option<Duration>,
    /// Since when it has asked for handshakes without answering our first.
    pub refused_since: Option<Duration>,
    /// Somebody made something in its name that it did not sign; when the user was told.
    pub forged: bool,
    pub impostor_told: Option<Duration>,

    // Session.
    pub current: Option<Session>,
    /// The session before, for what the peer had still sent in it.
    pub old: Option<Session>,
    pub agreed_at: Duration,
    /// What comes in it was sent after this: it answers what we sent then.
    pub spoke_after: Duration,

    // The peer.
    pub presence: Presence,
    pub name: Option<Name>,
    pub words: Option<SafetyWords>,
    pub compared: bool,
    /// What it wants of messages that fade.
    pub fading: Fading,
    /// The user was told of it before.
    pub announced_before: bool,
    /// When its first session was confirmed.
    pub met_at: Duration,
    /// Since when it is here.
    pub here_since: Duration,
    /// It has said no name in time: it is left alone until then.
    pub paused_until: Option<Duration>,
    /// When the last thing of it decrypted.
    pub decrypted_at: Duration,
    /// What its silence is measured from: the last thing that decrypted, or a join of ours.
    pub heard_at: Duration,
    pub silent: bool,
    pub ping: Option<Ping>,
    /// The token of its last ping, until it is answered. One that pings again before has its answer in the later one.
    pub pong: Option<u64>,
    /// The relay has fewer seats than we have peers: it must answer in time from here.
    pub doubted: Option<Duration>,
    /// When acknowledgements last advanced, or had nothing to advance to.
    pub progress_at: Duration,
    /// The peer that this one's undelivered messages wait to be released to.
    pub withheld_for: Option<InstanceId>,
    /// Among them are some that were typed when nobody was here: nobody else gets them unasked.
    pub typed_alone: bool,

    // Streams.
    pub outgoing: Outgoing<Piece>,
    pub incoming: Incoming,
    /// When an acknowledgement has to go out.
    pub ack_at: Option<Duration>,
    /// What the last acknowledgement said.
    pub acked: u64,
    /// Bytes that came since the last acknowledgement.
    pub unacked_bytes: usize,
    /// Our texts that the peer holds and has not read, by their numbers.
    pub unread: VecDeque<(u64, MessageId)>,
    /// Arrival against the sender's clock, of the last texts, in milliseconds.
    delays: VecDeque<i64>,
}

impl Pair {
    pub(super) fn new(run_key: PublicRunKey, now: Now) -> Self {
        let at = now.monotonic;
        Self {
            id: run_key.id(),
            run_key,
            hello_counter: None,
            nonce: None,
            echoed: false,
            answer_due: false,
            hello_sent: None,
            hello_at: at + HELLO_FIRST,
            hello_wait: HELLO_FIRST,
            sign_at: at,
            fresh: false,
            wanted: false,
            attempt: 0,
            bond: Bond::None,
            open: None,
            answer: None,
            handshake_at: None,
            answered_at: None,
            refused_since: None,
            forged: false,
            impostor_told: None,
            current: None,
            old: None,
            agreed_at: at,
            spoke_after: at,
            presence: Presence::Unmet,
            name: None,
            words: None,
            compared: false,
            fading: Fading::default(),
            announced_before: false,
            met_at: at,
            here_since: at,
            paused_until: None,
            decrypted_at: at,
            heard_at: at,
            silent: false,
            ping: None,
            pong: None,
            doubted: None,
            progress_at: at,
            withheld_for: None,
            typed_alone: false,
            outgoing: Outgoing::new(),
            incoming: Incoming::default(),
            ack_at: None,
            acked: 0,
            unacked_bytes: 0,
            unread: VecDeque::new(),
            delays: VecDeque::new(),
        }
    }

    pub(super) fn is_here(&self) -> bool {
        self.presence == Presence::Here
    }

    /// Whether a session with it was ever confirmed.
    pub(super) fn was_met(&self) -> bool {
        self.presence != Presence::Unmet
    }

    /// Whether it has said no name in time and is left alone for a while.
    pub(super) fn is_paused(&self, at: Duration) -> bool {
        self.paused_until.is_some_and(|until| at < until)
    }

    /// Whether the user knows of it: it is here and has said its name.
    pub(super) fn is_announced(&self) -> bool {
        self.is_here() && self.name.is_some()
    }

    /// Whether what is sent to it now can arrive.
    pub(super) fn is_open(&self) -> bool {
        self.fresh && self.current.is_some()
    }

    /// Seals a message in the current session and pushes it. Every message acknowledges.
    pub(super) fn send(&mut self, own: &mut Own, kind: Kind) -> Option<super::Tag> {
        own.nonce?;
        let session = self.current.as_mut()?;
        let held = self.incoming.held();
        let message = Message {
            acknowledged: Acknowledged {
                held,
                read: self.incoming.read(),
            },
            kind,
        };
        let (counter, body) = session.seal(&message.encode()).ok()?;
        self.acked = held;
        self.unacked_bytes = 0;
        self.ack_at = None;
        own.push(
            envelope::Kind::Message,
            Recipient::One(self.id),
            session.id(),
            counter,
            &body,
        )
    }

    pub(super) fn send_ping(&mut self, own: &mut Own, at: Duration) {
        let token = u64::from_be_bytes(own.random());
        self.ping = Some(Ping { token, at });
        self.send(own, Kind::Ping(token));
    }

    /// Sends it a hello that echoes its nonce.
    pub(super) fn send_hello(&mut self, own: &mut Own, at: Duration) {
        own.hello(Recipient::One(self.id), self.nonce);
        self.hello_sent = Some(at);
        // A session that stands is asked to be replaced at most this often.
        let least = if self.fresh {
            HANDSHAKE_SPACING
        } else {
            HELLO_FIRST
        };
        self.hello_at = at + own.jittered(self.hello_wait.max(least));
        self.hello_wait = (self.hello_wait * 2).min(HELLO_LONGEST);
    }

    /// Hellos come quickly again.
    pub(super) fn hurry(&mut self, at: Duration) {
        self.hello_wait = HELLO_FIRST;
        self.hello_at = self.hello_at.min(at + HELLO_FIRST);
    }

    /// A session is agreed: everything unacknowledged is sent in it first.
    pub(super) fn switch(&mut self, session: Session, at: Duration) {
        self.old = self.current.replace(session);
        self.fresh = true;
        self.wanted = false;
        self.agreed_at = at;
        self.spoke_after = self.handshake_at.unwrap_or(at);
        self.progress_at = at;
        self.ping = None;
        self.pong = None;
        self.outgoing.restart();
    }

    /// Something of it decrypted.
    pub(super) fn heard(&mut self, own: &mut Own, at: Duration) {
        self.decrypted_at = at;
        self.heard_at = at;
        self.sign_at = at;
        self.doubted = None;
        if std::mem::replace(&mut self.silent, false) && self.is_announced() {
            own.tell(Event::PeerHeard { peer: self.id });
        }
    }

    /// When it is pinged, all being quiet. Not in step with others: the id spreads it over five seconds.
    pub(super) fn keepalive_at(&self) -> Duration {
        self.heard_at + KEEPALIVE + Duration::from_millis(u64::from(self.id.0[0]) * 5000 / 256)
    }

    /// When its session is old.
    pub(super) fn aged_at(&self) -> Duration {
        self.agreed_at + SESSION_AGE
    }

    /// How late a text is: what it waited at its sender, and what it was held back on the way beyond the usual. When one
    /// of the clocks was set that seems long; it is not longer than since what the peer had from us when it spoke.
    pub(super) fn age(&mut self, text: &Text, now: Now) -> Duration {
        let waited = Duration::from_millis(text.waited.into());
        let sent = i128::from(text.clock) + i128::from(text.waited);
        let delay = i128::from(now.wall) - sent;
        let delay = delay.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let usual = self.delays.iter().copied().min().unwrap_or(delay).min(delay);
        self.delays.push_back(delay);
        if self.delays.len() > CLOCK_SAMPLES {
            self.delays.pop_front();
        }
        let held_back = Duration::from_millis(delay.saturating_sub(usual).max(0).unsigned_abs());
        waited + held_back.min(now.monotonic.saturating_sub(self.spoke_after))
    }
}

impl Bond {
    /// The first keys that a *first* may be made under, when we are the responder.
    pub(super) fn answerable(&self, room: &FirstKey) -> Vec<FirstKey> {
        match self {
            Self::None => vec![room.clone()],
            Self::Answered { under, chain, .. } => vec![under.clone(), chain.clone()],
            Self::Confirmed { chain, .. } => vec![chain.clone()],
            Self::Initiated { .. } => Vec::new(),
        }
    }

    /// What the pair's safety words come from, when we are the responder and have answered.
    pub(super) fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Answered { origin, .. } | Self::Confirmed { origin, .. } => Some(origin),
            Self::None | Self::Initiated { .. } => None,
        }
    }
}
