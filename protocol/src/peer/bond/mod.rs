//! What two who have met and compared their words have in common later: `SPEC.md`, section 10.8.
//!
//! A [`Bond`] is made of random bytes that both send in a confirmed session, and grows by a generation each time that they
//! meet. It proves that one who comes is the one who was met, and seals what waits for him so that the passphrase does not
//! open it, and nobody does once it was read. It knows no disk: whoever keeps it has to write it when
//! [`Bonds::unwritten`] says so, and to say so when that is done; until then nothing goes out that relies on it.

mod chain;
mod generation;
pub mod limits;
mod pair;

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

pub use self::generation::Exchanged;
pub use self::pair::{Bond, Copied, Found, SealError, Waiting};
pub use crate::peer::message::proof::{Held, Indexes, Proof, Role, SLOTS};
use crate::peer::name::{Name, Skeleton};
use crate::wire::topic::Topic;

/// Names a bond, the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BondId(pub [u8; 16]);

/// What a proof shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The other of a bond, and the highest generation that both have.
    Other(BondId, u32),
    /// Ourselves: a copy of our own memory is here.
    Ourselves(BondId),
}

/// How much of the bonds is written: up to which of their changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Revision(u64);

/// All bonds of a room.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bonds {
    bonds: Vec<Bond>,
    /// Counts what was changed.
    #[serde(skip)]
    revision: u64,
    #[serde(skip)]
    written: u64,
    /// With which change the last generation of a bond was made, in this run.
    #[serde(skip)]
    made: BTreeMap<BondId, u64>,
}

/// How much of them is written is no part of them.
impl PartialEq for Bonds {
    fn eq(&self, other: &Self) -> bool {
        self.bonds == other.bonds
    }
}

impl Eq for Bonds {}

impl std::fmt::Debug for Bonds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.bonds).finish()
    }
}

impl Bonds {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Bond> {
        self.bonds.iter()
    }

    /// One of them.
    pub fn get(&self, id: BondId) -> Option<&Bond> {
        self.bonds.iter().find(|bond| bond.id() == id)
    }

    /// One of them, to be changed: it has to be written then.
    pub fn get_mut(&mut self, id: BondId) -> Option<&mut Bond> {
        self.changing(id).map(|(bond, _)| bond)
    }

    /// Those with people whose names look like this one, and who are known to remember us.
    pub fn of_name(&self, name: &Skeleton) -> impl Iterator<Item = &Bond> {
        let of_name = move |bond: &&Bond| bond.is_whole() && bond.name().skeleton() == *name;
        self.bonds.iter().filter(of_name)
    }

    /// Which changes have to be written before what relies on them goes out; `None` when all are.
    pub fn unwritten(&self) -> Option<Revision> {
        (self.written < self.revision).then_some(Revision(self.revision))
    }

    /// The bonds as they were at this revision are on the disk.
    pub fn written(&mut self, revision: Revision, now: u64) {
        self.written = self.written.max(revision.0.min(self.revision));
        let before = self.generations();
        for bond in &mut self.bonds {
            bond.settle(pair::today(now), self.written);
        }
        if self.generations() != before {
            self.revision += 1;
        }
    }

    /// Whether a revision is on the disk.
    pub fn is_written(&self, revision: Revision) -> bool {
        revision.0 <= self.written
    }

    /// What of a bag is for us under a bond: see [`Bond::open`].
    pub fn open(&mut self, id: BondId, blobs: &[&[u8]], topic: &Topic, now: u64) -> Vec<(usize, Found)> {
        let Some(bond) = self.bonds.iter_mut().find(|bond| bond.id() == id) else {
            return Vec::new();
        };
        let found = bond.open(blobs, topic, now);
        let opened = |(_, found): &(usize, Found)| matches!(found, Found::Note { .. });
        self.revision += u64::from(found.iter().any(opened));
        found
    }

    /// Whether a bag has what only a newer copy of our memory can have put there: see [`Bond::is_outrun`].
    pub fn is_outrun(&mut self, id: BondId, blobs: &[&[u8]]) -> bool {
        let bond = self.bonds.iter_mut().find(|bond| bond.id() == id);
        let outrun = bond.is_some_and(|bond| bond.is_outrun(blobs));
        self.revision += u64::from(outrun);
        outrun
    }

