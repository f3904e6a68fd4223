//! What a mailbox remembers of what goes under a bond, to be written together with the bonds.

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::limits::SEEN;
use crate::kept::Token;
use crate::peer::bond::{BondId, Revision};
use crate::peer::mail::blob::Sealed;
use crate::peer::mail::note::Note;
use crate::peer::message::MessageId;

/// What is remembered of kept messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// What of ours waits, or is to.
    pub(super) outgoing: Vec<Outgoing>,
    /// What was opened and is not read.
    pub(super) inbox: Vec<Arrived>,
    /// What was shown of what was opened: a hash of the text of each message, the oldest first.
    pub(super) seen: VecDeque<(MessageId, [u8; 32])>,
    /// What is to be dropped and may be there still.
    #[serde(with = "tokens")]
    pub(super) dropping: Vec<Token>,
}

/// Something of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outgoing {
    pub id: MessageId,
    pub bond: BondId,
    #[serde(with = "note")]
    pub note: Note,
    pub blob: Vec<u8>,
    #[serde(with = "token")]
    pub token: Token,
    /// What is dropped when it is put.
    #[serde(with = "tokens")]
    pub drops: Vec<Token>,
}

impl Outgoing {
    pub(super) fn sealed(&self) -> Sealed {
        Sealed {
            blob: self.blob.clone(),
            token: self.token.clone(),
        }
    }
}

/// Something that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrived {
    pub bond: BondId,
    #[serde(with = "note")]
    pub note: Note,
    #[serde(with = "token")]
    pub token: Token,
    /// By our clock, and by how many days the author's is ahead.
    pub written: u64,
    pub clock_ahead: i64,
    /// One before it is missing.
    pub after_missing: bool,
    /// It says something else of a message that was shown.
    pub changes: bool,
    #[serde(skip)]
    pub stage: Stage,
}

/// How far something that was opened has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
    /// It was read from the disk: an earlier run may have shown it.
    #[default]
    Found,
    /// It is shown when this is written.
    Unwritten(Revision),
    Shown,
    /// The user has read it.
    Read,
}

impl Post {
    /// Something is to be dropped: again after a crash, until the relay has answered.
    pub(super) fn drop(&mut self, token: &Token) {
        self.dropping.push(token.clone());
        let over = self.dropping.len().saturating_sub(SEEN);
        self.dropping.drain(..over);
    }

    /// The relay has answered that these are gone.
    pub(super) fn dropped<'a>(&mut self, tokens: impl Iterator<Item = &'a Token>) {
        let tokens: Vec<_> = tokens.collect();
        self.dropping.retain(|token| !tokens.contains(&token));
    }

    pub(super) fn note_seen(&mut self, id: MessageId, hash: [u8; 32]) {
        self.seen.push_back((id, hash));
        if self.seen.len() > SEEN {
            self.seen.pop_front();
        }
    }
}

mod note {
    use serde::de::Error as _;
    use serde::ser::Error as _;

    use super::{Deserialize, Deserializer, Note, Serialize, Serializer, Zeroizing};

    pub(super) fn serialize<S: Serializer>(note: &Note, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = note
            .encode()
            .ok_or_else(|| S::Error::custom("a note that is too long"))?;
        bytes.as_slice().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Note, D::Error> {
        let bytes = Zeroizing::new(Vec::<u8>::deserialize(deserializer)?);
        Note::decode(&bytes).map_err(D::Error::custom)
    }
}

mod token {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Token};

    pub(super) fn serialize<S: Serializer>(token: &Token, serializer: S) -> Result<S::Ok, S::Error> {
        token.0.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Token, D::Error> {
        <[u8; 32]>::deserialize(deserializer).map(Token)
    }
}

mod tokens {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Token};

    pub(super) fn serialize<S: Serializer>(tokens: &[Token], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<_> = tokens.iter().map(|token| token.0).collect();
        bytes.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Token>, D::Error> {
        let bytes = Vec::<[u8; 32]>::deserialize(deserializer)?;
        Ok(bytes.into_iter().map(Token).collect())
    }
}
