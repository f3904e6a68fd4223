//! What comes in a session: who said it, whether it is next, and what it means.

use std::time::Duration;

use super::limits::{
    ACK_AT_ONCE, ACK_BYTES_AT_ONCE, ACK_DELAY, AGE_TOLD, DISTURBED_EVERY, HANDSHAKE_SPACING, REMEMBERED,
};
use super::outbox::Piece;
use super::own::Own;
use super::pair::{Answer, Bond, Pair, Presence};
use super::streams::Place;
use super::{Crowded, Departure, Event, Instance, Now, Receipt};
use crate::peer::envelope::SessionId;
use crate::peer::fading::Fading;
use crate::peer::handshake::ConfirmError;
use crate::peer::message::{Content, InstanceId, Kind, Message};

/// Which of a pair's sessions a message belongs to.
enum Belongs {
    Current,
    Old,
    Unconfirmed,
}

impl Instance {
    /// A message of a session came.
    pub(super) fn on_message(
        &mut self,
        from: InstanceId,
        session: SessionId,
        counter: u64,
        body: &[u8],
        now: Now,
    ) {
        let at = now.monotonic;
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        let Some((belongs, next)) = pair.session(session) else {
            return;
        };
        if counter < next {
            return;
        }
        if counter > next {
            if !matches!(belongs, Belongs::Old) {
                pair.ask(at);
                // While a handshake is due anyway, what was lost was lost with the connection.
                if pair.fresh {
                    self.disturb(at);
                }
            }
            return;
        }
        let message = match belongs {
            Belongs::Current => pair.open_current(body),
            Belongs::Old => pair
                .old
                .as_mut()
                .and_then(|old| Message::decode(&old.open(body).ok()?).ok()),
            Belongs::Unconfirmed => return self.on_confirm(from, body, now),
        };
        let Some(message) = message else {
            return self.disturb(at);
        };
        self.take(from, message, now);
    }