    /// Something that is written together with them has changed.
    pub(crate) fn touch(&mut self) -> Revision {
        self.revision += 1;
        Revision(self.revision)
    }

    fn generations(&self) -> usize {
        self.bonds.iter().map(Bond::generations).sum()
    }

    /// A bond to be changed, and the revision of the change.
    fn changing(&mut self, id: BondId) -> Option<(&mut Bond, u64)> {
        let bond = self.bonds.iter_mut().find(|bond| bond.id() == id)?;
        self.revision += 1;
        Some((bond, self.revision))
    }

    /// The change with which the last generation of a bond was made in this run, and up to which all is written.
    pub(crate) fn made(&self, id: BondId) -> u64 {
        self.made.get(&id).copied().unwrap_or_default()
    }

    pub(crate) fn written_up_to(&self) -> u64 {
        self.written
    }

    /// A new bond, of what was exchanged with somebody whose words were compared. `None` where there are as many as fit.
    pub fn begin(
        &mut self,
        exchanged: &Exchanged<'_>,
        role: Role,
        name: Name,
        now: u64,
    ) -> Option<(BondId, u32)> {
        if self.bonds.len() >= limits::BONDS {
            return None;
        }
        self.revision += 1;
        let bond = Bond::new(exchanged, role, name, now, self.revision);
        let id = bond.id();
        self.made.insert(id, self.revision);
        self.bonds.push(bond);
        Some((id, 0))
    }

    /// The next generation of a bond: see [`Bond`]. Its number; `None` where the one that it is to grow from is gone.
    pub fn advance(&mut self, id: BondId, base: u32, exchanged: &Exchanged<'_>) -> Option<u32> {
        let (bond, revision) = self.changing(id)?;
        let number = bond.advance(base, exchanged, revision)?;
        self.made.insert(id, revision);
        Some(number)
    }

    /// Forgets a bond, or all with somebody of this name.
    pub fn forget(&mut self, matches: impl Fn(&Bond) -> bool) -> usize {
        let before = self.bonds.len();
        self.bonds.retain(|bond| !matches(bond));
        let forgotten = before - self.bonds.len();
        self.revision += u64::from(forgotten > 0);
        forgotten
    }

    /// What is said to everybody who comes, in the session of `hash`: see [`Proof`].
    pub fn prove(&self, hash: &[u8; 32], rng: &mut (impl CryptoRng + ?Sized)) -> Proof {
        let mut proof = Proof::empty(rng);
        self.bonds
            .iter()
            .fold(0, |at, bond| at + bond.prove(&mut proof, at, hash, self.written));
        proof
    }

    /// Whom somebody's proof shows. What both have shown there has to be written, and nothing waits for that.
    pub fn recognise(&mut self, proof: &Proof, hash: &[u8; 32], now: u64) -> Option<Shown> {
        let written = self.written;
        for bond in &mut self.bonds {
            let role = bond.role();
            if !bond.shown_in(proof, role, hash).is_empty() {
                return Some(Shown::Ourselves(bond.id()));
            }
            let shown = bond.shown_in(proof, role.other(), hash);
            if let Some(base) = bond.recognised(&shown, now, written) {
                self.revision += 1;
                return Some(Shown::Other(bond.id(), base));
            }
        }
        None
    }

    /// What says that a generation is on our disk: nothing before it is.
    pub fn held(&self, id: BondId, number: u32, hash: &[u8; 32]) -> Option<Held> {
        let bond = self.get(id)?;
        bond.is_synced(number, self.written)
            .then(|| bond.held(number, hash))?
    }

    /// The other of a bond says that a generation is on his disk; false when he does not.
    pub fn on_held(&mut self, id: BondId, held: &Held, hash: &[u8; 32], now: u64) -> bool {
        let written = self.written;
        let bond = self.bonds.iter_mut().find(|bond| bond.id() == id);
        let is_held = bond.is_some_and(|bond| bond.on_held(held, hash, pair::today(now), written));
        self.revision += u64::from(is_held);
        is_held
    }
}

#[cfg(test)]
mod tests;
