//! Who begins or answers a handshake, and when (`SPEC.md`, section 6).

use std::time::Duration;

use crate::peer::envelope::{Header, Kind, Recipient};
use crate::peer::handshake::{Begun, ConfirmError, First, FirstKey, Parties, safety_words};
use crate::peer::instance::limits::{
    ANSWER_SPACING, FIRST_RESEND, HANDSHAKE_LIMIT, HANDSHAKE_SPACING, HANDSHAKES, HELLO_FIRST, PEERS,
};
use crate::peer::instance::pair::{Answer, KeyChain, Open, Pair, Presence};
use crate::peer::instance::{Instance, Now};
use crate::peer::message::{self, InstanceId};

impl Instance {
    /// Begins, repeats and gives up handshakes, as far as they are ours to begin.
    pub(crate) fn drive_handshakes(&mut self, at: Duration) {
        for pair in self.pairs.values_mut() {
            let Some(open) = &mut pair.handshakes.open else {
                continue;
            };
            if at >= open.since + HANDSHAKE_LIMIT {
                pair.handshakes.open = None;
                // Whoever is not here any more is not asked again before it gives a sign.
                pair.handshakes.wanted &= pair.is_here();
            } else if at >= open.resend_at && self.own.nonce.is_some() {
                let (session, first) = (open.begun.session(), open.begun.first().to_vec());
                open.resend_at = at + open.wait;
                open.wait *= 2;
                self.own
                    .push(Kind::First, Recipient::One(pair.id), session, 0, &first);
            }
        }
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let mut open = self
            .pairs
            .values()
            .filter(|pair| pair.handshakes.open.is_some())
            .count();
        for pair in self.pairs.values_mut() {
            let due = pair.begin_at(self.own.id).is_some_and(|due| at >= due);
            if !due || open >= HANDSHAKES || self.own.nonce.is_none() {
                continue;
            }
            if !pair.is_here() && here >= PEERS {
                self.crowded = self.crowded.more();
                continue;
            }
            let key = match &pair.handshakes.key_chain {
                KeyChain::Initiated { chain, .. } => chain.clone(),
                _ => self.own.room_key.clone(),
            };
            let parties = Parties::between(self.own.envelopes.topic(), &self.own.public, &pair.run_key);
            let begun = Begun::new(parties, &key, pair.handshakes.attempt + 1, &mut *self.own.rng);
            // The library refuses nothing that we give it; if it did, the next hello would ask again.
            let Ok(begun) = begun else { continue };
            open += 1;
            pair.handshakes.attempt += 1;
            pair.handshakes.wanted = false;
            pair.handshakes.last_at = Some(at);
            self.own.push(
                Kind::First,
                Recipient::One(pair.id),
                begun.session(),
                0,
                begun.first(),
            );
            let begun = Box::new(begun);
            pair.handshakes.open = Some(Open {
                begun,
                since: at,
                resend_at: at + FIRST_RESEND,
                wait: 2 * FIRST_RESEND,
            });
        }
    }

    /// When a handshake is to be begun, repeated or given up next.
    pub(crate) fn next_handshake(&self) -> Option<Duration> {
        self.own.nonce?;
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let open = self
            .pairs
            .values()
            .filter(|pair| pair.handshakes.open.is_some())
            .count();
        let each = self
            .pairs
            .values()
            .filter_map(|pair| match &pair.handshakes.open {
                Some(open) => Some(open.resend_at.min(open.since + HANDSHAKE_LIMIT)),
                None if open >= HANDSHAKES || (!pair.is_here() && here >= PEERS) => None,
                None => pair.begin_at(self.own.id),
            });
        each.min()
    }