    /// The first message of a session that we have answered.
    fn on_confirm(&mut self, from: InstanceId, body: &[u8], now: Now) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        let (Some(answer), Some(origin)) = (pair.answer.take(), pair.bond.origin().cloned()) else {
            return;
        };
        match answer.unconfirmed.confirm(body, &origin) {
            Ok(confirmed) => {
                pair.bond = Bond::Confirmed {
                    chain: confirmed.chain,
                    origin,
                };
                pair.words = Some(confirmed.words);
                pair.switch(confirmed.session, now.monotonic);
                // The confirm is the initiator's first message under the new keys: nothing more comes in the old.
                pair.old = None;
                self.established(from, now);
                self.take(from, confirmed.message, now);
                if let Some(pair) = self.pairs.get_mut(&from) {
                    pair.send(&mut self.own, Kind::Nothing);
                }
            }
            Err(ConfirmError::Sealed(unconfirmed)) => {
                pair.answer = Some(Answer {
                    unconfirmed,
                    ..answer
                });
                self.disturb(now.monotonic);
            }
            Err(ConfirmError::Revealed) => self.disturb(now.monotonic),
        }
    }

    /// Takes a message that decrypted.
    fn take(&mut self, from: InstanceId, message: Message, now: Now) {
        let at = now.monotonic;
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        pair.heard(&mut self.own, at);
        if pair.presence == Presence::Away {
            self.established(from, now);
        }
        self.on_acknowledged(from, message.acknowledged.held, message.acknowledged.read, at);
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        match message.kind {
            Kind::Nothing | Kind::Unknown | Kind::Confirm { .. } => {}
            Kind::Ping(token) => pair.pong = Some(token),
            Kind::Pong(token) => {
                if let Some(ping) = pair.ping.take_if(|ping| ping.token == token) {
                    pair.spoke_after = pair.spoke_after.max(ping.at);
                    // All that was sent before it has arrived; the user's side there may be slow to take it.
                    pair.progress_at = at;
                }
            }
            Kind::Typing(on) => {
                if pair.is_announced() {
                    self.own.tell(Event::Typing { peer: from, on });
                }
            }
            Kind::Numbered(number, content) => match pair.incoming.place(number) {
                // More than an honest peer has on the way. It comes again while it is not acknowledged.
                Place::Next if pair.incoming.is_full() => {}
                Place::Next => self.on_content(from, number, content, now),
                Place::Before => pair.acknowledge_by(at + self.own.at_most(ACK_DELAY)),
                Place::Beyond => {
                    pair.ask(at);
                    self.disturb(at);
                }
            },
        }
    }

    /// The next of a peer's stream.
    fn on_content(&mut self, from: InstanceId, number: u64, content: Content, now: Now) {
        let at = now.monotonic;
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        // A stream begins with a name: nobody speaks unnamed.
        let named = pair.name.is_some();
        let user = named
            && matches!(
                content,
                Content::Text(_) | Content::Edit { .. } | Content::Delete { .. } | Content::Reaction { .. }
            );
        pair.incoming.take(user);
        pair.unacked_bytes += content.encoded_len();
        // Who leaves waits for the answer.
        let due = if content == Content::Leave {
            at
        } else {
            at + self.own.at_most(ACK_DELAY)
        };
        pair.acknowledge_by(due);
        let receipt = Receipt { peer: from, number };
        match content {
            Content::Name(name) => self.on_name(from, name, now),
            Content::Leave => self.depart(from, Departure::Left, now),
            _ if !named => {}
            Content::Text(text) => {
                let age = pair.age(&text, now);
                self.own.tell(Event::Message {
                    receipt,
                    id: text.id,
                    text: text.text,
                    reply_to: text.reply_to,
                    fades: text.fades,
                    age: (age > AGE_TOLD).then_some(age),
                    repeat: text.repeat,
                });
            }
            Content::Edit { id, text } => self.own.tell(Event::Edited { receipt, id, text }),
            Content::Delete { id } => self.own.tell(Event::Deleted { receipt, id }),
            Content::Reaction { target, reaction } => {
                self.own.tell(Event::Reacted {
                    receipt,
                    target,
                    reaction,
                });
            }
            Content::Fading(fading) => {
                if std::mem::replace(&mut pair.fading, fading) != fading {
                    self.own.tell(Event::Fading { peer: from, fading });
                }
            }
            Content::Empty | Content::Unknown => {}
        }
    }

    fn on_name(&mut self, from: InstanceId, name: crate::peer::name::Name, now: Now) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        match pair.name.replace(name.clone()) {
            None => self.welcome(from, now),
            Some(before) if before != name => self.own.tell(Event::PeerRenamed { peer: from, name }),
            Some(_) => {}
        }
    }

    /// A peer that is here, with a name and words: the user is told, and what waits for it is handed over.
    pub(super) fn welcome(&mut self, id: InstanceId, now: Now) {
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        let (true, Some(name), Some(words)) = (pair.is_here(), pair.name.clone(), pair.words) else {
            return;
        };
        let back = std::mem::replace(&mut pair.announced_before, true);
        self.own.tell(Event::PeerJoined {
            peer: id,
            name,
            words,
            back,
            compared: pair.compared,
        });
        pair.tell_forged(&mut self.own, now.monotonic);
        // It is the same run: what it wants still stands.
        if back && pair.fading != Fading::default() {
            let fading = pair.fading;
            self.own.tell(Event::Fading { peer: id, fading });
        }
        self.redirect();
    }

    /// A peer acknowledges.
    fn on_acknowledged(&mut self, from: InstanceId, held: u64, read: u64, at: Duration) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        let freed = pair.outgoing.acknowledge(held);
        if !freed.is_empty() {
            pair.progress_at = at;
        }
        if let Some((.., sent_at)) = freed.last() {
            pair.spoke_after = pair.spoke_after.max(*sent_at);
        }
        for (number, piece, size, _) in freed {
            self.window.grow(size);
            let Piece::Entry { key, .. } = piece else { continue };
            if let Some(id) = self.outbox.delivered(key) {
                self.own.tell(Event::Delivered { id, to: from });
                pair.unread.push_back((number, id));
                if pair.unread.len() > REMEMBERED {
                    pair.unread.pop_front();
                }
            }
        }
        while let Some((_, id)) = pair.unread.pop_front_if(|&mut (number, _)| number < read) {
            self.own.tell(Event::Read { id, by: from });
        }
    }

    /// A peer left, or is given up: what it does not hold goes to the first of its name that has come since.
    pub(super) fn depart(&mut self, id: InstanceId, how: Departure, now: Now) {
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        if !pair.is_here() {
            return;
        }
        let announced = pair.is_announced();
        pair.presence = if how == Departure::Left {
            Presence::Left
        } else {
            Presence::Away
        };
        pair.silent = false;
        pair.ping = None;
        pair.doubted = None;
        pair.wanted = false;
        // Nothing is on the way to it any more: what is large would wait for that for ever.
        pair.outgoing.restart();
        match how {
            Departure::Left => {
                pair.open = None;
                pair.answer_due = false;
            }
            // It may take us for gone as well: whoever hears the other first starts anew.
            Departure::Gone => {
                pair.fresh = false;
                pair.hurry(now.monotonic);
            }
        }
        if announced {
            self.own.tell(Event::PeerLeft { peer: id, how });
        }
        if self.wants_company() {
            self.hello_wait = super::limits::HELLO_FIRST;
            self.hello_at = now.monotonic + self.hello_wait;
        }
        self.crowded = Crowded::No;
        for pair in self
            .pairs
            .values_mut()
            .filter(|pair| pair.withheld_for == Some(id))
        {
            pair.withheld_for = None;
        }
        self.redirect();
    }

    /// Something does not open, or is missing. It is counted, and told at most every few seconds.
    pub(super) fn disturb(&mut self, at: Duration) {
        self.disturbed += 1;
        if self
            .disturbed_told
            .is_none_or(|(told, _)| at >= told + DISTURBED_EVERY)
        {
            self.tell_disturbed(at);
        }
    }

    pub(super) fn tell_disturbed(&mut self, at: Duration) {
        self.disturbed_told = Some((at, self.disturbed));
        self.own.tell(Event::Disturbed {
            count: self.disturbed,
        });
    }
}

