//! How instances find each other and agree: hellos, and who begins or answers a handshake when.

use std::time::Duration;

use super::limits::{
    ANSWER_SPACING, FIRST_RESEND, GONE, HANDSHAKE_LIMIT, HANDSHAKE_SPACING, HANDSHAKES, HELLO_FIRST,
    HELLO_LONGEST, IMPOSTOR_EVERY, KNOWN, PEERS, REFUSED,
};
use super::outbox::Piece;
use super::own::{Nonce, Own};
use super::pair::{Answer, Bond, Open, Pair, Presence};
use super::{Event, Instance, Now};
use crate::peer::envelope::{Header, Kind, Recipient};
use crate::peer::fading::Fading;
use crate::peer::handshake::{Begun, First, FirstKey, Parties, safety_words};
use crate::peer::message::{self, InstanceId};
use crate::peer::run_key::PublicRunKey;
use crate::wire::topic::Topic;

impl Instance {
    /// A hello came.
    pub(super) fn on_hello(&mut self, header: &Header, body: &[u8], now: Now) {
        let (at, from, topic) = (now.monotonic, header.from, self.own.envelopes.topic());
        let known = self.pairs.get(&from);
        let highest = known.and_then(|pair| pair.hello_counter);
        // A recording is not worth verifying.
        if self.burned.contains(&from)
            || highest.is_some_and(|highest| header.counter <= highest)
            || known.is_some_and(|pair| pair.is_paused(at))
        {
            return;
        }
        let Some(Hello { nonce, echo, run_key }) = Hello::read(topic, header, body) else {
            return self.forged(from, at);
        };
        self.make_room_for(from);
        let initiates = self.own.id < from;
        let pair = self.pairs.entry(from).or_insert_with(|| Pair::new(run_key, now));
        pair.hello_counter = Some(header.counter);
        pair.sign_at = at;
        let new = pair.nonce != Some(nonce);
        let echoes = self.own.nonce == Some(echo);
        if new {
            pair.nonce = Some(nonce);
            pair.fresh = false;
            pair.refused_since = None;
            if pair.presence == Presence::Left {
                pair.presence = Presence::Away;
            }
            pair.hurry(at);
        }
        if echoes {
            pair.echoed = true;
        }
        let rested = pair
            .handshake_at
            .is_none_or(|last| at >= last + HANDSHAKE_SPACING);
        if new || !echoes {
            pair.answer_due = true;
            // A session stands for us, and it answers a join that is not our last: our hellos may be old to it, but a
            // first is not.
            let astray = !new && header.to != Recipient::All;
            pair.wanted |= astray && initiates && pair.fresh && rested;
        } else if rested {
            pair.wanted = true;
            // It hears us, asks, and answers no first. Time alone proves nothing: one of us may have slept.
            if pair.open.is_some() && at >= *pair.refused_since.get_or_insert(at) + REFUSED {
                pair.refused_since = Some(at);
                self.own.tell(Event::Refused { peer: from });
            }
        }
    }

