//! What came under a bond: opened, and told once that is written.

use sha2::{Digest, Sha256};

use super::super::event::{Event, Left};
use super::super::limits::INBOX;
use super::super::post::{Arrived, Stage};
use super::super::{Copy, Mailbox, bag, today};
use crate::peer::bond::{Bond, BondId, Bonds, Copied, Found};
use crate::peer::instance::Now;
use crate::peer::mail::note::{Body, NoteError};
use crate::peer::message::MessageId;

impl Mailbox {
    /// Opens what was brought.
    pub(super) fn open(&mut self, bonds: &mut Bonds, now: Now) {
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
                    let (written, clock_ahead) = bag::written(&note, until);
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
}

/// What is told of something that was opened.
pub(super) fn told(arrived: &Arrived, repeat: bool) -> Event {
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
