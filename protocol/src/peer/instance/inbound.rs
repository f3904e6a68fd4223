//! What comes in a session: who said it, whether it is next, and what it means.

use std::time::Duration;

use super::identity::Identity;
use super::limits::{
    ACK_AT_ONCE, ACK_BYTES_AT_ONCE, ACK_DELAY, AGE_TOLD, DISTURBED_EVERY, HANDSHAKE_SPACING, REMEMBERED,
};
use super::outbox::StreamItem;
use super::pair::{Pair, Part, Place, Presence};
use super::{Departure, Event, Instance, Now, Receipt, Recognition};
use crate::peer::envelope::SessionId;
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
                if pair.handshakes.fresh {
                    self.disturb(at);
                }
            }
            return;
        }
        let message = match belongs {
            Belongs::Current => pair.sessions.open_current(body),
            Belongs::Old => pair.sessions.open_old(body),
            Belongs::Unconfirmed => return self.on_confirm(from, body, now),
        };
        let Some(message) = message else {
            return self.disturb(at);
        };
        self.take(from, message, now);
    }

    /// Takes a message that decrypted.
    pub(super) fn take(&mut self, from: InstanceId, message: Message, now: Now) {
        let at = now.monotonic;
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        pair.heard(&mut self.own, at);
        if pair.signs.presence == Presence::Away {
            self.established(from, now);
        }
        self.on_acknowledged(from, message.acknowledged.held, message.acknowledged.read, at);
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        match message.kind {
            Kind::Nothing | Kind::Unknown | Kind::Confirm { .. } => {}
            Kind::Ping(token) => pair.signs.pong = Some(token),
            Kind::Pong(token) => {
                if let Some(ping) = pair.signs.ping.take_if(|ping| ping.token == token) {
                    pair.sessions.spoke_after = pair.sessions.spoke_after.max(ping.at);
                    // All that was sent before it has arrived; the user's side there may be slow to take it.
                    pair.signs.progress_at = at;
                }
            }
            Kind::Typing(on) => {
                if pair.is_announced() {
                    self.own.tell(Event::Typing { peer: from, on });
                }
            }
            Kind::Numbered(number, content) => match pair.streams.incoming.place(number) {
                // More than an honest peer has on the way. It comes again while it is not acknowledged.
                Place::Next if pair.streams.incoming.is_full() => {}
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
        // A stream begins with a name and a proof: nobody speaks before them.
        let introduced = pair.is_introduced();
        let user = introduced
            && matches!(
                content,
                Content::Text(_) | Content::Edit { .. } | Content::Delete { .. } | Content::Reaction { .. }
            );
        pair.streams.incoming.take(user);
        pair.streams.unacked_bytes += content.encoded_len();
        // Who leaves waits for the answer.
        let due = if content == Content::Leave {
            at
        } else {
            at + self.own.at_most(ACK_DELAY)
        };
        pair.acknowledge_by(due);
        let receipt = Receipt { peer: from, number };
        match content {
            Content::Name(name) => self.on_name(from, name),
            Content::Leave => self.depart(from, Departure::Left, now),
            Content::Proof(proof) if pair.person.name.is_some() => self.on_proof(from, &proof, now),
            _ if !introduced => {}
            Content::Exchange { generation, bytes } => {
                self.on_part(from, Part { generation, bytes }, now);
            }
            Content::Held(held) => self.on_held(from, &held, now),
            Content::Text(text) => {
                let age = pair.streams.lateness.of(&text, pair.sessions.spoke_after, now);
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
                if std::mem::replace(&mut pair.person.fading, fading) != fading {
                    self.own.tell(Event::Fading { peer: from, fading });
                }
            }
            Content::Empty | Content::Unknown | Content::Proof(_) => {}
        }
    }

    fn on_name(&mut self, from: InstanceId, name: crate::peer::name::Name) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        match pair.person.name.replace(name.clone()) {
            Some(before) if before != name && pair.is_introduced() => {
                let recognition = pair.recognition(&self.bonds);
                self.own.tell(Event::PeerRenamed { peer: from, name });
                if recognition != Recognition::Stranger {
                    self.own.tell(Event::Recognised {
                        peer: from,
                        recognition,
                    });
                }
            }
            _ => {}
        }
    }

    /// A peer acknowledges.
    fn on_acknowledged(&mut self, from: InstanceId, held: u64, read: u64, at: Duration) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        let freed = pair.streams.outgoing.acknowledge(held);
        if !freed.is_empty() {
            pair.signs.progress_at = at;
        }
        if let Some((.., sent_at)) = freed.last() {
            pair.sessions.spoke_after = pair.sessions.spoke_after.max(*sent_at);
        }
        for (number, item, size, _) in freed {
            self.window.grow(size);
            let StreamItem::Entry { key, .. } = item else {
                continue;
            };
            if let Some(id) = self.outbox.delivered(key, from) {
                self.own.tell(Event::Delivered { id, to: from });
                pair.streams.unread.push_back((number, id));
                if pair.streams.unread.len() > REMEMBERED {
                    pair.streams.unread.pop_front();
                }
            }
        }
        while let Some((_, id)) = pair.streams.unread.pop_front_if(|&mut (number, _)| number < read) {
            self.own.tell(Event::Read { id, by: from });
        }
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
        let pending = self.handshakes.answer.as_ref().map(|answer| &answer.unconfirmed);
        if let Some(current) = self.sessions.current(id) {
            Some((Belongs::Current, current.next_counter()))
        } else if let Some(pending) = pending.filter(|pending| pending.id() == id) {
            Some((Belongs::Unconfirmed, pending.next_counter()))
        } else {
            self.sessions
                .old(id)
                .map(|old| (Belongs::Old, old.next_counter()))
        }
    }

    /// Asks for a handshake.
    pub(super) fn ask(&mut self, at: Duration) {
        if self.handshakes.fresh && !self.handshakes.wanted {
            self.handshakes.wanted = true;
            self.hello.due_at = self
                .hello
                .sent_at
                .map_or(at, |sent| at.max(sent + HANDSHAKE_SPACING));
        }
    }

    pub(super) fn acknowledge_by(&mut self, due: Duration) {
        self.streams.ack_at = Some(self.streams.ack_at.map_or(due, |before| before.min(due)));
    }

    /// The user's side has taken more: much of it is acknowledged at once.
    pub(super) fn held_more(&mut self, own: &mut Identity, at: Duration) {
        let held = self.streams.incoming.held();
        let much = held >= self.streams.acked + ACK_AT_ONCE
            || (held > self.streams.acked && self.streams.unacked_bytes >= ACK_BYTES_AT_ONCE);
        self.acknowledge_by(if much { at } else { at + own.at_most(ACK_DELAY) });
    }
}
