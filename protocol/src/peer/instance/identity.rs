//! Our own side of every pair: who we are, and what leaves for the relay and for the user.

use std::collections::VecDeque;
use std::time::Duration;

use rand_core::CryptoRng;

use super::limits::PUSHES_WAITING;
use super::{Event, Push, Tag};
use crate::peer::envelope::{Envelopes, Header, Kind, Recipient, SessionId};
use crate::peer::handshake::FirstKey;
use crate::peer::message::InstanceId;
use crate::peer::name::Name;
use crate::peer::root::RoomKeys;
use crate::peer::run_key::{PublicRunKey, RunKey};
use crate::wire::topic::Topic;

/// A hello's nonce: new at every join.
pub(super) type Nonce = [u8; 16];

pub(super) struct Identity {
    pub(crate) id: InstanceId,
    run_key: RunKey,
    pub(crate) public: PublicRunKey,
    pub(crate) name: Name,
    pub(crate) envelopes: Envelopes,
    pub(crate) room_key: FirstKey,
    pub(crate) rng: Box<dyn CryptoRng + Send>,
    /// Present from a join to the loss of its connection.
    pub(crate) nonce: Option<Nonce>,
    hello_counter: u64,
    next_tag: u64,
    pub(crate) pushes: VecDeque<Push>,
    pub(crate) events: VecDeque<Event>,
}

impl Identity {
    pub(super) fn new(keys: &RoomKeys, topic: Topic, name: Name, mut rng: Box<dyn CryptoRng + Send>) -> Self {
        let run_key = RunKey::new(&mut *rng);
        let public = run_key.public();
        Self {
            id: public.id(),
            run_key,
            public,
            name,
            envelopes: Envelopes::new(keys, topic),
            room_key: FirstKey::of_room(keys),
            rng,
            nonce: None,
            hello_counter: 0,
            next_tag: 0,
            pushes: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A wait, up to a quarter longer, so that clients do not move in step.
    pub(super) fn jittered(&mut self, wait: Duration) -> Duration {
        wait + wait * u32::from(self.random::<1>()[0]) / 1024
    }

    /// A wait of at most so long, at least a third of it.
    pub(super) fn at_most(&mut self, wait: Duration) -> Duration {
        wait / 3 + wait * 2 / 3 * u32::from(self.random::<1>()[0]) / 255
    }

    /// Whether the socket takes less than there is to push.
    pub(super) fn is_clogged(&self) -> bool {
        self.pushes.len() >= PUSHES_WAITING
    }

    /// Seals a body, signed if it belongs to no session, and queues it for the relay. Nothing while there is no
    /// connection.
    pub(super) fn push(
        &mut self,
        kind: Kind,
        to: Recipient,
        session: SessionId,
        counter: u64,
        body: &[u8],
    ) -> Option<Tag> {
        self.nonce?;
        let header = Header {
            kind,
            from: self.id,
            to,
            session,
            counter,
        };
        let payload = if kind == Kind::Message {
            self.envelopes.seal(&header, body, &mut *self.rng)?
        } else {
            let signed = self.run_key.sign(self.envelopes.topic(), &header, body)?;
            self.envelopes.seal(&header, &signed, &mut *self.rng)?
        };
        let tag = Tag(self.next_tag);
        self.next_tag += 1;
        self.pushes.push_back(Push { payload, tag });
        Some(tag)
    }

    /// "I am here", and, to one whose nonce is known, "I hear you".
    pub(super) fn hello(&mut self, to: Recipient, echo: Option<Nonce>) {
        let Some(nonce) = self.nonce else { return };
        self.hello_counter += 1;
        let body = [&nonce[..], &echo.unwrap_or_default(), self.public.as_bytes()].concat();
        self.push(Kind::Hello, to, SessionId([0; 8]), self.hello_counter, &body);
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }
}