    /// A *first* came.
    pub(crate) fn on_first(&mut self, header: &Header, body: &[u8], now: Now) {
        let (at, from, session) = (now.monotonic, header.from, header.session);
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        if from >= self.own.id || !pair.hello.echoed || pair.is_paused(at) || self.own.is_clogged() {
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
        pair.hello.sign_at = at;
        if let Some(answer) = &mut pair.handshakes.answer
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
        if pair
            .handshakes
            .answered_at
            .is_some_and(|last| at < last + ANSWER_SPACING)
            || self.seconds.next_free(at) > at
        {
            return;
        }
        let keys = pair.handshakes.key_chain.answerable(&self.own.room_key);
        let parties = Parties::between(topic, &pair.run_key, &self.own.public);
        let mut read = |key: &FirstKey| First::read(parties, session, key, body, &mut *self.own.rng).ok();
        let under = keys
            .into_iter()
            .find_map(|key| read(&key).map(|first| (key, first)));
        let Some((key, first)) = under else {
            return self.disturb(at);
        };
        if first.attempt <= pair.handshakes.attempt {
            return;
        }
        let attempt = first.attempt;
        // An encapsulation key that is none: made by somebody who has the first key, but no peer.
        let Ok((second, unconfirmed)) = first.answer(&mut *self.own.rng) else {
            return;
        };
        let origin = match pair.handshakes.key_chain.origin() {
            Some(origin) if !key.is_room() => origin.clone(),
            _ => unconfirmed.origin.clone(),
        };
        pair.handshakes.key_chain = KeyChain::Answered {
            under: key,
            chain: unconfirmed.chain.clone(),
            origin,
        };
        pair.handshakes.attempt = attempt;
        pair.handshakes.wanted = false;
        pair.handshakes.last_at = Some(at);
        pair.handshakes.answered_at = Some(at);
        self.seconds.note(at);
        self.own
            .push(Kind::Second, Recipient::One(from), session, 0, &second);
        pair.handshakes.answer = Some(Answer {
            unconfirmed: Box::new(unconfirmed),
            second,
            sent_at: at,
        });
    }

    /// A *second* came.
    pub(crate) fn on_second(&mut self, header: &Header, body: &[u8], now: Now) {
        let (at, from, session) = (now.monotonic, header.from, header.session);
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        if pair.handshakes.open.is_none() {
            return;
        }
        let Some(body) = pair.run_key.verified(self.own.envelopes.topic(), header, body) else {
            return self.forged(from, at);
        };
        let Some(open) = pair
            .handshakes
            .open
            .take_if(|open| open.begun.session() == session)
        else {
            return;
        };
        let agreed = match open.begun.read_second(body) {
            Ok(agreed) => agreed,
            Err(begun) => {
                pair.handshakes.open = Some(Open { begun, ..open });
                return self.disturb(at);
            }
        };
        let revealed = match (&pair.handshakes.key_chain, agreed.revealed) {
            (KeyChain::Initiated { revealed, .. }, _) => revealed.clone(),
            (_, Some(revealed)) => {
                pair.person.words = Some(safety_words(&agreed.hash, &revealed));
                pair.bonding.hash = agreed.hash;
                revealed
            }
            // Without a chain a first is made under the room's key, and that one commits.
            (_, None) => return,
        };
        pair.handshakes.key_chain = KeyChain::Initiated {
            chain: agreed.chain,
            revealed: revealed.clone(),
        };
        pair.handshakes.refused_since = None;
        pair.switch(agreed.session, at);
        self.established(from, now);
        if let Some(pair) = self.pairs.get_mut(&from) {
            pair.send(&mut self.own, message::Kind::Confirm { revealed });
            // A confirm that is lost looks like a ping without an answer.
            pair.send_ping(&mut self.own, at);
        }
    }

    /// The first message of a session that we have answered.
    pub(crate) fn on_confirm(&mut self, from: InstanceId, body: &[u8], now: Now) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        let (Some(answer), Some(origin)) = (
            pair.handshakes.answer.take(),
            pair.handshakes.key_chain.origin().cloned(),
        ) else {
            return;
        };
        match answer.unconfirmed.confirm(body, &origin) {
            Ok(confirmed) => {
                pair.person.words = Some(confirmed.words);
                pair.bonding.hash = *origin.hash();
                pair.handshakes.key_chain = KeyChain::Confirmed {
                    chain: confirmed.chain,
                    origin,
                };
                pair.switch(confirmed.session, now.monotonic);
                // The confirm is the initiator's first message under the new keys: nothing more comes in the old.
                pair.sessions.old = None;
                self.established(from, now);
                self.take(from, confirmed.message, now);
                if let Some(pair) = self.pairs.get_mut(&from) {
                    pair.send(&mut self.own, message::Kind::Nothing);
                }
            }
            Err(ConfirmError::Sealed(unconfirmed)) => {
                pair.handshakes.answer = Some(Answer {
                    unconfirmed,
                    ..answer
                });
                self.disturb(now.monotonic);
            }
            Err(ConfirmError::Revealed) => self.disturb(now.monotonic),
        }
    }
}

impl Pair {
    /// When we are to begin a handshake with it, if it is ours to begin.
    fn begin_at(&self, own: InstanceId) -> Option<Duration> {
        let may = own < self.id && self.hello.echoed && self.signs.presence != Presence::Left;
        if !may || self.handshakes.open.is_some() {
            return None;
        }
        let paused = self.signs.paused_until.unwrap_or_default();
        let spacing = match (self.handshakes.fresh, self.handshakes.wanted) {
            (false, _) => HELLO_FIRST,
            (true, true) => HANDSHAKE_SPACING,
            (true, false) if self.is_here() => return Some(self.sessions.aged_at()),
            (true, false) => return None,
        };
        let Some(last) = self.handshakes.last_at else {
            return Some(paused);
        };
        // Without a sign since the last attempt, only one who is taken to be here is tried again.
        (self.is_here() || self.hello.sign_at > last).then_some(paused.max(last + spacing))
    }
}
