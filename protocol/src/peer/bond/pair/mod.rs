//! What two people's machines have in common once they have met: see the [module](super).

mod meeting;
mod open;
mod seal;

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

pub use self::open::Found;
pub use self::seal::{SealError, Waiting};
use super::BondId;
use super::chain::Receiving;
use super::generation::{Exchanged, Generation};
use crate::peer::mail::blob::Tag;
use crate::peer::message::proof::{Held, Indexes, Proof, Role};
use crate::peer::name::Name;

/// What is remembered of one machine of one person. Zeroized on drop, never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    id: BondId,
    role: Role,
    name: Name,
    since: u64,
    proven: u64,
    /// One, or the one that both have and one that the other may not have yet; in the order of their numbers.
    generations: Vec<Generation>,
    /// Of earlier generations what may still have to be read.
    retired: VecDeque<Retired>,
    /// The place of what we seal next, those that wait, and the one behind the last that we know to be read.
    sent: u32,
    waiting: BTreeSet<u32>,
    read: u32,
    /// The place behind the last that we have read, and those before it that we have not.
    received: u32,
    missing: BTreeSet<u32>,
    spent: VecDeque<Spent>,
    copied: Option<Copied>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Retired {
    number: u32,
    receiving: Receiving,
    /// The last day on which it is kept.
    until: u32,
}

/// A blob that was read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Spent {
    hint: Tag,
    token: [u8; 32],
    digest: [u8; 16],
    until: u32,
}

/// One of the two memories is older than what the other has seen of it: a copy, or restored from one. Nothing is sealed
/// under the bond any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Copied {
    /// Ours.
    Ours,
    /// The other's.
    Theirs,
}

impl Bond {
    pub(super) fn new(exchanged: &Exchanged<'_>, role: Role, name: Name, since: u64, revision: u64) -> Self {
        let (first, id) = Generation::new(0, None, exchanged, role, revision);
        Self {
            id: BondId(id),
            role,
            name,
            since,
            proven: since,
            generations: vec![first],
            retired: VecDeque::new(),
            sent: 0,
            waiting: BTreeSet::new(),
            read: 0,
            received: 0,
            missing: BTreeSet::new(),
            spent: VecDeque::new(),
            copied: None,
        }
    }

    /// Names it, the same on both sides.
    pub fn id(&self) -> BondId {
        self.id
    }

    /// Which of the two we are.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What the other called himself when the words were compared.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// When the words were compared, in milliseconds since 1970.
    pub fn since(&self) -> u64 {
        self.since
    }

    /// When it was last proven, in milliseconds since 1970.
    pub fn proven(&self) -> u64 {
        self.proven
    }

    /// Whether the other is known to have it, too.
    pub fn is_whole(&self) -> bool {
        self.generations.iter().any(|generation| generation.shown)
    }

    /// Whether one of the two memories is an older copy.
    pub fn copied(&self) -> Option<Copied> {
        self.copied
    }

    /// Where both directions stand.
    pub fn indexes(&self) -> Indexes {
        Indexes {
            sent: self.sent,
            received: self.received,
            lowest: self.waiting.first().copied().unwrap_or(self.sent),
        }
    }

    /// The places of ours that wait.
    pub fn waiting(&self) -> impl Iterator<Item = u32> {
        self.waiting.iter().copied()
    }

    /// The places of the other's before this one that we have not read, and that wait or are lost.
    pub fn missing_before(&self, place: u32) -> impl Iterator<Item = u32> {
        self.missing.range(..place).copied()
    }

    pub(super) fn generations(&self) -> usize {
        self.generations.len()
    }

    fn nothing_waits_before(&mut self, place: u32) {
        self.missing = self.missing.split_off(&place);
        let retired = self.retired.iter_mut().map(|retired| &mut retired.receiving);
        let all = self.generations.iter_mut().map(|one| &mut one.receiving);
        all.chain(retired)
            .for_each(|receiving| receiving.forget_before(place));
    }

    /// As the other side, if that were what somebody has: it reads what we seal.
    #[cfg(test)]
    pub(super) fn take_over(&mut self, role: Role) {
        if role != self.role {
            for generation in &mut self.generations {
                generation.receiving = Receiving::of(generation.sending.clone());
            }
        }
        self.spent.clear();
    }
}

impl std::fmt::Debug for Bond {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bond(…)")
    }
}

/// Days since 1970-01-01.
pub(super) fn today(now: u64) -> u32 {
    u32::try_from(now / 86_400_000).unwrap_or(u32::MAX)
}
