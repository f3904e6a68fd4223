//! What a look brings of the bag: listed, then brought, then told.

use super::bag::Brought;
use super::event::Event;
use super::look::Ended;
use super::own::Drops;
use super::{Asked, Mailbox, today};
use crate::kept::{Content, DropHash, Kept, Token};
use crate::peer::instance::Now;
use crate::peer::mail::note::NoteError;

impl Mailbox {
    /// The relay has pushed something of the bag.
    pub fn received(&mut self, kept: &Kept<'_>, now: Now) {
        let is_blob = matches!(kept.content, Content::Blob(_));
        if !self.look.takes(kept.number, is_blob) {
            return;
        }
        match kept.content {
            Content::Hash(hash) => self.look.listed.push((kept.number, hash)),
            Content::Blob(blob) => self.brought(kept.number, blob, kept.days_left, now),
        }
        let ended = self.look.turn();
        if ended != Ended::Nothing || self.look.next_get().is_some() {
            self.asked.retain(|_, (asked, _)| !matches!(asked, Asked::Page));
        }
        self.ended(ended, now);
    }

    fn brought(&mut self, number: u64, blob: &[u8], days_left: u8, now: Now) {
        let until = today(now).saturating_add(days_left.into());
        let opened = self.key.open(blob);
        // What we cannot read is not asked for again.
        if let Some(hash) = self.look.listed(number)
            && !matches!(opened, Some((_, Ok(_))))
        {
            self.bag.add_opaque(hash);
        }
        if let (None, Some(bonded)) = (&opened, &mut self.bonded) {
            bonded.unopened.push((blob.to_vec(), days_left));
        }
        match opened {
            Some((token, Ok(note))) if !self.own.contains(&token.drop_hash()) => {
                match self.bag.add(token, note, &self.name, until) {
                    Brought::Left(left) => self.fresh.push((number, left)),
                    Brought::Copy(token) => self.drop_for_us(token),
                    Brought::Nothing => {}
                }
            }
            Some((_, Err(NoteError::Version(_)))) if !std::mem::replace(&mut self.newer_told, true) => {
                self.events.push_back(Event::Newer);
            }
            _ => {}
        }
    }

    pub(super) fn ended(&mut self, ended: Ended, now: Now) {
        match ended {
            Ended::Nothing => {}
            Ended::Listing => {
                let there: Vec<DropHash> = self.look.listed.iter().map(|(_, hash)| *hash).collect();
                let is_there = |hash: &DropHash| there.contains(hash);
                self.bag.retain(is_there);
                self.drop_again();
                self.events
                    .extend(self.own.seen(is_there, self.looks, today(now)));
                match self.unknown() {
                    Some((first, last)) => self.look.bring(first, last),
                    None => self.end_look(true),
                }
            }
            Ended::Bringing => {
                let whole = self.unknown().is_none();
                self.end_look(whole);
            }
        }
    }

    /// Drops what was read and is in the bag nevertheless.
    fn drop_again(&mut self) {
        if self.only_looks {
            return;
        }
        let asked = self.asked.values().filter_map(|(asked, _)| match asked {
            Asked::Drop(drops) => Some(drops),
            _ => None,
        });
        let pending: Vec<&Token> = (asked.flatten().chain(&self.drops))
            .map(|(token, _)| token)
            .collect();
        let again = self.bag.taken().filter(|token| !pending.contains(token));
        let again: Drops = again.map(|token| (token.clone(), None)).collect();
        self.drops.extend(again);
    }

    /// The first and the last number of what is listed and was not brought.
    fn unknown(&self) -> Option<(u64, u64)> {
        let is_new = |hash: &DropHash| !self.bag.contains(hash) && !self.own.contains(hash);
        let mut new = (self.look.listed.iter()).filter(|(_, hash)| is_new(hash));
        let (first, _) = new.next()?;
        Some((*first, new.next_back().map_or(*first, |(last, _)| *last)))
    }

    /// Tells what has come, in the order in which it was written.
    pub(super) fn end_look(&mut self, whole: bool) {
        if self.look.is_idle() {
            return;
        }
        self.look.end();
        self.own.hold(false);
        self.asked.retain(|_, (asked, _)| !matches!(asked, Asked::Page));
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_by_key(|(number, left)| (left.written, *number));
        self.events
            .extend(fresh.into_iter().map(|(_, left)| Event::Left(left)));
        self.events.push_back(Event::Looked { whole });
    }
}
