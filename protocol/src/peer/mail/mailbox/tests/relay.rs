//! A small relay: a bag, and what may go wrong with it.

use std::collections::BTreeMap;

use rand::{RngExt, rngs::StdRng};

use super::*;
use crate::kept::{Content, DropHash, GET_BYTES, Get, Got, Placed, Put};

/// The bag of one room.
#[derive(Default)]
pub(super) struct Relay {
    pub(super) blobs: BTreeMap<u64, (DropHash, u32, Vec<u8>)>,
    pub(super) last: u64,
    pub(super) is_full: bool,
    pub(super) forgets_on_restart: bool,
}

/// What comes back for one request: the answer, then the pushes.
pub(super) type Reply = (Answer, Vec<Vec<u8>>);

impl Relay {
    pub(super) fn answer(&mut self, ask: &Ask, today: u32) -> Reply {
        match ask {
            Ask::Put(payload) => (self.put(payload, today), Vec::new()),
            Ask::Drop(payload) => {
                let tokens = crate::kept::tokens(payload).unwrap();
                let dropped = tokens.iter().map(|token| self.drop(&token.drop_hash()));
                (Answer::Dropped(dropped.collect()), Vec::new())
            }
            Ask::Get(get) => self.get(*get, today),
        }
    }

    pub(super) fn restart(&mut self) {
        if self.forgets_on_restart {
            self.blobs.clear();
            self.last = 0;
        }
    }

    fn put(&mut self, payload: &[u8], today: u32) -> Answer {
        let put = Put::decode(payload).unwrap();
        let until = today + u32::from(put.days);
        let dropped = (put.drops.iter()).map(|token| self.drop(&token.drop_hash()));
        let dropped = dropped.collect();
        let known = self.blobs.iter().find(|(_, (hash, ..))| *hash == put.drop_hash);
        let number = match known {
            Some((number, _)) => *number,
            None if self.is_full => return Answer::Refused(Refusal::Full),
            None => {
                self.last += 1;
                let blob = (put.drop_hash, until, put.blob.to_vec());
                self.blobs.insert(self.last, blob);
                self.last
            }
        };
        Answer::Placed(Placed {
            number,
            until,
            durable: !self.forgets_on_restart,
            dropped,
        })
    }

    fn drop(&mut self, hash: &DropHash) -> bool {
        let before = self.blobs.len();
        self.blobs.retain(|_, (known, ..)| known != hash);
        self.blobs.len() < before
    }

    fn get(&self, get: Get, today: u32) -> Reply {
        let (mut bytes, mut pushes, mut more) = (0, Vec::new(), false);
        for (&number, (hash, until, blob)) in self.blobs.range(get.after + 1..) {
            let content = if get.blobs {
                Content::Blob(blob)
            } else {
                Content::Hash(*hash)
            };
            bytes += if get.blobs { blob.len() } else { 0 };
            more = !pushes.is_empty() && bytes > GET_BYTES;
            if more {
                break;
            }
            let days_left = u8::try_from(until.saturating_sub(today)).unwrap();
            let kept = Kept {
                number,
                days_left,
                content,
            };
            pushes.push(kept.encode());
        }
        let count = u16::try_from(pushes.len()).unwrap();
        (Answer::Got(Got { count, more }), pushes)
    }
}

/// Changes what a relay brings, as an evil one may.
pub(super) fn garbled(reply: Reply, flips: bool, rng: &mut StdRng) -> Reply {
    let (mut answer, mut pushes) = reply;
    match rng.random_range(0..6) {
        0 => pushes.reverse(),
        1 => pushes.extend_from_within(..),
        2 => pushes.truncate(pushes.len() / 2),
        3 if flips => {
            for push in &mut pushes {
                let at = rng.random_range(0..push.len());
                push[at] ^= 1;
            }
        }
        4 => {
            answer = Answer::Got(Got {
                count: rng.random(),
                more: rng.random(),
            });
        }
        _ => answer = Answer::Refused(Refusal::Other),
    }
    (answer, pushes)
}
