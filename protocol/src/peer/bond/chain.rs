//! One direction of a generation: a key for each message, none of which yields an earlier one.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::limits::{AHEAD, DAYS, SKIPPED};
use crate::peer::mail::blob::Tag;
use crate::peer::root::{expand, hmac};
use crate::peer::secret::{Secret, unstacked};
use crate::wire::kept::Token;

/// What another key yields under a label.
pub(super) fn derived(secret: &Secret, label: &[u8]) -> Secret {
    Secret::written(|key| *key = expand(secret.expose(), label))
}

/// What one message is sealed, found and dropped by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessageKey(Secret);

impl MessageKey {
    /// What its blob begins with.
    pub(super) fn hint(&self) -> Tag {
        unstacked(|| self.tag())
    }

    fn tag(&self) -> Tag {
        let mut tag = [0; 8];
        tag.copy_from_slice(&hmac(&self.0, &[b"hint"])[..8]);
        tag
    }

    pub(super) fn seal(&self) -> Secret {
        unstacked(|| derived(&self.0, b"seal"))
    }

    pub(super) fn token(&self) -> Token {
        unstacked(|| Token(expand(self.0.expose(), b"drop")))
    }
}

/// Yields the keys of one direction, in order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chain {
    key: Secret,
    step: u32,
}

impl Chain {
    pub(super) fn new(key: Secret) -> Self {
        Self { key, step: 0 }
    }

    /// How many keys it has yielded.
    pub(super) fn step(&self) -> u32 {
        self.step
    }

    /// The next key; the chain forgets what it comes from. `None` at its end.
    pub(super) fn advance(&mut self) -> Option<MessageKey> {
        unstacked(|| self.turn())
    }

    fn turn(&mut self) -> Option<MessageKey> {
        let step = self.step.checked_add(1)?;
        let key = MessageKey(derived(&self.key, b"m"));
        self.key = derived(&self.key, b"c");
        self.step = step;
        Some(key)
    }

    /// Takes out of these tags those that its next keys have, without moving: the steps of these and the keys.
    pub(super) fn ahead(&self, tags: &mut BTreeSet<Tag>) -> Vec<(u32, MessageKey)> {
        unstacked(|| {
            let mut chain = self.clone();
            let mut found = Vec::new();
            for step in self.step..self.step.saturating_add(AHEAD) {
                if tags.is_empty() {
                    break;
                }
                let Some(key) = chain.turn() else { break };
                if tags.remove(&key.tag()) {
                    found.push((step, key));
                }
            }
            found
        })
    }
}

/// What the other seals, as we read it: in any order, each once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receiving {
    chain: Chain,
    /// Those that were passed over, oldest first.
    skipped: VecDeque<Skipped>,
    /// The place of what is sealed at step 0, once one was read.
    start: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Skipped {
    step: u32,
    key: MessageKey,
    /// The last day on which it is kept.
    until: u32,
}

impl Receiving {
    pub(super) fn new(key: Secret) -> Self {
        Self::of(Chain::new(key))
    }

    pub(super) fn of(chain: Chain) -> Self {
        Self {
            chain,
            skipped: VecDeque::new(),
            start: None,
        }
    }

    /// Takes out of these tags those that a key of ours has, in the order in which they were used.
    pub(super) fn find(&self, tags: &mut BTreeSet<Tag>) -> Vec<(u32, MessageKey)> {
        let skipped = self.skipped.iter();
        let skipped = skipped.filter(|skipped| tags.remove(&skipped.key.hint()));
        let mut found: Vec<_> = skipped
            .map(|skipped| (skipped.step, skipped.key.clone()))
            .collect();
        found.extend(self.chain.ahead(tags));
        found
    }

    /// The key of a step has opened what stands at this place: it is never needed again.
    pub(super) fn spend(&mut self, step: u32, place: u32, today: u32) {
        self.start = self.start.or(place.checked_sub(step));
        self.skipped.retain(|skipped| skipped.step != step);
        while self.chain.step() <= step {
            let at = self.chain.step();
            let Some(key) = self.chain.advance() else { return };
            if at < step {
                let until = today.saturating_add(DAYS);
                self.skipped.push_back(Skipped { step: at, key, until });
            }
            if self.skipped.len() > SKIPPED {
                self.skipped.pop_front();
            }
        }
    }

    /// Nothing before this place waits any more.
    pub(super) fn forget_before(&mut self, place: u32) {
        if let Some(start) = self.start {
            self.skipped
                .retain(|skipped| start.saturating_add(skipped.step) >= place);
        }
    }

    pub(super) fn forget_old(&mut self, today: u32) {
        self.skipped.retain(|skipped| today <= skipped.until);
    }
}
