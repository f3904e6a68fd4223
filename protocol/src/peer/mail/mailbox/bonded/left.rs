//! What we leave under a bond: sealed, changed, withdrawn, and over at last.

use super::super::event::{Event, KeepError, Letter};
use super::super::letters::fits;
use super::super::own::Entry;
use super::super::{Mailbox, today};
use crate::kept::Token;
use crate::peer::bond::{BondId, Bonds, SealError};
use crate::peer::instance::Now;
use crate::peer::mail::note::{Body, Note};
use crate::peer::message::MessageId;

impl Mailbox {
    /// Leaves something for the one of a bond: to be put once the bonds are written. See [`keep`](Self::keep).
    ///
    /// # Errors
    /// [`KeepError`]; nothing was taken then.
    pub fn keep_under(
        &mut self,
        bond: BondId,
        letter: Letter,
        bonds: &mut Bonds,
        now: Now,
    ) -> Result<(), KeepError> {
        fits(&letter.text)?;
        if self.days.is_none() {
            return Err(KeepError::KeepsNothing);
        }
        if self.own.is_full() {
            return Err(KeepError::Full);
        }
        let note = self.note(
            &letter,
            now,
            Body::Text {
                id: letter.id,
                reply_to: letter.reply_to,
                text: letter.text.clone(),
            },
        );
        self.seal_under(bond, letter.id, note, Vec::new(), bonds)
            .map_err(KeepError::Bond)
    }

    /// What of ours was changed, deleted or delivered meanwhile.
    pub(super) fn change(&mut self, bonds: &mut Bonds, now: Now) {
        let Some(bonded) = &mut self.bonded else { return };
        let delivered = std::mem::take(&mut bonded.delivered);
        let changes = std::mem::take(&mut bonded.changes);
        for (id, by) in delivered {
            for entry in self.own.withdraw_under(id, Some(by)) {
                self.withdraw(&entry, bonds);
            }
        }
        for (id, new) in changes {
            for entry in self.own.withdraw_under(id, None) {
                let Some((bond, place)) = entry.under else {
                    continue;
                };
                let (Some(text), Body::Text { reply_to, .. }) = (&new, &entry.note.body) else {
                    self.withdraw(&entry, bonds);
                    continue;
                };
                let mut note = entry.note.clone();
                note.replaces = Some(place);
                note.until = self.until(now);
                note.body = Body::Text {
                    id,
                    reply_to: *reply_to,
                    text: text.clone(),
                };
                let mut drops = entry.drops.clone();
                drops.push(entry.sealed.token.clone());
                if let Some(bond) = bonds.get_mut(bond) {
                    bond.withdraw(place);
                }
                if self.seal_under(bond, id, note, drops, bonds).is_err() {
                    self.withdraw(&entry, bonds);
                    self.events.push_back(Event::TooLate { id });
                }
            }
        }
    }

    /// Takes something of ours out of the bag, once that is written.
    fn withdraw(&mut self, entry: &Entry, bonds: &mut Bonds) {
        let Some((bond, place)) = entry.under else { return };
        if let Some(bond) = bonds.get_mut(bond) {
            bond.withdraw(place);
        }
        let revision = bonds.touch();
        let Some(bonded) = &mut self.bonded else { return };
        for token in entry.drops.iter().chain([&entry.sealed.token]) {
            bonded.post.drop(token);
            bonded.drops.push((revision, token.clone()));
        }
    }

    /// What is over waits no more: receipts that were taken, and what nobody has read by its last day.
    pub(super) fn expire(&mut self, bonds: &mut Bonds, now: Now) {
        let missing = self.own.missing();
        self.events
            .extend(missing.map(|id| Event::Gone { id, taken: false }));
        let receipts = self.own.gone_receipts();
        for (bond, place) in receipts.into_iter().filter_map(|entry| entry.under) {
            if let Some(bond) = bonds.get_mut(bond) {
                bond.withdraw(place);
            }
        }
        for entry in self.own.expired(today(now)) {
            self.withdraw(&entry, bonds);
            if !entry.is_receipt() {
                let taken = false;
                self.events.push_back(Event::Gone { id: entry.id, taken });
            }
        }
    }

    fn until(&self, now: Now) -> u32 {
        today(now).saturating_add(self.days.unwrap_or(1).into())
    }

    pub(super) fn note(&self, letter: &Letter, now: Now, body: Body) -> Note {
        Note {
            author: self.name.clone(),
            to: letter.to.clone(),
            written: letter.written,
            until: self.until(now),
            fades: letter.fades,
            index: 0,
            replaces: None,
            lowest: 0,
            body,
        }
    }

    pub(super) fn seal_under(
        &mut self,
        id: BondId,
        message: MessageId,
        note: Note,
        drops: Vec<Token>,
        bonds: &mut Bonds,
    ) -> Result<(), SealError> {
        let bond = bonds.get_mut(id).ok_or(SealError::Half)?;
        let waiting = bond.seal(note, self.key.topic(), &mut *self.rng)?;
        let revision = bonds.touch();
        let entry = Entry::under(id, message, waiting, drops, revision);
        self.own.add(entry);
        Ok(())
    }
}
