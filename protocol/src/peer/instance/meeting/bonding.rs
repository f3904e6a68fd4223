//! What two who meet show each other of what they remember, and how they add to it (`SPEC.md`, section 10.8).

use crate::peer::bond::{BondId, Bonds, Exchanged, Held, Proof, Revision, Role, Shown};
use crate::peer::instance::outbox::StreamItem;
use crate::peer::instance::pair::{Exchange, Pair, Part};
use crate::peer::instance::{Event, Instance, Now, Recognition};
use crate::peer::message::InstanceId;
use crate::peer::secret::Secret;

impl Instance {
    /// With what is remembered of earlier runs.
    #[must_use]
    pub fn with_bonds(mut self, bonds: Bonds) -> Self {
        self.bonds = bonds;
        self
    }

    /// What is remembered, to be written when [`next_write`](Self::next_write) says so.
    pub fn bonds(&self) -> &Bonds {
        &self.bonds
    }

    /// The same, to be changed.
    pub fn bonds_mut(&mut self) -> &mut Bonds {
        &mut self.bonds
    }

    /// The bonds have changed, and are to be written as they are now: told once for each change. What relies on it goes out
    /// when [`written`](Self::written) is called, and never if it is not.
    pub fn next_write(&mut self) -> Option<Revision> {
        let revision = self.bonds.unwritten()?;
        let asked = self.write_asked.replace(revision);
        (asked != Some(revision)).then_some(revision)
    }

    /// The bonds as they were at a revision are on the disk, synced.
    pub fn written(&mut self, revision: Revision, now: Now) {
        self.bonds.written(revision, now.wall);
        for pair in self.pairs.values_mut() {
            let held = |&mut (bond, number): &mut (BondId, u32)| {
                self.bonds.held(bond, number, &pair.bonding.hash).is_some()
            };
            if let Some((bond, number)) = pair.bonding.to_hold.take_if(held)
                && let Some(held) = self.bonds.held(bond, number, &pair.bonding.hash)
            {
                pair.streams.outgoing.push(StreamItem::Held(held));
            }
        }
        self.drive(now);
    }

    /// The user wants to know one again whose words were compared. It is remembered once its user wants that, too: told by
    /// [`Event::Remembered`].
    pub fn remember(&mut self, peer: InstanceId, now: Now) {
        let Some(pair) = self.pairs.get(&peer) else { return };
        let known = pair.bonding.bond.and_then(|bond| self.bonds.get(bond));
        let again = known.is_some_and(|bond| bond.copied().is_none());
        if pair.is_announced() && pair.person.compared && !again {
            self.send_part(peer, 0, now);
        }
        self.drive(now);
    }