    /// Something was made in the name of an instance that did not sign it: by somebody who has the passphrase. The user
    /// is told once there is a name for it.
    fn forged(&mut self, from: InstanceId, at: Duration) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return self.disturb(at);
        };
        pair.forged = true;
        pair.tell_forged(&mut self.own, at);
    }

    /// Keeps those that were only heard of, and those that were met, to [`KNOWN`] each.
    fn make_room_for(&mut self, from: InstanceId) {
        if self.pairs.contains_key(&from) {
            return;
        }
        for unmet in [true, false] {
            let of_kind = self.pairs.values().filter(|pair| pair.was_met() != unmet);
            if of_kind.clone().count() < KNOWN {
                continue;
            }
            // Those with something undelivered last: it would be lost.
            let oldest = of_kind
                .filter(|pair| !pair.is_here())
                .min_by_key(|pair| {
                    let owed = pair.outgoing.undelivered().next().is_some();
                    (owed, pair.compared, pair.sign_at)
                })
                .map(|pair| pair.id);
            if let Some(oldest) = oldest {
                self.forget(oldest);
            }
        }
    }

    /// Sends the hellos that are due: to all while alone or while seats are nobody's, and to each with whom a
    /// session is needed.
    pub(super) fn send_hellos(&mut self, at: Duration) {
        if self.own.nonce.is_none() || self.own.is_clogged() {
            return;
        }
        if at >= self.hello_at && self.wants_company() {
            self.own.hello(Recipient::All, None);
            self.hello_at = at + self.own.jittered(self.hello_wait);
            self.hello_wait = (self.hello_wait * 2).min(HELLO_LONGEST);
        }
        for pair in self
            .pairs
            .values_mut()
            .filter(|pair| pair.wants_hello() && at >= pair.hello_at)
        {
            pair.send_hello(&mut self.own, at);
        }
        for pair in self.pairs.values_mut().filter(|pair| pair.answer_due) {
            if self.answers.next_free(at) > at {
                break;
            }
            if pair.hello_sent.is_none_or(|sent| at >= sent + ANSWER_SPACING) {
                pair.answer_due = false;
                pair.send_hello(&mut self.own, at);
                self.answers.note(at);
            }
        }
    }

    /// When the next hello is due.
    pub(super) fn next_hello(&self) -> Option<Duration> {
        self.own.nonce.filter(|_| !self.own.is_clogged())?;
        let to_all = self.wants_company().then_some(self.hello_at);
        let slot = self.answers.next_free(Duration::ZERO);
        let to_each = self.pairs.values().flat_map(|pair| {
            let needed = pair.wants_hello().then_some(pair.hello_at);
            let free = pair
                .hello_sent
                .map_or(Duration::ZERO, |sent| sent + ANSWER_SPACING);
            [needed, pair.answer_due.then_some(free.max(slot))]
        });
        to_each.chain([to_all]).flatten().min()
    }

    /// Whether a hello to all may find somebody.
    pub(super) fn wants_company(&self) -> bool {
        self.strangers > 0 || !self.pairs.values().any(Pair::is_here)
    }

    /// Begins, repeats and gives up handshakes, as far as they are ours to begin.
    pub(super) fn drive_handshakes(&mut self, at: Duration) {
        for pair in self.pairs.values_mut() {
            let Some(open) = &mut pair.open else { continue };
            if at >= open.since + HANDSHAKE_LIMIT {
                pair.open = None;
                // Whoever is not here any more is not asked again before it gives a sign.
                pair.wanted &= pair.is_here();
            } else if at >= open.resend_at && self.own.nonce.is_some() {
                let (session, first) = (open.begun.session(), open.begun.first().to_vec());
                open.resend_at = at + open.wait;
                open.wait *= 2;
                self.own
                    .push(Kind::First, Recipient::One(pair.id), session, 0, &first);
            }
        }
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let mut open = self.pairs.values().filter(|pair| pair.open.is_some()).count();
        for pair in self.pairs.values_mut() {
            let due = pair.begin_at(self.own.id).is_some_and(|due| at >= due);
            if !due || open >= HANDSHAKES || self.own.nonce.is_none() {
                continue;
            }
            if !pair.is_here() && here >= PEERS {
                self.crowded = self.crowded.more();
                continue;
            }
            let key = match &pair.bond {
                Bond::Initiated { chain, .. } => chain.clone(),
                _ => self.own.room_key.clone(),
            };
            let parties = Parties::between(self.own.envelopes.topic(), &self.own.public, &pair.run_key);
            let begun = Begun::new(parties, &key, pair.attempt + 1, &mut *self.own.rng);
            // The library refuses nothing that we give it; if it did, the next hello would ask again.
            let Ok(begun) = begun else { continue };
            open += 1;
            pair.attempt += 1;
            pair.wanted = false;
            pair.handshake_at = Some(at);
            self.own.push(
                Kind::First,
                Recipient::One(pair.id),
                begun.session(),
                0,
                begun.first(),
            );
            let begun = Box::new(begun);
            pair.open = Some(Open {
                begun,
                since: at,
                resend_at: at + FIRST_RESEND,
                wait: 2 * FIRST_RESEND,
            });
        }
    }

    /// When a handshake is to be begun, repeated or given up next.
    pub(super) fn next_handshake(&self) -> Option<Duration> {
        self.own.nonce?;
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let open = self.pairs.values().filter(|pair| pair.open.is_some()).count();
        let each = self.pairs.values().filter_map(|pair| match &pair.open {
            Some(open) => Some(open.resend_at.min(open.since + HANDSHAKE_LIMIT)),
            None if open >= HANDSHAKES || (!pair.is_here() && here >= PEERS) => None,
            None => pair.begin_at(self.own.id),
        });
        each.min()
    }

    /// A *first* came.
    pub(super) fn on_first(&mut self, header: &Header, body: &[u8], now: Now) {
        let (at, from, session) = (now.monotonic, header.from, header.session);
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        if from >= self.own.id || !pair.echoed || pair.is_paused(at) || self.own.is_clogged() {
            return;
        }
        let topic = self.own.envelopes.topic();
        let Some(body) = pair.run_key.verified(topic, header, body) else {
            return self.forged(from, at);
        };
        if !pair.is_here() && here >= PEERS {
            self.crowded = self.crowded.more();
            return;
        }
        pair.sign_at = at;
        if let Some(answer) = &mut pair.answer
            && answer.unconfirmed.id() == session
        {
            if at >= answer.sent_at + ANSWER_SPACING {
                answer.sent_at = at;
                let second = answer.second.clone();
                self.own
                    .push(Kind::Second, Recipient::One(from), session, 0, &second);
            }
            return;
        }
        // It comes again after two seconds.
        if pair.answered_at.is_some_and(|last| at < last + ANSWER_SPACING) || self.seconds.next_free(at) > at
        {
            return;
        }
        let keys = pair.bond.answerable(&self.own.room_key);
        let parties = Parties::between(topic, &pair.run_key, &self.own.public);
        let mut read = |key: &FirstKey| First::read(parties, session, key, body, &mut *self.own.rng).ok();
        let under = keys
            .into_iter()
            .find_map(|key| read(&key).map(|first| (key, first)));
        let Some((key, first)) = under else {
            return self.disturb(at);
        };
        if first.attempt <= pair.attempt {
            return;
        }
        let attempt = first.attempt;
        // An encapsulation key that is none: made by somebody who has the first key, but no peer.
        let Ok((second, unconfirmed)) = first.answer(&mut *self.own.rng) else {
            return;
        };
        let origin = match pair.bond.origin() {
            Some(origin) if !key.is_room() => origin.clone(),
            _ => unconfirmed.origin.clone(),
        };
        pair.bond = Bond::Answered {
            under: key,
            chain: unconfirmed.chain.clone(),
            origin,
        };
        pair.attempt = attempt;
        pair.wanted = false;
        pair.handshake_at = Some(at);
        pair.answered_at = Some(at);
        self.seconds.note(at);
        self.own
            .push(Kind::Second, Recipient::One(from), session, 0, &second);
        pair.answer = Some(Answer {
            unconfirmed: Box::new(unconfirmed),
            second,
            sent_at: at,
        });
    }

    /// A *second* came.
    pub(super) fn on_second(&mut self, header: &Header, body: &[u8], now: Now) {
        let (at, from, session) = (now.monotonic, header.from, header.session);
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        if pair.open.is_none() {
            return;
        }
        let Some(body) = pair.run_key.verified(self.own.envelopes.topic(), header, body) else {
            return self.forged(from, at);
        };
        let Some(open) = pair.open.take_if(|open| open.begun.session() == session) else {
            return;
        };
        let agreed = match open.begun.read_second(body) {
            Ok(agreed) => agreed,
            Err(begun) => {
                pair.open = Some(Open { begun, ..open });
                return self.disturb(at);
            }
        };
        let revealed = match (&pair.bond, agreed.revealed) {
            (Bond::Initiated { revealed, .. }, _) => revealed.clone(),
            (_, Some(revealed)) => {
                pair.words = Some(safety_words(&agreed.hash, &revealed));
                revealed
            }
            // Without a chain a first is made under the room's key, and that one commits.
            (_, None) => return,
        };
        pair.bond = Bond::Initiated {
            chain: agreed.chain,
            revealed: revealed.clone(),
        };
        pair.refused_since = None;
        pair.switch(agreed.session, at);
        self.established(from, now);
        if let Some(pair) = self.pairs.get_mut(&from) {
            pair.send(&mut self.own, message::Kind::Confirm { revealed });
            // A confirm that is lost looks like a ping without an answer.
            pair.send_ping(&mut self.own, at);
        }
    }

    /// A session with a peer is confirmed.
    pub(super) fn established(&mut self, id: InstanceId, now: Now) {
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        pair.heard(&mut self.own, now.monotonic);
        let before = std::mem::replace(&mut pair.presence, Presence::Here);
        pair.withheld_for = None;
        pair.typed_alone = false;
        if before == Presence::Unmet {
            pair.met_at = now.monotonic;
            pair.outgoing.push(Piece::Name(self.own.name.clone()));
            // A new run has agreed to nothing: it is asked.
            if let Fading::After(_) = self.fading {
                pair.outgoing.push(Piece::Fading(self.fading));
            }
        }
        if before != Presence::Here {
            pair.here_since = now.monotonic;
            self.welcome(id, now);
        }
    }
}

