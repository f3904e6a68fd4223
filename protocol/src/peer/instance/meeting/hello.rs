//! Hellos: who is told what, and when (`SPEC.md`, section 5).

use std::time::Duration;

use crate::peer::envelope::{Header, Recipient};
use crate::peer::instance::identity::{Identity, Nonce};
use crate::peer::instance::limits::{
    ANSWER_SPACING, GONE, HANDSHAKE_SPACING, HELLO_LONGEST, IMPOSTOR_EVERY, KNOWN, REFUSED,
};
use crate::peer::instance::pair::{Pair, Presence};
use crate::peer::instance::{Event, Instance, Now};
use crate::peer::message::InstanceId;
use crate::peer::run_key::PublicRunKey;
use crate::wire::topic::Topic;

impl Instance {
    /// A hello came.
    pub(crate) fn on_hello(&mut self, header: &Header, body: &[u8], now: Now) {
        let (at, from, topic) = (now.monotonic, header.from, self.own.envelopes.topic());
        let known = self.pairs.get(&from);
        let highest = known.and_then(|pair| pair.hello.counter);
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
        let pair = self
            .pairs
            .entry(from)
            .or_insert_with(|| Pair::new(run_key, now.monotonic));
        pair.hello.counter = Some(header.counter);
        pair.hello.sign_at = at;
        let new = pair.hello.nonce != Some(nonce);
        let echoes = self.own.nonce == Some(echo);
        if new {
            pair.hello.nonce = Some(nonce);
            pair.handshakes.fresh = false;
            pair.handshakes.refused_since = None;
            if pair.signs.presence == Presence::Left {
                pair.signs.presence = Presence::Away;
            }
            pair.hello.hurry(at);
        }
        if echoes {
            pair.hello.echoed = true;
        }
        let rested = pair
            .handshakes
            .last_at
            .is_none_or(|last| at >= last + HANDSHAKE_SPACING);
        if new || !echoes {
            // One to all is for others where a session stands: whom it stands with no more calls us by itself, and an
            // answer would ask for a handshake.
            pair.hello.answer_due |= new || header.to != Recipient::All || !pair.handshakes.fresh;
            // A session stands for us, and it answers a join that is not our last: our hellos may be old to it, but a
            // first is not.
            let astray = !new && header.to != Recipient::All;
            pair.handshakes.wanted |= astray && initiates && pair.handshakes.fresh && rested;
        } else if rested {
            pair.handshakes.wanted = true;
            // It hears us, asks, and answers no first. Time alone proves nothing: one of us may have slept.
            if pair.handshakes.open.is_some()
                && at >= *pair.handshakes.refused_since.get_or_insert(at) + REFUSED
            {
                pair.handshakes.refused_since = Some(at);
                self.own.tell(Event::Refused { peer: from });
            }
        }
    }

    /// Something was made in the name of an instance that did not sign it: by somebody who has the passphrase. The user
    /// is told once there is a name for it.
    pub(super) fn forged(&mut self, from: InstanceId, at: Duration) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return self.disturb(at);
        };
        pair.handshakes.forged = true;
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
            // Those who are owed a message last: it would be lost.
            let oldest = of_kind
                .filter(|pair| !pair.is_here())
                .min_by_key(|pair| (pair.owed() > 0, pair.person.compared, pair.hello.sign_at))
                .map(|pair| pair.id);
            if let Some(oldest) = oldest {
                self.forget(oldest);
            }
        }
    }

    /// Sends the hellos that are due: to all while alone or while seats are nobody's, and to each with whom a
    /// session is needed.
    pub(crate) fn send_hellos(&mut self, at: Duration) {
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
            .filter(|pair| pair.wants_hello() && at >= pair.hello.due_at)
        {
            pair.send_hello(&mut self.own, at);
        }
        for pair in self.pairs.values_mut().filter(|pair| pair.hello.answer_due) {
            if self.answers.next_free(at) > at {
                break;
            }
            if pair.hello.sent_at.is_none_or(|sent| at >= sent + ANSWER_SPACING) {
                pair.hello.answer_due = false;
                pair.send_hello(&mut self.own, at);
                self.answers.note(at);
            }
        }
    }

    /// When the next hello is due.
    pub(crate) fn next_hello(&self) -> Option<Duration> {
        self.own.nonce.filter(|_| !self.own.is_clogged())?;
        let to_all = self.wants_company().then_some(self.hello_at);
        let slot = self.answers.next_free(Duration::ZERO);
        let to_each = self.pairs.values().flat_map(|pair| {
            let needed = pair.wants_hello().then_some(pair.hello.due_at);
            let free = pair
                .hello
                .sent_at
                .map_or(Duration::ZERO, |sent| sent + ANSWER_SPACING);
            [needed, pair.hello.answer_due.then_some(free.max(slot))]
        });
        to_each.chain([to_all]).flatten().min()
    }

    /// Whether a hello to all may find somebody.
    pub(crate) fn wants_company(&self) -> bool {
        self.strangers > 0 || !self.pairs.values().any(Pair::is_here)
    }
}

impl Pair {
    /// Tells the user that somebody poses as this one: when it has a name, and not all the time.
    pub(crate) fn tell_forged(&mut self, own: &mut Identity, at: Duration) {
        let lately = self
            .handshakes
            .impostor_told
            .is_some_and(|told| at < told + IMPOSTOR_EVERY);
        if self.is_announced() && std::mem::take(&mut self.handshakes.forged) && !lately {
            self.handshakes.impostor_told = Some(at);
            own.tell(Event::Impostor { peer: self.id });
        }
    }

    /// Whether it is to be sent hellos: a session is needed, its nonce is known, and it showed itself lately or
    /// has something to get.
    ///
    /// "Lately" is judged by the moment at which the next one is due: [`next_hello`](Instance::next_hello) and
    /// [`send_hellos`](Instance::send_hellos) have to agree, also when we wake up long after that moment.
    fn wants_hello(&self) -> bool {
        let needed =
            (!self.handshakes.fresh || self.handshakes.wanted) && self.signs.presence != Presence::Left;
        let lately = self.hello.due_at < self.hello.sign_at.max(self.signs.heard_at) + GONE;
        needed && self.hello.nonce.is_some() && (lately || self.owed() > 0)
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
