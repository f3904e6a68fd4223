//! Somebody who has the passphrase, and so the room's keys, and an ordinary seat: he reads every envelope, and makes
//! any that his keys allow, and some that they do not. The relay and the path of the others are not his.

use std::collections::BTreeMap;

use hkdf::Hkdf;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::Sha256;
use sotto_protocol::Topic;
use sotto_protocol::envelope::{Envelopes, Header, Kind, Recipient, SessionId};
use sotto_protocol::handshake::{Agreed, Begun, First, FirstKey, Parties, Unconfirmed};
use sotto_protocol::message::{self as said, Acknowledged, Content, InstanceId, Message};
use sotto_protocol::run_key::{PublicRunKey, RunKey};
use sotto_protocol::session::Session;

use crate::world::keys;

const SECRET: [u8; 32] = [7; 32];

/// The room's first key, as everybody with the passphrase derives it.
pub fn room_key() -> FirstKey {
    FirstKey::Room(derived(b"sotto/v1/psk").into())
}

/// The key of the room's envelopes.
pub fn box_key() -> [u8; 32] {
    derived(b"sotto/v1/box")
}

fn derived(label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, &SECRET)
        .expand(label, &mut key)
        .unwrap();
    key
}

/// What he does when somebody wants to talk to him.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// He answers hellos by hellos that echo: a handshake is wanted.
    pub echoes: bool,
    /// He answers firsts, and confirms what answers his own.
    pub agrees: bool,
    /// What he confirms with is not what he has committed to.
    pub lies: bool,
    /// He answers pings, and acknowledges.
    pub stays: bool,
}

/// What he knows of another instance.
struct Other {
    public: PublicRunKey,
    nonce: [u8; 16],
    /// He has echoed this one of its nonces.
    echoed: Option<[u8; 16]>,
    /// The session that its messages last belonged to, with whom, and the counter after theirs.
    seen: Option<(InstanceId, SessionId, u64)>,
    attempt: u64,
    begun: Option<Box<Begun>>,
    unconfirmed: Option<Box<Unconfirmed>>,
    session: Option<Session>,
    /// The next number of his stream to it, and of its stream to him.
    number: u64,
    held: u64,
}

/// One instance of his; he may have many in his one seat.
pub struct Member {
    key: RunKey,
    id: InstanceId,
    topic: Topic,
    envelopes: Envelopes,
    pub rng: StdRng,
    pub manners: Manners,
    nonce: [u8; 16],
    counter: u64,
    others: BTreeMap<InstanceId, Other>,
}

