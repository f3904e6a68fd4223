//! What follows when a peer has come or gone.

use crate::peer::instance::limits::HELLO_FIRST;
use crate::peer::instance::outbox::StreamItem;
use crate::peer::instance::pair::Presence;
use crate::peer::instance::{Crowded, Departure, Event, Instance, Now, Recognition};
use crate::peer::message::InstanceId;
use crate::peer::message::fading::Fading;

impl Instance {
    /// A session with a peer is confirmed.
    pub(crate) fn established(&mut self, id: InstanceId, now: Now) {
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        pair.heard(&mut self.own, now.monotonic);
        let before = std::mem::replace(&mut pair.signs.presence, Presence::Here);
        pair.streams.withheld_for = None;
        pair.streams.typed_alone = false;
        if before == Presence::Unmet {
            pair.signs.met_at = now.monotonic;
            pair.streams
                .outgoing
                .push(StreamItem::Name(self.own.name.clone()));
            pair.prove(&self.bonds, &mut *self.own.rng);
            // A new run has agreed to nothing: it is asked.
            if let Fading::After(_) = self.fading {
                pair.streams.outgoing.push(StreamItem::Fading(self.fading));
            }
        }
        if before != Presence::Here {
            pair.signs.here_since = now.monotonic;
            self.welcome(id, now);
        }
    }

    /// A peer that is here and has introduced itself: the user is told, and what waits for it is handed over.
    pub(crate) fn welcome(&mut self, id: InstanceId, now: Now) {
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        let (true, Some(name), Some(words)) =
            (pair.is_announced(), pair.person.name.clone(), pair.person.words)
        else {
            return;
        };
        let recognition = pair.recognition(&self.bonds);
        let back = std::mem::replace(&mut pair.person.announced_before, true);
        self.own.tell(Event::PeerJoined {
            peer: id,
            name,
            words,
            back,
            compared: pair.person.compared,
        });
        if recognition != Recognition::Stranger {
            self.own.tell(Event::Recognised {
                peer: id,
                recognition,
            });
        }
        // What was typed while alone may be for the one whose name it has.
        if let (Recognition::Namesake { .. }, Some(of)) = (recognition, pair.person.name.clone()) {
            let count = self.outbox.waiting();
            if count > 0 {
                self.own.tell(Event::Withheld { peer: id, of, count });
            }
        }
        pair.tell_forged(&mut self.own, now.monotonic);
        // It is the same run: what it wants still stands.
        if back && pair.person.fading != Fading::default() {
            let fading = pair.person.fading;
            self.own.tell(Event::Fading { peer: id, fading });
        }
        self.redirect();
    }

    /// A peer left, or is given up: what it does not hold goes to the first of its name that has come since.
    pub(crate) fn depart(&mut self, id: InstanceId, how: Departure, now: Now) {
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        if !pair.is_here() {
            return;
        }
        let announced = pair.is_announced();
        pair.signs.presence = if how == Departure::Left {
            Presence::Left
        } else {
            Presence::Away
        };
        pair.signs.silent = false;
        pair.signs.ping = None;
        pair.signs.doubted = None;
        pair.handshakes.wanted = false;
        // Nothing is on the way to it any more: what is large would wait for that for ever.
        pair.streams.outgoing.restart();
        match how {
            Departure::Left => {
                pair.handshakes.open = None;
                pair.hello.answer_due = false;
            }
            // It may take us for gone as well: whoever hears the other first starts anew.
            Departure::Gone => {
                pair.handshakes.fresh = false;
                pair.hello.hurry(now.monotonic);
            }
        }
        if announced {
            self.own.tell(Event::PeerLeft { peer: id, how });
        }
        if self.wants_company() {
            self.hello_wait = HELLO_FIRST;
            self.hello_at = now.monotonic + self.hello_wait;
        }
        self.crowded = Crowded::No;
        for pair in self
            .pairs
            .values_mut()
            .filter(|pair| pair.streams.withheld_for == Some(id))
        {
            pair.streams.withheld_for = None;
        }
        self.redirect();
    }
}
