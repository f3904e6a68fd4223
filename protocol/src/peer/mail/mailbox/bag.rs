//! What the relay has in the bag, as far as we have seen it.

use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest, Sha256};

use super::event::{Left, Waiting};
use super::limits::SHOWN;
use crate::kept::{DropHash, Token};
use crate::peer::mail::note::{Body, Note};
use crate::peer::message::MessageId;
use crate::peer::name::Name;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What was seen in the bag.
#[derive(Default)]
pub(super) struct Bag {
    blobs: BTreeMap<DropHash, Blob>,
    /// What was shown, live or not, the oldest first.
    shown: VecDeque<Shown>,
}

/// A text that was shown.
struct Shown {
    id: MessageId,
    /// Of the text.
    hash: [u8; 32],
    /// It was left here. What only came live is told by the session whether it comes twice.
    was_left: bool,
}

/// A blob that was brought.
enum Blob {
    /// It does not open, or holds nothing that we can read. It stays until its day.
    Opaque,
    /// For somebody else.
    Waits { note: Note, written: u64, until: u32 },
    /// For us, and shown; dropped once it was read.
    Shown(Token),
    /// For us, and read: it is being dropped.
    Taken(Token),
}

/// What became of a blob that was brought.
pub(super) enum Brought {
    /// It is for us, and new.
    Left(Left),
    /// It is for us, and was shown before: it can go.
    Copy(Token),
    /// It is not for us.
    Nothing,
}

/// How a text stands to what was shown under its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// Nothing was.
    New,
    /// The same text was.
    Same,
    /// Another text was.
    Differs,
}

impl Bag {
    pub(super) fn contains(&self, hash: &DropHash) -> bool {
        self.blobs.contains_key(hash)
    }

    /// Only these are there.
    pub(super) fn retain(&mut self, is_there: impl Fn(&DropHash) -> bool) {
        self.blobs.retain(|hash, _| is_there(hash));
    }

    /// Our name is another: what was for others may be for us.
    pub(super) fn renamed(&mut self) {
        self.blobs.retain(|_, blob| !matches!(blob, Blob::Waits { .. }));
    }

    /// A blob that nobody can read.
    pub(super) fn add_opaque(&mut self, hash: DropHash) {
        self.blobs.entry(hash).or_insert(Blob::Opaque);
    }

    /// A note that was brought: whether it is for somebody of our name, as it stands today.
    pub(super) fn add(&mut self, token: Token, note: Note, own: &Name, until: u32) -> Brought {
        let hash = token.drop_hash();
        if self.contains(&hash) {
            return Brought::Nothing;
        }
        let is_own = |name: &Name| name.skeleton() == own.skeleton();
        // What names nobody is for everybody but its author.
        let is_for_us = (note.to.as_ref()).map_or_else(|| !is_own(&note.author), is_own);
        let (written, clock_ahead) = written(&note, until);
        let Body::Text { id, reply_to, text } = &note.body else {
            self.add_opaque(hash);
            return Brought::Nothing;
        };
        if !is_for_us {
            let waits = Blob::Waits { note, written, until };
            self.blobs.insert(hash, waits);
            return Brought::Nothing;
        }
        let copy = self.shown(*id, text, true);
        if copy == Copy::Same {
            self.blobs.insert(hash, Blob::Taken(token.clone()));
            return Brought::Copy(token);
        }
        let left = Left {
            handle: hash,
            id: *id,
            author: note.author.clone(),
            written,
            clock_ahead,
            fades: note.fades,
            reply_to: *reply_to,
            text: text.clone(),
            differs: copy == Copy::Differs,
        };
        self.blobs.insert(hash, Blob::Shown(token));
        Brought::Left(left)
    }

    /// A text is shown under an id, from here or live.
    pub(super) fn shown(&mut self, id: MessageId, text: &str, was_left: bool) -> Copy {
        let hash: [u8; 32] = Sha256::digest(text).into();
        let counts = |shown: &&Shown| shown.id == id && (was_left || shown.was_left);
        let before: Vec<&Shown> = self.shown.iter().filter(counts).collect();
        if before.iter().any(|shown| shown.hash == hash) {
            return Copy::Same;
        }
        let copy = if before.is_empty() {
            Copy::New
        } else {
            Copy::Differs
        };
        self.note(id, hash, was_left);
        copy
    }

    /// A text of this id and hash is shown.
    pub(super) fn note(&mut self, id: MessageId, hash: [u8; 32], was_left: bool) {
        self.shown.push_back(Shown { id, hash, was_left });
        if self.shown.len() > SHOWN {
            self.shown.pop_front();
        }
    }

    /// What was read can go: what drops it.
    pub(super) fn take(&mut self, hash: &DropHash) -> Option<Token> {
        let blob = self.blobs.get_mut(hash)?;
        let Blob::Shown(token) = blob else {
            return None;
        };
        let token = token.clone();
        *blob = Blob::Taken(token.clone());
        Some(token)
    }

    /// What this drops was taken: it goes whenever it is there again.
    pub(super) fn taken_out(&mut self, token: Token) {
        self.blobs.insert(token.drop_hash(), Blob::Taken(token));
    }

    /// What was read, and is there still or again: its author did not know that it had arrived.
    pub(super) fn taken(&self) -> impl Iterator<Item = &Token> {
        self.blobs.values().filter_map(|blob| match blob {
            Blob::Taken(token) => Some(token),
            _ => None,
        })
    }

    /// What waits for others.
    pub(super) fn waiting(&self, own: &Name) -> impl Iterator<Item = Waiting> {
        let own = own.skeleton();
        self.blobs.values().filter_map(move |blob| match blob {
            Blob::Waits { note, written, until } => {
                Waiting::of(note, note.author.skeleton() == own, *written, *until)
            }
            _ => None,
        })
    }
}

/// When a note was written, by our clock, and by how many days its author's is ahead: its last day by his clock, and by ours.
pub(super) fn written(note: &Note, until: u32) -> (u64, i64) {
    let ahead = i64::from(note.until) - i64::from(until);
    let clock_ahead = if ahead.abs() < 2 { 0 } else { ahead };
    let written = note.written.saturating_add_signed(-clock_ahead * DAY_MS);
    (written, clock_ahead)
}
