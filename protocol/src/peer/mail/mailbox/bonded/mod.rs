//! What is kept under a [bond](crate::bond): written before it is put, before it is shown, and before it is dropped.

mod left;
mod opened;
mod receipts;

use self::opened::told;
use super::Mailbox;
use super::own::Entry;
use super::post::{Outgoing, Post, Stage};
use crate::kept::Token;
use crate::peer::bond::{BondId, Bonds, Revision};
use crate::peer::instance::Now;
use crate::peer::message::MessageId;

/// What the mailbox has to do with bonds.
#[derive(Default)]
pub(super) struct Bonded {
    pub post: Post,
    /// Blobs that the passphrase does not open, with the days that they have left.
    pub unopened: Vec<(Vec<u8>, u8)>,
    /// What of ours says something else, or nothing any more.
    changes: Vec<(MessageId, Option<String>)>,
    /// What was delivered live.
    delivered: Vec<(MessageId, BondId)>,
    /// What is dropped once this is written.
    drops: Vec<(Revision, Token)>,
    /// What a receipt drops that is put then.
    taken: Vec<(Revision, Token)>,
}

impl Mailbox {
    /// With what an earlier run remembered. From now on [`consult`](Self::consult) is to be called.
    #[must_use]
    pub fn with_post(mut self, post: Post) -> Self {
        for outgoing in &post.outgoing {
            self.own.add(Entry::remembered(outgoing));
        }
        for (id, hash) in &post.seen {
            self.bag.note(*id, *hash, true);
        }
        let dropping = post.dropping.iter().map(|token| (token.clone(), None));
        self.drops.extend(dropping);
        // Receipts are fetched before anything is put again.
        self.own.hold(!post.outgoing.is_empty());
        self.bonded = Some(Bonded {
            post,
            ..Bonded::default()
        });
        self
    }

    /// What is to be written together with the bonds.
    pub fn post(&self) -> Post {
        let Some(bonded) = &self.bonded else {
            return Post::default();
        };
        let outgoing = self.own.under_bonds().filter_map(Entry::outgoing).collect();
        Post {
            outgoing,
            ..bonded.post.clone()
        }
    }

    /// The one of a bond holds a message of ours: what was left of it for him is of no more use.
    pub fn delivered_under(&mut self, id: MessageId, bond: BondId) {
        if let Some(bonded) = &mut self.bonded {
            bonded.delivered.push((id, bond));
        }
    }

    /// Something else is said of what was left under a bond.
    pub(super) fn change_under(&mut self, id: MessageId, text: Option<&str>) {
        if let Some(bonded) = &mut self.bonded {
            bonded.changes.push((id, text.map(str::to_owned)));
        }
    }

    /// What came, and what was said, meets the bonds. To be called after anything else was, and when they are written.
    pub fn consult(&mut self, bonds: &mut Bonds, now: Now) {
        if self.bonded.is_none() || self.only_looks {
            return;
        }
        if self.look.is_idle() {
            self.open(bonds, now);
        }
        self.change(bonds, now);
        if self.look.is_idle() {
            self.expire(bonds, now);
        }
        if self.days.is_some() {
            self.receipt(bonds, now);
        }
        self.release(bonds);
    }

    /// What is written goes on: it is put, shown or dropped.
    fn release(&mut self, bonds: &Bonds) {
        self.own.written(|revision| bonds.is_written(revision));
        let Some(bonded) = &mut self.bonded else { return };
        bonded.drops.retain(|(revision, token)| {
            let written = bonds.is_written(*revision);
            if written {
                self.drops.push((token.clone(), None));
                self.bag.taken_out(token.clone());
            }
            !written
        });
        bonded.taken.retain(|(revision, token)| {
            let written = bonds.is_written(*revision);
            if written {
                self.bag.taken_out(token.clone());
            }
            !written
        });
        for arrived in &mut bonded.post.inbox {
            let repeat = match arrived.stage {
                Stage::Found => true,
                Stage::Unwritten(revision) if bonds.is_written(revision) => false,
                _ => continue,
            };
            arrived.stage = Stage::Shown;
            self.events.push_back(told(arrived, repeat));
        }
    }
}

impl Entry {
    fn outgoing(&self) -> Option<Outgoing> {
        let (bond, _) = self.under?;
        Some(Outgoing {
            id: self.id,
            bond,
            note: self.note.clone(),
            blob: self.sealed.blob.clone(),
            token: self.sealed.token.clone(),
            drops: self.drops.clone(),
        })
    }
}
