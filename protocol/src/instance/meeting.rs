//! How instances find each other and agree: hellos, and who begins or answers a handshake when.

use std::time::Duration;

use super::limits::{
    ANSWER_SPACING, ANSWERS_A_SECOND, FIRST_RESEND, GONE, HANDSHAKE_LIMIT, HANDSHAKE_SPACING, HANDSHAKES,
    HELLO_FIRST, HELLO_LONGEST, IMPOSTOR_EVERY, KNOWN, PEERS, REFUSED,
};
use super::outbox::Piece;
use super::own::Nonce;
use super::pair::{Answer, Bond, Open, Pair, Presence};
use super::{Event, Instance, Now};
use crate::envelope::{Kind, Recipient, SessionId};
use crate::fading::Fading;
use crate::handshake::{Begun, First, FirstKey, Parties, safety_words};
use crate::message::{self, InstanceId};

impl Instance {
    /// A hello came.
    pub(super) fn on_hello(&mut self, from: InstanceId, counter: u64, body: &[u8], now: Now) {
        let Some((nonce, echo)) = read_hello(body) else {
            return;
        };
        let at = now.monotonic;
        self.make_room_for(from);
        let pair = self.pairs.entry(from).or_insert_with(|| Pair::new(from, now));
        if pair.hello_counter.is_some_and(|highest| counter <= highest) {
            return;
        }
        pair.hello_counter = Some(counter);
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
        if new || !echoes {
            pair.answer_due = true;
        } else if pair
            .handshake_at
            .is_none_or(|last| at >= last + HANDSHAKE_SPACING)
        {
            pair.wanted = true;
            // It hears us, answers no first, and asks: it has forgotten us, or takes us for somebody else.
            // Time alone proves nothing: one of us may have slept.
            if pair.open.is_some() && at >= *pair.refused_since.get_or_insert(at) + REFUSED {
                self.renew(now);
            }
        }
    }

    /// Keeps those that were only heard of, and those that were met, to [`KNOWN`] each.
    fn make_room_for(&mut self, from: InstanceId) {
        if self.pairs.contains_key(&from) {
            return;
        }
        for unmet in [true, false] {
            let of_kind = self
                .pairs
                .values()
                .filter(|pair| (pair.presence == Presence::Unmet) == unmet);
            if of_kind.clone().count() < KNOWN {
                continue;
            }
            // Those with something undelivered last: it would be lost.
            let oldest = of_kind
                .filter(|pair| !pair.is_here())
                .min_by_key(|pair| (pair.outgoing.undelivered().next().is_some(), pair.sign_at))
                .map(|pair| pair.id);
            if let Some(oldest) = oldest {
                self.forget(oldest);
            }
        }
    }

