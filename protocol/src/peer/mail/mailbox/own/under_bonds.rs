//! Those of ours that are sealed under bonds.

use std::time::Duration;

use super::Own;
use super::entry::{Entry, State};
use crate::peer::bond::{BondId, Revision};
use crate::peer::message::MessageId;

impl Own {
    /// Those under bonds.
    pub(in super::super) fn under_bonds(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.under.is_some())
    }

    /// Takes out those of a message that are under a bond, and not gone.
    pub(in super::super) fn withdraw_under(&mut self, id: MessageId, bond: Option<BondId>) -> Vec<Entry> {
        self.take_out(|entry| {
            let is_his = |(its, _): (BondId, u32)| bond.is_none_or(|bond| bond == its);
            entry.id == id && !entry.is_gone() && !entry.is_receipt() && entry.under.is_some_and(is_his)
        })
    }

    /// Takes out those under bonds whose last day is over.
    pub(in super::super) fn expired(&mut self, today: u32) -> Vec<Entry> {
        self.take_out(|entry| entry.under.is_some() && entry.note.until < today)
    }

    /// Of which messages nobody has said why they are missing.
    pub(in super::super) fn missing(&mut self) -> impl Iterator<Item = MessageId> {
        self.entries.iter_mut().filter_map(|entry| {
            let missing = entry.state == State::Missing;
            if missing {
                entry.state = State::Gone { taken: false };
            }
            (missing && !entry.is_receipt()).then_some(entry.id)
        })
    }

    /// Takes out the receipts that are gone: taken, they have done their work.
    pub(in super::super) fn gone_receipts(&mut self) -> Vec<Entry> {
        self.take_out(|entry| entry.is_receipt() && entry.is_gone())
    }

    /// Takes out the one at a place of a bond.
    pub(in super::super) fn take_under(&mut self, bond: BondId, place: u32) -> Option<Entry> {
        self.take_out(|entry| entry.under == Some((bond, place))).pop()
    }

    /// Takes out the receipt for the other of a bond that waits, if it drops no more than so many.
    pub(in super::super) fn receipts(&mut self, bond: BondId, most: usize) -> Option<Entry> {
        let is_it = |entry: &Entry| {
            let is_his = entry.under.is_some_and(|(its, _)| its == bond);
            is_his && entry.is_receipt() && entry.drops.len() < most
        };
        let at = self.entries.iter().position(is_it)?;
        self.entries.remove(at)
    }

    /// What waited to be written is put where it is.
    pub(in super::super) fn written(&mut self, is_written: impl Fn(Revision) -> bool) {
        for entry in &mut self.entries {
            if let State::Unwritten(revision) = entry.state
                && is_written(revision)
            {
                entry.state = State::Due(Duration::ZERO);
            }
        }
    }
}