    /// A peer has shown which bonds it remembers.
    pub(crate) fn on_proof(&mut self, from: InstanceId, proof: &Proof, now: Now) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        if std::mem::replace(&mut pair.bonding.introduced, true) {
            return;
        }
        pair.bonding.shown = self.bonds.recognise(proof, &pair.bonding.hash, now.wall);
        if let Some(Shown::Other(bond, _)) = pair.bonding.shown {
            pair.bonding.bond = Some(bond);
        }
        let shown = pair.bonding.shown;
        self.welcome(from, now);
        if let Some(Shown::Other(bond, base)) = shown
            && self.may_exchange(from, bond)
            && let Some(next) = base.checked_add(1)
        {
            self.send_part(from, next, now);
        }
        self.tell_copied();
    }

    /// Whether the other of a bond knows all candidates that we have: those that we have made since our proof it does not.
    fn may_exchange(&self, peer: InstanceId, bond: BondId) -> bool {
        let proved = self.pairs.get(&peer).and_then(|pair| pair.bonding.proved);
        let usable = self.bonds.get(bond).is_some_and(|bond| bond.copied().is_none());
        usable && proved.is_some_and(|proved| self.bonds.made(bond) <= proved)
    }

    /// Sends our part of a generation. What was begun for the same bond with an earlier run is over: that run and this one
    /// may not both make a candidate of which the other knows nothing.
    fn send_part(&mut self, to: InstanceId, generation: u32, now: Now) {
        let bytes = Secret::written(|bytes| self.own.rng.fill_bytes(bytes));
        let Some(pair) = self.pairs.get_mut(&to) else {
            return;
        };
        let received = match std::mem::take(&mut pair.bonding.exchange) {
            Exchange::None => None,
            Exchange::Received(part) => Some(part),
            done => {
                pair.bonding.exchange = done;
                return;
            }
        };
        let item = StreamItem::Exchange {
            generation,
            bytes: bytes.clone(),
        };
        pair.streams.outgoing.push(item);
        pair.bonding.exchange = Exchange::Sent(Part { generation, bytes });
        let bond = pair.bonding.bond;
        for other in self.pairs.values_mut().filter(|other| other.id != to) {
            if bond.is_some() && other.bonding.bond == bond {
                other.bonding.exchange = Exchange::Over;
            }
        }
        if let Some(part) = received {
            self.on_part(to, part, now);
        }
    }

    /// A peer has sent its part of a generation.
    pub(crate) fn on_part(&mut self, from: InstanceId, theirs: Part, now: Now) {
        let own = self.own.id;
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        let ours = match std::mem::take(&mut pair.bonding.exchange) {
            Exchange::Sent(ours) if ours.generation == theirs.generation => ours,
            Exchange::None => return pair.bonding.exchange = Exchange::Received(theirs),
            other => return pair.bonding.exchange = other,
        };
        pair.bonding.exchange = Exchange::Over;
        let (Some(name), hash) = (pair.person.name.clone(), pair.bonding.hash) else {
            return;
        };
        let before = pair.bonding.bond.filter(|_| theirs.generation > 0);
        let role = match before.and_then(|bond| self.bonds.get(bond)) {
            Some(bond) => bond.role(),
            None if own < from => Role::Lo,
            None => Role::Hi,
        };
        let (lo, hi) = match role {
            Role::Lo => (&ours, &theirs),
            Role::Hi => (&theirs, &ours),
        };
        let exchanged = Exchanged {
            lo: lo.bytes.expose(),
            hi: hi.bytes.expose(),
            hash: &hash,
        };
        let made = match (before, theirs.generation.checked_sub(1)) {
            (Some(bond), Some(base)) => {
                let number = self.bonds.advance(bond, base, &exchanged);
                number.map(|number| (bond, number))
            }
            (None, None) => self.bonds.begin(&exchanged, role, name, now.wall),
            _ => None,
        };
        if let Some((bond, number)) = made {
            pair.bonding.bond = Some(bond);
            pair.bonding.to_hold = Some((bond, number));
        }
    }

    /// A peer says that a generation is on its disk.
    pub(crate) fn on_held(&mut self, from: InstanceId, held: &Held, now: Now) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        let Some(bond) = pair.bonding.bond else { return };
        let half = self.bonds.get(bond).is_some_and(|bond| !bond.is_whole());
        if self.bonds.on_held(bond, held, &pair.bonding.hash, now.wall) {
            if half {
                self.own.tell(Event::Remembered { peer: from, bond });
            }
            self.tell_copied();
        }
    }

    /// Says which memories have turned out to be older copies, once each.
    pub(crate) fn tell_copied(&mut self) {
        for bond in self.bonds.iter() {
            if let Some(copied) = bond.copied()
                && !self.copied_told.contains(&bond.id())
            {
                self.copied_told.push(bond.id());
                let bond = bond.id();
                self.own.tell(Event::Copied { bond, copied });
            }
        }
    }
}

impl Pair {
    /// Says which bonds we remember, right after our name.
    pub(super) fn prove(&mut self, bonds: &Bonds, rng: &mut dyn rand_core::CryptoRng) {
        self.bonding.proved = Some(bonds.written_up_to());
        let proof = Box::new(bonds.prove(&self.bonding.hash, rng));
        self.streams.outgoing.push(StreamItem::Proof(proof));
    }

    /// Who it is, by what is remembered.
    pub(crate) fn recognition(&self, bonds: &Bonds) -> Recognition {
        if let Some(Shown::Ourselves(bond)) = self.bonding.shown {
            return Recognition::Ourselves { bond };
        }
        if let Some(bond) = self.whole_bond(bonds).and_then(|bond| bonds.get(bond)) {
            let (bond, since) = (bond.id(), bond.since());
            return Recognition::Same { bond, since };
        }
        let skeleton = self.person.name.as_ref().map(crate::peer::name::Name::skeleton);
        let namesake = skeleton.and_then(|skeleton| bonds.of_name(&skeleton).next());
        match namesake {
            Some(bond) => Recognition::Namesake {
                bond: bond.id(),
                since: bond.since(),
            },
            None => Recognition::Stranger,
        }
    }
}