    /// Sends the hellos that are due: to all while alone or while seats are nobody's, and to each with whom a
    /// session is needed.
    pub(super) fn send_hellos(&mut self, at: Duration) {
        if self.own.nonce.is_none() {
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
        self.answers.retain(|&sent| at < sent + Duration::from_secs(1));
        for pair in self.pairs.values_mut().filter(|pair| pair.answer_due) {
            if self.answers.len() >= ANSWERS_A_SECOND {
                break;
            }
            if pair.hello_sent.is_none_or(|sent| at >= sent + ANSWER_SPACING) {
                pair.answer_due = false;
                pair.send_hello(&mut self.own, at);
                self.answers.push(at);
            }
        }
    }

    /// When the next hello is due.
    pub(super) fn next_hello(&self) -> Option<Duration> {
        self.own.nonce?;
        let to_all = self.wants_company().then_some(self.hello_at);
        let slot = if self.answers.len() < ANSWERS_A_SECOND {
            Duration::ZERO
        } else {
            self.answers
                .first()
                .map_or(Duration::ZERO, |&first| first + Duration::from_secs(1))
        };
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
            let parties = Parties::between(self.own.envelopes.topic(), self.own.id, pair.id);
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
    pub(super) fn on_first(&mut self, from: InstanceId, session: SessionId, body: &[u8], now: Now) {
        let at = now.monotonic;
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        if from >= self.own.id || !pair.echoed {
            return;
        }
        if !pair.is_here() && here >= PEERS {
            self.crowded = self.crowded.more();
            return;
        }
        let keys = pair.bond.answerable(&self.own.room_key);
        let parties = Parties::between(self.own.envelopes.topic(), from, self.own.id);
        let mut read = |key: &FirstKey| First::read(parties, session, key, body, &mut *self.own.rng).ok();
        let under = keys
            .into_iter()
            .find_map(|key| read(&key).map(|first| (key, first)));
        let impostor = under.is_none()
            && !matches!(pair.bond, Bond::None)
            && read(&self.own.room_key).is_some_and(|first| first.attempt > pair.attempt);
        let Some((key, first)) = under else {
            if !impostor {
                self.disturb(at);
            } else if pair.impostor_told.is_none_or(|told| at >= told + IMPOSTOR_EVERY) {
                pair.impostor_told = Some(at);
                self.own.tell(Event::Impostor { peer: from });
            }
            return;
        };
        pair.sign_at = at;
        if first.attempt <= pair.attempt {
            if let Some(answer) = &mut pair.answer
                && first.attempt == pair.attempt
                && answer.unconfirmed.id() == session
                && at >= answer.sent_at + ANSWER_SPACING
            {
                answer.sent_at = at;
                let second = answer.second.clone();
                self.own
                    .push(Kind::Second, Recipient::One(from), session, 0, &second);
            }
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
        self.own
            .push(Kind::Second, Recipient::One(from), session, 0, &second);
        pair.answer = Some(Answer {
            unconfirmed: Box::new(unconfirmed),
            second,
            sent_at: at,
        });
    }

    /// A *second* came.
    pub(super) fn on_second(&mut self, from: InstanceId, session: SessionId, body: &[u8], now: Now) {
        let at = now.monotonic;
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
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
        if before == Presence::Unmet {
            pair.met_at = now.monotonic;
            pair.outgoing.push(Piece::Name(self.own.name.clone()));
            // A new run has agreed to nothing: it is asked.
            if let Fading::After(_) = self.fading {
                pair.outgoing.push(Piece::Fading(self.fading));
            }
        }
        if before != Presence::Here {
            for key in self.outbox.address(id) {
                pair.outgoing.push(Piece::Entry { key, repeat: false });
            }
            self.welcome(id, now);
        }
    }

    /// Takes a new id: one that is refused for long is as good as none.
    fn renew(&mut self, now: Now) {
        self.own.id = InstanceId(self.own.random());
        self.own.nonce = self.own.nonce.map(|_| self.own.random());
        for (id, mut pair) in std::mem::take(&mut self.pairs) {
            if pair.is_here() {
                pair.presence = Presence::Away;
                if pair.name.is_some() {
                    self.own.tell(Event::PeerLeft {
                        peer: id,
                        how: super::Departure::Gone,
                    });
                }
            }
            if pair.outgoing.undelivered().next().is_some() && pair.name.is_some() {
                // What it does not hold waits under an id that nobody has, for the first of its name.
                let mut orphan = Pair::new(InstanceId(self.own.random()), now);
                (orphan.name, orphan.compared, orphan.presence) = (pair.name, pair.compared, Presence::Away);
                orphan.outgoing = pair.outgoing;
                orphan.met_at = pair.met_at;
                self.pairs.insert(orphan.id, orphan);
            }
        }
        self.hello_wait = HELLO_FIRST;
        self.hello_at = now.monotonic;
    }
}

impl Pair {
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
        let spacing = match (self.fresh, self.wanted) {
            (false, _) => HELLO_FIRST,
            (true, true) => HANDSHAKE_SPACING,
            (true, false) if self.is_here() => return Some(self.aged_at()),
            (true, false) => return None,
        };
        let Some(last) = self.handshake_at else {
            return Some(Duration::ZERO);
        };
        // Without a sign since the last attempt, only one who is taken to be here is tried again.
        (self.is_here() || self.sign_at > last).then_some(last + spacing)
    }
}

/// A hello's nonce and the one that it echoes.
fn read_hello(body: &[u8]) -> Option<(Nonce, Nonce)> {
    let (nonce, rest) = body.split_first_chunk()?;
    Some((*nonce, *rest.first_chunk()?))
}