impl Pair {
    /// Tells the user that somebody poses as this one: when it has a name, and not all the time.
    pub(super) fn tell_forged(&mut self, own: &mut Own, at: Duration) {
        let lately = self.impostor_told.is_some_and(|told| at < told + IMPOSTOR_EVERY);
        if self.is_announced() && std::mem::take(&mut self.forged) && !lately {
            self.impostor_told = Some(at);
            own.tell(Event::Impostor { peer: self.id });
        }
    }

    /// Whether it is to be sent hellos: a session is needed, its nonce is known, and it showed itself lately or
    /// has something to get.
    ///
    /// "Lately" is judged by the moment at which the next one is due: [`next_hello`](Instance::next_hello) and
    /// [`send_hellos`](Instance::send_hellos) have to agree, also when we wake up long after that moment.
    fn wants_hello(&self) -> bool {
        let needed = (!self.fresh || self.wanted) && self.presence != Presence::Left;
        let lately = self.hello_at < self.sign_at.max(self.heard_at) + GONE;
        needed && self.nonce.is_some() && (lately || self.outgoing.undelivered().next().is_some())
    }

    /// When we are to begin a handshake with it, if it is ours to begin.
    fn begin_at(&self, own: InstanceId) -> Option<Duration> {
        let may = own < self.id && self.echoed && self.presence != Presence::Left;
        if !may || self.open.is_some() {
            return None;
        }
        let paused = self.paused_until.unwrap_or_default();
        let spacing = match (self.fresh, self.wanted) {
            (false, _) => HELLO_FIRST,
            (true, true) => HANDSHAKE_SPACING,
            (true, false) if self.is_here() => return Some(self.aged_at()),
            (true, false) => return None,
        };
        let Some(last) = self.handshake_at else {
            return Some(paused);
        };
        // Without a sign since the last attempt, only one who is taken to be here is tried again.
        (self.is_here() || self.sign_at > last).then_some(paused.max(last + spacing))
    }
}

/// What a hello says.
struct Hello {
    nonce: Nonce,
    echo: Nonce,
    run_key: PublicRunKey,
}

impl Hello {
    /// Reads one that its run has signed.
    fn read(topic: &Topic, header: &Header, body: &[u8]) -> Option<Self> {
        let (nonce, rest) = body.split_first_chunk()?;
        let (echo, rest) = rest.split_first_chunk()?;
        let run_key = PublicRunKey::from_bytes(rest.first_chunk()?)?;
        run_key.verified(topic, header, body)?;
        Some(Self {
            nonce: *nonce,
            echo: *echo,
            run_key,
        })
    }
}
