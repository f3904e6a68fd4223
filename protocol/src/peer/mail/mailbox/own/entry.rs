//! One note of ours, and how far it has come.

use std::time::Duration;

use super::super::post::Outgoing;
use crate::kept::{DropHash, Token};
use crate::peer::bond::{self, BondId, Revision};
use crate::peer::mail::blob::Sealed;
use crate::peer::mail::note::{Body, Note};
use crate::peer::message::MessageId;

/// One note of ours, for one addressee.
pub(in super::super) struct Entry {
    pub id: MessageId,
    pub note: Note,
    pub sealed: Sealed,
    /// What it stands for, and whether the relay has said that it keeps that.
    pub replaces: Option<(Token, bool)>,
    /// The bond that it is sealed under, and its place there.
    pub under: Option<(BondId, u32)>,
    /// What else is dropped when it is put.
    pub drops: Vec<Token>,
    /// How often it was put. What was put again may have arrived the first time.
    pub(super) puts: u32,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// To be put once this is written.
    Unwritten(Revision),
    /// To be put, from this time on.
    Due(Duration),
    Asked,
    /// Kept until that day; on a disk; since before that look.
    Kept {
        until: u32,
        durable: bool,
        look: u64,
    },
    /// It was kept under a bond, and is no more: a receipt may say why.
    Missing,
    /// It was kept, and is no more.
    Gone {
        taken: bool,
    },
}

impl Entry {
    pub(in super::super) fn new(
        id: MessageId,
        note: Note,
        sealed: Sealed,
        replaces: Option<(Token, bool)>,
    ) -> Self {
        Self {
            id,
            note,
            sealed,
            replaces,
            under: None,
            drops: Vec::new(),
            puts: 0,
            state: State::Due(Duration::ZERO),
        }
    }

    /// One for the other of a bond.
    pub(in super::super) fn under(
        bond: BondId,
        id: MessageId,
        waiting: bond::Waiting,
        drops: Vec<Token>,
        revision: Revision,
    ) -> Self {
        let (sealed, note) = (waiting.sealed, waiting.note);
        Self {
            under: Some((bond, note.index)),
            drops,
            state: State::Unwritten(revision),
            ..Self::new(id, note, sealed, None)
        }
    }

    /// One of an earlier run, which may have put it.
    pub(in super::super) fn remembered(outgoing: &Outgoing) -> Self {
        Self {
            under: Some((outgoing.bond, outgoing.note.index)),
            drops: outgoing.drops.clone(),
            puts: 1,
            ..Self::new(outgoing.id, outgoing.note.clone(), outgoing.sealed(), None)
        }
    }

    /// It says only what was read.
    pub(in super::super) fn is_receipt(&self) -> bool {
        matches!(self.note.body, Body::Receipts(_))
    }

    pub(in super::super) fn is_kept(&self) -> bool {
        matches!(self.state, State::Kept { .. })
    }

    /// The relay may have it.
    pub(in super::super) fn may_be_there(&self) -> bool {
        self.is_kept() || self.puts > 0
    }

    pub(super) fn hash(&self) -> DropHash {
        self.sealed.token.drop_hash()
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone { .. })
    }
}