impl Member {
    pub fn new(seed: u64, manners: Manners) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let (keys, topic) = keys();
        let key = RunKey::new(&mut rng);
        Self {
            id: key.public().id(),
            key,
            envelopes: Envelopes::new(&keys, topic.clone()),
            topic,
            nonce: rng.random(),
            rng,
            manners,
            counter: 0,
            others: BTreeMap::new(),
        }
    }

    pub fn id(&self) -> InstanceId {
        self.id
    }

    /// Whose hellos he has heard.
    pub fn known(&self) -> Vec<InstanceId> {
        self.others.keys().copied().collect()
    }

    /// Those whom he can say something in a session.
    pub fn in_session(&self) -> Vec<InstanceId> {
        let talking = self.others.iter().filter(|(_, other)| other.session.is_some());
        talking.map(|(id, _)| *id).collect()
    }

    /// Reads what passes, and answers as his manners are.
    pub fn hear(&mut self, header: &Header, body: &[u8]) -> Vec<Vec<u8>> {
        let to_us = header.to == Recipient::One(self.id());
        match header.kind {
            Kind::Hello => self.on_hello(header, body, to_us),
            Kind::First if to_us && self.manners.agrees => self.on_first(header, body),
            Kind::Second if to_us && self.manners.agrees => self.on_second(header, body),
            Kind::Message => self.on_message(header, body, to_us),
            _ => Vec::new(),
        }
    }

    fn on_hello(&mut self, header: &Header, body: &[u8], to_us: bool) -> Vec<Vec<u8>> {
        let Some(public) = PublicRunKey::from_bytes(body[32..64].try_into().unwrap()) else {
            return Vec::new();
        };
        let nonce = body[..16].try_into().unwrap();
        let other = self.others.entry(header.from).or_insert_with(|| Other {
            public,
            nonce,
            echoed: None,
            seen: None,
            attempt: 0,
            begun: None,
            unconfirmed: None,
            session: None,
            number: 0,
            held: 0,
        });
        other.nonce = nonce;
        let live = to_us && body[16..32] == self.nonce;
        // Whom he has answered is not answered again, or two would greet each other for ever.
        let greet = self.manners.echoes && (!to_us || other.echoed.replace(nonce) != Some(nonce));
        let begin = live && self.manners.agrees && self.id < header.from;
        let begin = begin && other.begun.is_none() && other.session.is_none();
        let greeting = greet.then(|| self.hello(Some(header.from))).flatten();
        let first = begin.then(|| self.first(header.from, 1)).flatten();
        greeting.into_iter().chain(first).collect()
    }

    fn on_first(&mut self, header: &Header, body: &[u8]) -> Vec<Vec<u8>> {
        let us = self.key.public();
        let Some(other) = self.others.get_mut(&header.from) else {
            return Vec::new();
        };
        let Some(body) = other.public.verified(&self.topic, header, body) else {
            return Vec::new();
        };
        let parties = Parties::between(&self.topic, &other.public, &us);
        let read = First::read(parties, header.session, &room_key(), body, &mut self.rng);
        let Some((second, unconfirmed)) = read.ok().and_then(|first| first.answer(&mut self.rng).ok()) else {
            return Vec::new();
        };
        other.unconfirmed = Some(Box::new(unconfirmed));
        let second = self.signed(Kind::Second, us.id(), header.from, header.session, 0, &second);
        second.into_iter().collect()
    }

    fn on_second(&mut self, header: &Header, body: &[u8]) -> Vec<Vec<u8>> {
        let Some(other) = self.others.get_mut(&header.from) else {
            return Vec::new();
        };
        let Some(body) = other.public.verified(&self.topic, header, body) else {
            return Vec::new();
        };
        let Some(begun) = other.begun.take_if(|begun| begun.session() == header.session) else {
            return Vec::new();
        };
        let Ok(Agreed {
            session, revealed, ..
        }) = begun.read_second(body)
        else {
            return Vec::new();
        };
        let mut revealed = revealed.unwrap();
        revealed[0] ^= u8::from(self.manners.lies);
        (other.session, other.number, other.held) = (Some(session), 0, 0);
        let confirm = said::Kind::Confirm { revealed };
        self.message(header.from, Acknowledged::default(), confirm)
            .into_iter()
            .collect()
    }

    fn on_message(&mut self, header: &Header, body: &[u8], to_us: bool) -> Vec<Vec<u8>> {
        let Some(other) = self.others.get_mut(&header.from) else {
            return Vec::new();
        };
        if let Recipient::One(to) = header.to {
            other.seen = Some((to, header.session, header.counter + 1));
        }
        if !to_us {
            return Vec::new();
        }
        if let Some(unconfirmed) = other.unconfirmed.take_if(|ours| ours.id() == header.session) {
            let origin = unconfirmed.origin.clone();
            if let Ok(confirmed) = unconfirmed.confirm(body, &origin) {
                (other.session, other.number, other.held) = (Some(confirmed.session), 0, 0);
            }
            return Vec::new();
        }
        let Some(session) = other
            .session
            .as_mut()
            .filter(|session| session.id() == header.session && session.next_counter() == header.counter)
        else {
            return Vec::new();
        };
        let message = session
            .open(body)
            .ok()
            .and_then(|plaintext| Message::decode(&plaintext).ok());
        let reply = match message.map(|message| message.kind) {
            Some(said::Kind::Ping(token)) => said::Kind::Pong(token),
            Some(said::Kind::Numbered(number, _)) if number == other.held => {
                other.held += 1;
                said::Kind::Nothing
            }
            _ => return Vec::new(),
        };
        let acknowledged = Acknowledged {
            held: other.held,
            read: 0,
        };
        let reply = self
            .manners
            .stays
            .then(|| self.message(header.from, acknowledged, reply));
        reply.flatten().into_iter().collect()
    }

    /// A hello of his own: to all, or to one whose nonce it echoes.
    pub fn hello(&mut self, to: Option<InstanceId>) -> Option<Vec<u8>> {
        self.counter += 1;
        let echo = to.map_or([0; 16], |to| self.others[&to].nonce);
        let public = self.key.public();
        let body = [&self.nonce[..], &echo, public.as_bytes()].concat();
        let to = to.map_or(Recipient::All, Recipient::One);
        self.sealed(Kind::Hello, self.id(), to, SessionId([0; 8]), self.counter, &body)
    }

    /// A hello in another's name: its key, and his signature.
    pub fn forged_hello(&mut self, from: InstanceId, to: InstanceId, counter: u64) -> Option<Vec<u8>> {
        let echo = self.others.get(&to)?.nonce;
        let public = self.others.get(&from)?.public.clone();
        let body = [&self.rng.random::<[u8; 16]>()[..], &echo, public.as_bytes()].concat();
        self.signed(Kind::Hello, from, to, SessionId([0; 8]), counter, &body)
    }

    /// A first of his own, as many attempts above the last one as he likes.
    pub fn first(&mut self, to: InstanceId, above: u64) -> Option<Vec<u8>> {
        let us = self.key.public();
        let other = self.others.get_mut(&to)?;
        other.attempt = other.attempt.saturating_add(above);
        let parties = Parties::between(&self.topic, &us, &other.public);
        let begun = Begun::new(parties, &room_key(), other.attempt, &mut self.rng).unwrap();
        let (session, first) = (begun.session(), begun.first().to_vec());
        other.begun = Some(Box::new(begun));
        self.signed(Kind::First, us.id(), to, session, 0, &first)
    }

    /// A first in another's name.
    pub fn forged_first(&mut self, from: InstanceId, to: InstanceId, attempt: u64) -> Option<Vec<u8>> {
        let (one, two) = (self.others.get(&from)?, self.others.get(&to)?);
        let parties = Parties::between(&self.topic, &one.public, &two.public);
        let begun = Begun::new(parties, &room_key(), attempt, &mut self.rng).unwrap();
        self.signed(Kind::First, from, to, begun.session(), 0, begun.first())
    }

    /// A message in the session of two others, ahead of what the one has said, which he cannot encrypt.
    pub fn forged_message(&mut self, from: InstanceId, ahead: u64) -> Option<Vec<u8>> {
        let (to, session, counter) = self.others.get(&from)?.seen?;
        let body: [u8; 206] = self.rng.random();
        let to = Recipient::One(to);
        let header = Header {
            kind: Kind::Message,
            from,
            to,
            session,
            counter: counter.saturating_add(ahead),
        };
        self.envelopes.seal(&header, &body, &mut self.rng)
    }

    /// The next of his stream to somebody: what an honest client would say, or what none would.
    pub fn say(&mut self, to: InstanceId, content: Content, acknowledged: Acknowledged) -> Option<Vec<u8>> {
        let other = self.others.get_mut(&to)?;
        let number = other.number;
        other.number += 1;
        self.message(to, acknowledged, said::Kind::Numbered(number, content))
    }

    /// A message in a session of his.
    pub fn message(
        &mut self,
        to: InstanceId,
        acknowledged: Acknowledged,
        kind: said::Kind,
    ) -> Option<Vec<u8>> {
        let from = self.id();
        let session = self.others.get_mut(&to)?.session.as_mut()?;
        let (counter, body) = session.seal(&Message { acknowledged, kind }.encode()).ok()?;
        let header = Header {
            kind: Kind::Message,
            from,
            to: Recipient::One(to),
            session: session.id(),
            counter,
        };
        self.envelopes.seal(&header, &body, &mut self.rng)
    }

    fn signed(
        &mut self,
        kind: Kind,
        from: InstanceId,
        to: InstanceId,
        session: SessionId,
        counter: u64,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        self.sealed(kind, from, Recipient::One(to), session, counter, body)
    }

    fn sealed(
        &mut self,
        kind: Kind,
        from: InstanceId,
        to: Recipient,
        session: SessionId,
        counter: u64,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let header = Header {
            kind,
            from,
            to,
            session,
            counter,
        };
        let body = self.key.sign(&self.topic, &header, body)?;
        self.envelopes.seal(&header, &body, &mut self.rng)
    }
}
