//! What nobody who is here is to get: what could be left for who is away.

use std::time::Duration;

use crate::peer::instance::limits::{HANDSHAKE_LIMIT, STRANGER_AFTER};
use crate::peer::instance::outbox::StreamItem;
use crate::peer::instance::pair::Pair;
use crate::peer::instance::{Instance, Now};
use crate::peer::message::{InstanceId, MessageId, Text};
use crate::peer::name::Name;

/// A text of ours that waits for somebody who is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent<'a> {
    /// What it says, and when it was written.
    pub text: &'a Text,
    /// Whom it is for; nobody: whoever comes.
    pub to: Option<&'a Name>,
}

impl Instance {
    /// Our texts that wait for somebody who is away, each once for each of them, in the order in which they were said.
    pub fn absent(&self) -> Vec<Absent<'_>> {
        let away: Vec<&Pair> = self.pairs.values().filter(|pair| !pair.is_here()).collect();
        let is_alone = self.announced().is_empty();
        let mut absent = Vec::new();
        for (key, text, is_addressed) in self.outbox.texts() {
            let is_it = |item: &StreamItem| matches!(item, StreamItem::Entry { key: its, .. } if *its == key);
            let lacks = |pair: &&&Pair| {
                let mut undelivered = pair.streams.outgoing.undelivered();
                undelivered.any(|(item, _)| is_it(item))
            };
            if !is_addressed && is_alone {
                absent.push(Absent { text, to: None });
            }
            let names = away
                .iter()
                .filter(lacks)
                .filter_map(|pair| pair.person.name.as_ref());
            absent.extend(names.map(|to| Absent { text, to: Some(to) }));
        }
        absent
    }

    /// Whether nobody is here, and no seat but ours that may still be somebody's.
    pub fn is_alone(&self, now: Now) -> bool {
        let strangers_since = self.strangers_since.checked_add(STRANGER_AFTER);
        let others = self.seats.is_none_or(|seats| seats > 1);
        let were_quiet = strangers_since.is_some_and(|since| now.monotonic >= since) && self.strangers > 0;
        self.announced().is_empty() && (!others || were_quiet)
    }

    /// Whether a handshake is open: what takes long on a slow link has to wait for it.
    pub fn is_handshaking(&self, now: Now) -> bool {
        // One that we have answered and nobody confirms is given up as one of ours is.
        let is_recent = |at: Duration| now.monotonic < at + HANDSHAKE_LIMIT;
        let is_open = |pair: &Pair| {
            let handshakes = &pair.handshakes;
            let is_answered = handshakes.answer.is_some() && handshakes.answered_at.is_some_and(is_recent);
            handshakes.open.is_some() || is_answered
        };
        self.pairs.values().any(is_open)
    }

    /// Somebody may have got a text of ours in another way: who gets it from us is told that it may be a repeat.
    pub fn may_be_a_repeat(&mut self, id: MessageId) {
        self.outbox.doubt(id);
    }

    /// How many of our messages not everybody holds who should, but for those about texts that are elsewhere.
    pub fn only_here(&self, is_elsewhere: impl Fn(MessageId) -> bool) -> usize {
        self.outbox.len_without(is_elsewhere)
    }

    /// What somebody whom we have met calls himself.
    pub fn name_of(&self, peer: InstanceId) -> Option<&Name> {
        self.pairs.get(&peer)?.person.name.as_ref()
    }
}
