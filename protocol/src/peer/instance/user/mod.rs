//! What the user of an instance does.

mod absent;
mod fading;
mod unsent;

pub use absent::Absent;

use super::event::{Peer, Posted, SayError};
use super::limits;
use super::outbox::StreamItem;
use super::pair::Pair;
use super::{Instance, Now, Receipt};
use crate::peer::message::{Content, InstanceId, MAX_REACTION, MAX_TEXT, MessageId, Target, Text};
use crate::peer::name::Name;

impl Instance {
    /// Says a text to all who are here and have said their names, once all who sit in the room had the time to. With
    /// nobody here it waits: for the one whose words were compared, if there is one, else for those who come.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn say(&mut self, text: &str, reply_to: Option<Target>, now: Now) -> Result<Posted, SayError> {
        check(text)?;
        let id = MessageId(self.own.random());
        let fades = self.fades();
        let text = Text {
            id,
            repeat: false,
            clock: now.wall,
            waited: 0,
            reply_to,
            fades,
            text: text.to_owned(),
        };
        let to = self.addressees();
        self.post(Content::Text(text), &to, now)?;
        self.typing_at = None;
        let to = to.len().max(1);
        Ok(Posted { id, to, fades })
    }

    /// Changes a message of ours. One that was never handed to a socket is changed where it waits.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn edit(&mut self, id: MessageId, text: &str, now: Now) -> Result<(), SayError> {
        check(text)?;
        if let Some(key) = self.outbox.unhanded(id) {
            return self.outbox.rewrite(key, text);
        }
        let to = self.outbox.recipients(id).ok_or(SayError::Unknown)?.to_vec();
        self.post(
            Content::Edit {
                id,
                text: text.to_owned(),
            },
            &to,
            now,
        )
    }

    /// Deletes a message of ours. One that was never handed to a socket is not sent at all.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn delete(&mut self, id: MessageId, now: Now) -> Result<(), SayError> {
        if let Some(key) = self.outbox.unhanded(id) {
            let is_it = |item: &StreamItem| matches!(item, StreamItem::Entry { key: its, .. } if *its == key);
            for pair in self.pairs.values_mut() {
                pair.streams.outgoing.take(is_it, || StreamItem::Empty);
            }
            self.outbox.withdraw(key);
            return Ok(());
        }
        let to = self.outbox.recipients(id).ok_or(SayError::Unknown)?.to_vec();
        self.post(Content::Delete { id }, &to, now)?;
        // An edit that reaches somebody by another way than the deletion would bring it back there.
        self.outbox.forget(id);
        Ok(())
    }

    /// Reacts to a message; an empty reaction takes it back.
    ///
    /// # Errors
    /// [`SayError`]; nothing was taken then.
    pub fn react(&mut self, target: Target, reaction: &str, now: Now) -> Result<(), SayError> {
        if reaction.len() > MAX_REACTION {
            return Err(SayError::TooLong {
                over: reaction.len() - MAX_REACTION,
            });
        }
        let mut to = self.announced();
        if to.is_empty() {
            // It is of use to those who have the message, and to nobody else.
            to = if target.author == self.own.id {
                self.outbox.recipients(target.id).unwrap_or_default().to_vec()
            } else {
                vec![target.author]
            };
        }
        self.post(
            Content::Reaction {
                target,
                reaction: reaction.to_owned(),
            },
            &to,
            now,
        )
    }

    /// Takes another name and tells everybody.
    pub fn rename(&mut self, name: Name, now: Now) {
        self.own.name = name;
        for pair in self.pairs.values_mut().filter(|pair| pair.was_met()) {
            // One that was sent keeps its number: whatever follows a number without a name is ignored.
            let outgoing = &mut pair.streams.outgoing;
            let name = StreamItem::Name(self.own.name.clone());
            if !outgoing.replace_waiting(StreamItem::is_name, &name) {
                outgoing.push_first(vec![name], StreamItem::is_proof);
            }
        }
        self.drive(now);
    }

    /// The user types, or has stopped to. Call it at every key: what goes out is limited here.
    pub fn typing(&mut self, on: bool, now: Now) {
        let at = now.monotonic;
        let due = match self.typing_at {
            None => on,
            Some(last) => !on || at >= last + limits::TYPING_EVERY,
        };
        if due {
            self.typing_at = on.then_some(at);
            let clogged = self.own.is_clogged();
            for pair in self
                .pairs
                .values_mut()
                .filter(|pair| pair.is_announced() && pair.is_open() && !clogged)
            {
                pair.send(&mut self.own, crate::peer::message::Kind::Typing(on));
            }
        }
    }

    /// The user's side holds everything of a peer's up to a receipt: it is acknowledged.
    pub fn hold(&mut self, receipt: Receipt, now: Now) {
        if let Some(pair) = self.pairs.get_mut(&receipt.peer)
            && pair.streams.incoming.hold(receipt.number)
        {
            pair.held_more(&mut self.own, now.monotonic);
        }
        self.drive(now);
    }

    /// The user has read everything of a peer's up to a receipt.
    pub fn read(&mut self, receipt: Receipt, now: Now) {
        if let Some(pair) = self.pairs.get_mut(&receipt.peer)
            && pair.streams.incoming.read_up_to(receipt.number)
        {
            pair.acknowledge_by(now.monotonic + self.own.at_most(limits::READ_DELAY));
        }
        self.drive(now);
    }

    /// The user has compared a peer's safety words.
    pub fn compared(&mut self, peer: InstanceId) {
        if let Some(pair) = self.pairs.get_mut(&peer) {
            pair.person.compared = true;
        }
        self.redirect();
    }

    /// Gives what was [`Withheld`](super::Event::Withheld) to a new run.
    pub fn release(&mut self, peer: InstanceId, now: Now) {
        let withheld = self
            .pairs
            .values()
            .filter(|pair| pair.streams.withheld_for == Some(peer));
        let mut withheld: Vec<_> = withheld.map(|pair| (pair.signs.decrypted_at, pair.id)).collect();
        withheld.sort();
        for (_, id) in withheld.into_iter().rev() {
            self.hand_over(id, peer);
        }
        let pair = self.pairs.get(&peer).filter(|pair| pair.is_announced());
        if pair.is_some_and(|pair| pair.is_namesake(&self.bonds)) {
            self.address(&[peer]);
        }
        self.drive(now);
    }

    /// Tells every peer that we leave, behind all that waits for it or for those who come. Afterwards nothing more is to be said.
    pub fn leave(&mut self, now: Now) {
        // What is owed goes out now; there may be no later.
        for pair in self
            .pairs
            .values_mut()
            .filter(|pair| pair.streams.ack_at.is_some())
        {
            pair.streams.ack_at = Some(now.monotonic);
        }
        if !std::mem::replace(&mut self.leaving, true) {
            self.gathered();
            for pair in self.pairs.values_mut().filter(|pair| pair.is_here()) {
                pair.streams.outgoing.push(StreamItem::Leave);
            }
        }
        self.drive(now);
    }

    /// Whether everybody who is here knows that we have left.
    pub fn has_left(&self) -> bool {
        let owed = |pair: &Pair| {
            pair.streams
                .outgoing
                .undelivered()
                .any(|(item, _)| *item == StreamItem::Leave)
        };
        self.leaving && !self.pairs.values().any(|pair| pair.is_announced() && owed(pair))
    }

    /// How many of our messages not everybody holds who should.
    pub fn undelivered(&self) -> usize {
        self.outbox.len()
    }

    /// Whom they are for, as far as that is known, be they here or not.
    pub fn awaited(&self) -> impl Iterator<Item = InstanceId> {
        let awaited = self.pairs.values().filter(|pair| pair.owed() > 0);
        awaited.map(|pair| pair.id)
    }

    /// Who is here: the confirmed peers that have said their names.
    pub fn peers(&self) -> impl Iterator<Item = Peer> {
        self.pairs
            .values()
            .filter(|pair| pair.is_announced())
            .filter_map(|pair| {
                Some(Peer {
                    id: pair.id,
                    name: pair.person.name.clone()?,
                    words: pair.person.words?,
                    compared: pair.person.compared,
                    recognition: pair.recognition(&self.bonds),
                    silent: pair.signs.silent,
                })
            })
    }

    /// Puts a content into the outbox and the streams of its recipients.
    fn post(&mut self, content: Content, to: &[InstanceId], now: Now) -> Result<(), SayError> {
        let to: Vec<_> = to
            .iter()
            .copied()
            .filter(|id| self.pairs.contains_key(id))
            .collect();
        // Only a text may wait for those who come.
        if to.is_empty() && !matches!(content, Content::Text(_)) {
            return Err(SayError::Forgotten);
        }
        let key = self.outbox.add(content, &to, now.monotonic)?;
        for id in to {
            if let Some(pair) = self.pairs.get_mut(&id) {
                pair.streams
                    .outgoing
                    .push(StreamItem::Entry { key, repeat: false });
            }
        }
        self.drive(now);
        Ok(())
    }
}

fn check(text: &str) -> Result<(), SayError> {
    match text.len() {
        0 => Err(SayError::Empty),
        1..=MAX_TEXT => Ok(()),
        over => Err(SayError::TooLong {
            over: over - MAX_TEXT,
        }),
    }
}
