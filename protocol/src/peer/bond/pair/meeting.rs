//! What two who meet show each other of their bond, and how it grows by that.

use super::super::limits::{DAYS, RETIRED};
use super::{Bond, Copied, Exchanged, Generation, Held, Indexes, Proof, Retired, Role, today};

impl Bond {
    /// Puts a place for each generation that is on the disk into a proof, from `at` on: how many.
    pub(in super::super) fn prove(
        &self,
        proof: &mut Proof,
        at: usize,
        hash: &[u8; 32],
        written: u64,
    ) -> usize {
        let synced = self.generations.iter().filter(|one| one.revision <= written);
        let added = synced.enumerate().map(|(n, generation)| {
            proof.add(at + n, &generation.proof, self.role, hash, self.indexes());
        });
        added.count()
    }

    /// Which of its generations the other shows, by their numbers, and what he says of both directions.
    pub(in super::super) fn shown_in(
        &self,
        proof: &Proof,
        role: Role,
        hash: &[u8; 32],
    ) -> Vec<(u32, Indexes)> {
        let shown = self.generations.iter().filter_map(|generation| {
            let indexes = proof.shows(&generation.proof, role, hash)?;
            Some((generation.number, indexes))
        });
        shown.collect()
    }

    /// The other has shown these, in a proof: all that he has. The highest, of which he goes on.
    pub(in super::super) fn recognised(
        &mut self,
        shown: &[(u32, Indexes)],
        now: u64,
        written: u64,
    ) -> Option<u32> {
        let &(base, indexes) = shown.last()?;
        self.proven = now;
        for generation in &mut self.generations {
            generation.shown |= shown.iter().any(|(number, _)| *number == generation.number);
        }
        self.settle(today(now), written);
        self.learn(indexes);
        if indexes.lowest == indexes.sent {
            let lives = |number: u32| shown.iter().any(|(shown, _)| *shown == number);
            self.retired.retain(|retired| lives(retired.number));
        }
        Some(base)
    }

    /// What is below a generation that both have goes: the other has something higher on its disk, and so have we.
    pub(in super::super) fn settle(&mut self, today: u32, written: u64) {
        for generation in self.generations.iter_mut().filter(|one| one.revision <= written) {
            generation.revision = 0;
        }
        let both = |one: &Generation| one.shown && one.revision <= written;
        let Some(highest) = self.generations.iter().rposition(both) else {
            return;
        };
        for generation in self.generations.drain(..highest) {
            self.retired.push_back(Retired {
                number: generation.number,
                receiving: generation.receiving,
                until: today.saturating_add(DAYS),
            });
        }
        while self.retired.len() > RETIRED {
            self.retired.pop_front();
        }
    }

    /// The next generation, of one that both have shown in this meeting. Any other that is higher the other has not, and
    /// never will: what made it is over. `None` where that one is gone.
    pub(in super::super) fn advance(
        &mut self,
        base: u32,
        exchanged: &Exchanged<'_>,
        revision: u64,
    ) -> Option<u32> {
        let at = self.generations.iter().position(|one| one.number == base)?;
        let number = base.checked_add(1)?;
        let mix = &self.generations.get(at)?.mix;
        let (next, _) = Generation::new(number, Some(mix), exchanged, self.role, revision);
        self.generations.truncate(at + 1);
        self.generations.push(next);
        Some(number)
    }

    /// Whether a generation is on our disk.
    pub(in super::super) fn is_synced(&self, number: u32, written: u64) -> bool {
        let is_it = |one: &Generation| one.number == number && one.revision <= written;
        self.generations.iter().any(is_it)
    }

    /// What says to the other that a generation is on our disk.
    pub(in super::super) fn held(&self, number: u32, hash: &[u8; 32]) -> Option<Held> {
        let generation = self.generations.iter().find(|one| one.number == number)?;
        Some(Held::new(
            number,
            &generation.proof,
            self.role,
            hash,
            self.indexes(),
        ))
    }

    /// The other says that a generation is on his disk: false when he does not, or it is none of ours.
    pub(in super::super) fn on_held(
        &mut self,
        held: &Held,
        hash: &[u8; 32],
        today: u32,
        written: u64,
    ) -> bool {
        let other = self.role.other();
        let is_it =
            |one: &&mut Generation| one.number == held.generation && held.is_of(&one.proof, other, hash);
        let Some(generation) = self.generations.iter_mut().find(is_it) else {
            return false;
        };
        generation.shown = true;
        self.settle(today, written);
        self.learn(held.indexes);
        true
    }

    /// What the other says of both directions.
    fn learn(&mut self, indexes: Indexes) {
        if indexes.received > self.sent {
            self.copied = Some(Copied::Ours);
        } else if indexes.sent < self.received {
            self.copied = Some(Copied::Theirs);
        }
        self.read = self.read.max(indexes.received.min(self.sent));
        self.nothing_waits_before(indexes.lowest);
    }
}
