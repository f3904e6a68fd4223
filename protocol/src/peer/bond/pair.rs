//! What two people's machines have in common once they have met: see the [module](super).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::Receiving;
use super::generation::{Exchanged, Generation};
use super::limits::{DAYS, RETIRED, SKIPPED, SPENT, UNREAD};
use super::proof::{Held, Indexes, Proof};
use super::{BondId, Role};
use crate::peer::mail::blob::{self, Tag};
use crate::peer::mail::{Note, NoteError, Sealed};
use crate::peer::name::Name;
use crate::wire::{kept::Token, topic::Topic};

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

/// Something of ours that waits for the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The blob and what drops it.
    pub sealed: Sealed,
    /// What it says, with its place.
    pub note: Note,
}

/// Why nothing can be sealed under a bond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is not known that the other has it.
    #[error("it is not sure yet that the other side remembers")]
    Half,
    /// See [`Copied`].
    #[error("one of the two memories is an older copy: compare the words again")]
    Copied,
    /// The other has read nothing for too long.
    #[error("too much waits that was never read")]
    Unread,
    /// No bucket holds it.
    #[error("the message is too long to wait on a relay")]
    TooLong,
}

/// What a blob is under a bond.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// It was sealed by the other, and its key is gone now.
    Note {
        /// What it says.
        note: Note,
        /// Drops it.
        token: Token,
    },
    /// It was sealed by the other, in a way that this version cannot read. Nothing has changed.
    Unreadable(NoteError),
    /// It was read before.
    Repeat {
        /// Drops it.
        token: Token,
        /// It is not what was read: an older copy of the other's memory has sealed it.
        changed: bool,
    },
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

    /// Puts a place for each generation that is on the disk into a proof, from `at` on: how many.
    pub(super) fn prove(&self, proof: &mut Proof, at: usize, hash: &[u8; 32], written: u64) -> usize {
        let synced = self.generations.iter().filter(|one| one.revision <= written);
        let added = synced.enumerate().map(|(n, generation)| {
            proof.add(at + n, &generation.proof, self.role, hash, self.indexes());
        });
        added.count()
    }

    /// Which of its generations the other shows, by their numbers, and what he says of both directions.
    pub(super) fn shown_in(&self, proof: &Proof, role: Role, hash: &[u8; 32]) -> Vec<(u32, Indexes)> {
        let shown = self.generations.iter().filter_map(|generation| {
            let indexes = proof.shows(&generation.proof, role, hash)?;
            Some((generation.number, indexes))
        });
        shown.collect()
    }

    /// The other has shown these, in a proof: all that he has. The highest, of which he goes on.
    pub(super) fn recognised(&mut self, shown: &[(u32, Indexes)], now: u64, written: u64) -> Option<u32> {
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
    pub(super) fn settle(&mut self, today: u32, written: u64) {
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
    pub(super) fn advance(&mut self, base: u32, exchanged: &Exchanged<'_>, revision: u64) -> Option<u32> {
        let at = self.generations.iter().position(|one| one.number == base)?;
        let number = base.checked_add(1)?;
        let mix = &self.generations.get(at)?.mix;
        let (next, _) = Generation::new(number, Some(mix), exchanged, self.role, revision);
        self.generations.truncate(at + 1);
        self.generations.push(next);
        Some(number)
    }

    /// Whether a generation is on our disk.
    pub(super) fn is_synced(&self, number: u32, written: u64) -> bool {
        let is_it = |one: &Generation| one.number == number && one.revision <= written;
        self.generations.iter().any(is_it)
    }

    /// What says to the other that a generation is on our disk.
    pub(super) fn held(&self, number: u32, hash: &[u8; 32]) -> Option<Held> {
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
    pub(super) fn on_held(&mut self, held: &Held, hash: &[u8; 32], today: u32, written: u64) -> bool {
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

    fn nothing_waits_before(&mut self, place: u32) {
        self.missing = self.missing.split_off(&place);
        let retired = self.retired.iter_mut().map(|retired| &mut retired.receiving);
        let all = self.generations.iter_mut().map(|one| &mut one.receiving);
        all.chain(retired)
            .for_each(|receiving| receiving.forget_before(place));
    }

    /// Seals a note, as the next of this direction: its place and the lowest that waits are written into it. It must not
    /// be put anywhere before the bond is written.
    ///
    /// # Errors
    /// [`SealError`]; nothing has changed then.
    pub fn seal(
        &mut self,
        mut note: Note,
        topic: &Topic,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Waiting, SealError> {
        if self.copied.is_some() {
            return Err(SealError::Copied);
        }
        let place = self.sent;
        let next = place.checked_add(1).ok_or(SealError::Unread)?;
        let lowest = self.indexes().lowest;
        let shown = self.generations.iter_mut().rfind(|one| one.shown);
        let generation = shown.ok_or(SealError::Half)?;
        let start = place.saturating_sub(generation.sending.step());
        if place - self.read.max(start) >= UNREAD {
            return Err(SealError::Unread);
        }
        (note.index, note.lowest) = (place, lowest);
        let mut sending = generation.sending.clone();
        let key = sending.advance().ok_or(SealError::Unread)?;
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let token = key.token();
        let blob = blob::seal(&key.seal(), &key.hint(), &nonce, topic, &token, &note);
        let blob = blob.ok_or(SealError::TooLong)?;
        generation.sending = sending;
        self.sent = next;
        self.waiting.insert(place);
        Ok(Waiting {
            sealed: Sealed { blob, token },
            note,
        })
    }

    /// The other has read what stands at a place of ours: true if that is news. One that was never sealed is what an older
    /// copy of our memory is told.
    pub fn read(&mut self, place: u32) -> bool {
        if place >= self.sent {
            self.copied = Some(Copied::Ours);
            return false;
        }
        self.read = self.read.max(place + 1);
        self.waiting.remove(&place)
    }

    /// What stands at a place of ours waits no more: true if that is news.
    pub fn withdraw(&mut self, place: u32) -> bool {
        self.waiting.remove(&place)
    }

    /// What of a bag is for us, with its place among the blobs. The keys of what is opened are gone: none of it is to be
    /// shown before the bond is written, together with what was read.
    pub fn open(&mut self, blobs: &[&[u8]], topic: &Topic, now: u64) -> Vec<(usize, Found)> {
        let today = today(now);
        self.forget_old(today);
        let mut tags: BTreeMap<Tag, Vec<usize>> = BTreeMap::new();
        let mut found = Vec::new();
        for (at, blob) in blobs.iter().enumerate() {
            let Some((tag, ..)) = blob::split(blob) else {
                continue;
            };
            match self.spent.iter().find(|spent| spent.hint == *tag) {
                Some(spent) => {
                    let token = Token(spent.token);
                    let changed = digest(blob) != spent.digest;
                    found.push((at, Found::Repeat { token, changed }));
                }
                None => tags.entry(*tag).or_default().push(at),
            }
        }
        let mut wanted = tags.keys().copied().collect();
        let retired = self.retired.iter().map(|one| (one.number, &one.receiving));
        let live = self.generations.iter().map(|one| (one.number, &one.receiving));
        let mut matches = Vec::new();
        // What comes now was mostly sealed last.
        for (number, receiving) in retired.chain(live).rev() {
            let keys = receiving.find(&mut wanted).into_iter();
            matches.extend(keys.map(|(step, key)| (number, step, key)));
        }
        matches.sort_by_key(|(number, step, _)| (*number, *step));
        for (number, step, key) in matches {
            let (seal, token) = (key.seal(), key.token());
            let candidates = tags.remove(&key.hint()).unwrap_or_default();
            let opened = |at: &usize| {
                let note = blob::open(&seal, topic, &token, blobs.get(*at)?)?;
                Some((*at, note))
            };
            match candidates.iter().find_map(opened) {
                Some((at, Ok(note))) => {
                    let digest = blobs.get(at).map(|blob| digest(blob)).unwrap_or_default();
                    self.spend(number, step, &note, today);
                    self.spent.push_back(Spent {
                        hint: key.hint(),
                        token: token.0,
                        digest,
                        until: today.saturating_add(DAYS),
                    });
                    if self.spent.len() > SPENT {
                        self.spent.pop_front();
                    }
                    found.push((at, Found::Note { note, token }));
                }
                Some((at, Err(error))) => found.push((at, Found::Unreadable(error))),
                None => {}
            }
        }
        found
    }

    fn spend(&mut self, number: u32, step: u32, note: &Note, today: u32) {
        let retired = self
            .retired
            .iter_mut()
            .map(|one| (one.number, &mut one.receiving));
        let live = self.generations.iter_mut();
        let live = live.map(|one| (one.number, &mut one.receiving));
        let receiving = retired.chain(live).find(|(its, _)| *its == number);
        if let Some((_, receiving)) = receiving {
            receiving.spend(step, note.index, today);
        }
        for place in (self.received..note.index).rev().take(SKIPPED) {
            self.missing.insert(place);
        }
        self.missing.remove(&note.index);
        self.received = self.received.max(note.index.saturating_add(1));
        self.nothing_waits_before(note.lowest);
        while self.missing.len() > SKIPPED {
            self.missing.pop_first();
        }
        // Its author has gone on to a later generation, and of the earlier ones nothing waits.
        let newest = self.generations.iter().any(|one| one.number == number);
        if newest && note.lowest == note.index {
            self.retired.retain(|retired| retired.number >= number);
        }
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

    /// Forgets what is kept for [`DAYS`] only.
    fn forget_old(&mut self, today: u32) {
        self.spent.retain(|spent| today <= spent.until);
        self.retired.retain(|retired| today <= retired.until);
        let retired = self.retired.iter_mut().map(|retired| &mut retired.receiving);
        let all = self.generations.iter_mut().map(|one| &mut one.receiving);
        all.chain(retired)
            .for_each(|receiving| receiving.forget_old(today));
    }

    /// Looks in a bag for what only a newer copy of our memory can have put there: true if there is some, and the bond is
    /// of no use then.
    pub fn is_outrun(&mut self, blobs: &[&[u8]]) -> bool {
        let tags = blobs.iter().filter_map(|blob| blob::split(blob));
        let mut tags = tags.map(|(tag, ..)| *tag).collect();
        let mut chains = self.generations.iter().map(|one| &one.sending);
        let outrun = chains.any(|sending| !sending.ahead(&mut tags).is_empty());
        if outrun {
            self.copied = Some(Copied::Ours);
        }
        outrun
    }
}

impl std::fmt::Debug for Bond {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bond(…)")
    }
}

fn digest(blob: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(blob)[..16]);
    short
}

/// Days since 1970-01-01.
pub(super) fn today(now: u64) -> u32 {
    u32::try_from(now / 86_400_000).unwrap_or(u32::MAX)
}
