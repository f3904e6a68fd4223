//! What is kept under a [bond](crate::bond): written before it is put, before it is shown, and before it is dropped.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::event::{Event, KeepError, Left, Letter};
use super::limits::INBOX;
use super::own::Entry;
use super::post::{Arrived, Outgoing, Post, Stage};
use super::{Copy, Mailbox, fits, today};
use crate::kept::Token;
use crate::peer::bond::{Bond, BondId, Bonds, Copied, Found, Revision, SealError};
use crate::peer::instance::Now;
use crate::peer::mail::note::{Body, Note, NoteError, Receipts};
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

/// The most tokens that go with one put; there are 255 at most.
const DROPS: usize = 200;

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

    /// Opens what was brought.
    fn open(&mut self, bonds: &mut Bonds, now: Now) {
        let Some(bonded) = &mut self.bonded else { return };
        let brought = std::mem::take(&mut bonded.unopened);
        if brought.is_empty() || bonded.post.inbox.len() >= INBOX {
            return;
        }
        let blobs: Vec<&[u8]> = brought.iter().map(|(blob, _)| &blob[..]).collect();
        let ids: Vec<BondId> = bonds.iter().map(Bond::id).collect();
        for id in ids {
            if bonds.is_outrun(id, &blobs) {
                let copied = Copied::Ours;
                self.events.push_back(Event::Copied { bond: id, copied });
            }
            let mut found = bonds.open(id, &blobs, self.key.topic(), now.wall);
            found.sort_by_key(|(_, found)| match found {
                Found::Note { note, .. } => note.index,
                _ => 0,
            });
            for (at, found) in found {
                let left = brought.get(at).map_or(0, |(_, left)| *left);
                self.found(id, found, left, bonds, now);
            }
        }
    }

    fn found(&mut self, id: BondId, found: Found, days_left: u8, bonds: &mut Bonds, now: Now) {
        // What is not of the bond as it stands on the disk is not shown, nor dropped.
        let revision = bonds.touch();
        let Some(bonded) = &mut self.bonded else { return };
        match found {
            Found::Note { note, token } => match &note.body {
                Body::Receipts(receipts) => {
                    let read: Vec<u32> = receipts.indexes().collect();
                    bonded.drops.push((revision, token));
                    self.read_by(id, &read, bonds);
                }
                body => {
                    let until = today(now).saturating_add(days_left.into());
                    let (written, clock_ahead) = super::bag::written(&note, until);
                    let mut stage = Stage::Unwritten(revision);
                    let mut changes = false;
                    if let Body::Text { id, text, .. } = body {
                        match self.bag.shown(*id, text, true) {
                            Copy::Same => stage = Stage::Read,
                            copy => changes = copy == Copy::Differs,
                        }
                        bonded.post.note_seen(*id, Sha256::digest(text).into());
                    }
                    let bond = bonds.get(id);
                    let after_missing =
                        bond.is_some_and(|bond| bond.missing_before(note.index).next().is_some());
                    bonded.post.inbox.push(Arrived {
                        bond: id,
                        note,
                        token,
                        written,
                        clock_ahead,
                        after_missing,
                        changes,
                        stage,
                    });
                }
            },
            Found::Repeat { token, changed } => {
                if changed {
                    let copied = Copied::Theirs;
                    self.events.push_back(Event::Copied { bond: id, copied });
                }
                // One that is in the inbox is dropped when it is read.
                if !bonded.post.inbox.iter().any(|one| one.token == token) {
                    bonded.drops.push((revision, token));
                }
            }
            Found::Unreadable(NoteError::Version(_)) => {
                if !std::mem::replace(&mut self.newer_told, true) {
                    self.events.push_back(Event::Newer);
                }
            }
            Found::Unreadable(NoteError::Malformed) => {}
        }
    }

    /// The other of a bond has read these of ours.
    fn read_by(&mut self, id: BondId, places: &[u32], bonds: &mut Bonds) {
        for &place in places {
            let Some(bond) = bonds.get_mut(id) else { return };
            let before = bond.copied();
            bond.read(place);
            if before != bond.copied()
                && let Some(copied) = bond.copied()
            {
                self.events.push_back(Event::Copied { bond: id, copied });
            }
            if let Some(entry) = self.own.take_under(id, place) {
                self.events.push_back(Event::Read { id: entry.id, by: id });
            }
        }
    }

    /// What of ours was changed, deleted or delivered meanwhile.
    fn change(&mut self, bonds: &mut Bonds, now: Now) {
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
    fn expire(&mut self, bonds: &mut Bonds, now: Now) {
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

    /// What the user has read leaves the inbox, and its author is told so by a receipt.
    fn receipt(&mut self, bonds: &mut Bonds, now: Now) {
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

    fn until(&self, now: Now) -> u32 {
        today(now).saturating_add(self.days.unwrap_or(1).into())
    }

    fn note(&self, letter: &Letter, now: Now, body: Body) -> Note {
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

    fn seal_under(
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

/// What is told of something that was opened.
fn told(arrived: &Arrived, repeat: bool) -> Event {
    let Arrived { bond, note, .. } = arrived;
    let (id, reply_to, text) = match &note.body {
        Body::Text { id, reply_to, text } => (*id, *reply_to, Some(text)),
        Body::Edit { id, text } => (*id, None, Some(text)),
        Body::Delete { id } => (*id, None, None),
        Body::Receipts(_) => (MessageId([0; 16]), None, None),
    };
    let left = Left {
        handle: arrived.token.drop_hash(),
        id,
        author: note.author.clone(),
        written: arrived.written,
        clock_ahead: arrived.clock_ahead,
        fades: note.fades,
        reply_to,
        text: text.cloned().unwrap_or_default(),
        differs: false,
    };
    Event::LeftByFriend {
        left,
        bond: *bond,
        repeat,
        after_missing: arrived.after_missing,
        changes: arrived.changes || matches!(note.body, Body::Edit { .. }),
        deletes: text.is_none(),
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