impl Pair {
    /// The session of this id, and the counter that comes next in it.
    fn session(&self, id: SessionId) -> Option<(Belongs, u64)> {
        if let Some(current) = self.current.as_ref().filter(|current| current.id() == id) {
            return Some((Belongs::Current, current.next_counter()));
        }
        if let Some(answer) = self
            .answer
            .as_ref()
            .filter(|answer| answer.unconfirmed.id() == id)
        {
            return Some((Belongs::Unconfirmed, answer.unconfirmed.next_counter()));
        }
        self.old
            .as_ref()
            .filter(|old| old.id() == id)
            .map(|old| (Belongs::Old, old.next_counter()))
    }

    /// Opens the next message of the current session. The peer's first ends the session before.
    fn open_current(&mut self, body: &[u8]) -> Option<Message> {
        let plaintext = self.current.as_mut()?.open(body).ok()?;
        self.old = None;
        Message::decode(&plaintext).ok()
    }

    /// Asks for a handshake.
    pub(super) fn ask(&mut self, at: Duration) {
        if self.fresh && !self.wanted {
            self.wanted = true;
            self.hello_at = self
                .hello_sent
                .map_or(at, |sent| at.max(sent + HANDSHAKE_SPACING));
        }
    }

    pub(super) fn acknowledge_by(&mut self, due: Duration) {
        self.ack_at = Some(self.ack_at.map_or(due, |before| before.min(due)));
    }

    /// The user's side has taken more: much of it is acknowledged at once.
    pub(super) fn held_more(&mut self, own: &mut Own, at: Duration) {
        let held = self.incoming.held();
        let much = held >= self.acked + ACK_AT_ONCE
            || (held > self.acked && self.unacked_bytes >= ACK_BYTES_AT_ONCE);
        self.acknowledge_by(if much { at } else { at + own.at_most(ACK_DELAY) });
    }
}
