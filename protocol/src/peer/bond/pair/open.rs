//! What of a bag was sealed under a bond: opened once, as its keys are gone then.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::super::limits::{DAYS, SKIPPED, SPENT};
use super::{Bond, Copied, Spent, today};
use crate::peer::mail::blob::{self, Tag};
use crate::peer::mail::{Note, NoteError};
use crate::wire::{kept::Token, topic::Topic};

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

fn digest(blob: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(blob)[..16]);
    short
}
