//! How the author of what was read is told so, by a note that drops it.

use std::collections::BTreeSet;

use super::super::Mailbox;
use super::super::event::Letter;
use super::super::post::{Arrived, Stage};
use crate::kept::Token;
use crate::peer::bond::{BondId, Bonds};
use crate::peer::instance::Now;
use crate::peer::mail::note::{Body, Receipts};
use crate::peer::message::MessageId;

/// The most tokens that go with one put; there are 255 at most.
const DROPS: usize = 200;

impl Mailbox {
    /// What the user has read leaves the inbox, and its author is told so by a receipt.
    pub(super) fn receipt(&mut self, bonds: &mut Bonds, now: Now) {
        let Some(bonded) = &mut self.bonded else { return };
        let is_read = |arrived: &Arrived| arrived.stage == Stage::Read;
        let (read, inbox) = bonded.post.inbox.drain(..).partition(is_read);
        bonded.post.inbox = inbox;
        let read: Vec<Arrived> = read;
        let of: BTreeSet<BondId> = read.iter().map(|arrived| arrived.bond).collect();
        for id in of {
            let read = read.iter().filter(|arrived| arrived.bond == id);
            let mut places: BTreeSet<u32> = read.clone().map(|arrived| arrived.note.index).collect();
            let mut tokens: Vec<Token> = read.map(|arrived| arrived.token.clone()).collect();
            // One that waits is replaced by one that says both.
            let earlier = self.own.receipts(id, DROPS.saturating_sub(tokens.len()));
            if let Some(entry) = earlier {
                if let Body::Receipts(receipts) = &entry.note.body {
                    places.extend(receipts.indexes());
                }
                tokens.extend(entry.drops);
                tokens.push(entry.sealed.token);
                if let (Some(bond), Some((_, place))) = (bonds.get_mut(id), entry.under) {
                    bond.withdraw(place);
                }
            }
            self.seal_receipts(id, places, tokens, bonds, now);
        }
    }

    fn seal_receipts(
        &mut self,
        id: BondId,
        mut places: BTreeSet<u32>,
        mut tokens: Vec<Token>,
        bonds: &mut Bonds,
        now: Now,
    ) {
        let mut said = Vec::new();
        while let Some(&first) = places.first() {
            let mut receipts = Receipts::from(first);
            places.retain(|place| !receipts.add(*place));
            let with = tokens.split_off(tokens.len().saturating_sub(DROPS));
            let letter = Letter {
                id: MessageId([0; 16]),
                to: None,
                written: now.wall,
                fades: None,
                reply_to: None,
                text: String::new(),
            };
            let note = self.note(&letter, now, Body::Receipts(receipts));
            if self.seal_under(id, letter.id, note, with.clone(), bonds).is_err() {
                tokens.extend(with);
                break;
            }
            said.extend(with);
        }
        // What no receipt can say is dropped all the same.
        let revision = bonds.touch();
        if let Some(bonded) = &mut self.bonded {
            let taken = said.into_iter().map(|token| (revision, token));
            bonded.taken.extend(taken);
            let drops = tokens.into_iter().map(|token| (revision, token));
            bonded.drops.extend(drops);
        }
    }
}
