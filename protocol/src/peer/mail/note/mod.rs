//! What is sealed for who is away, under whatever key: who wrote it, when, for whom, and what it says.

mod codec;
mod receipts;

use crate::kept::BUCKETS;
use crate::peer::message::{MessageId, Target, fading::FadeTime};
use crate::peer::name::{self, Name};
pub use receipts::Receipts;

/// What the seal takes of a bucket: the tag, the nonce, and what authenticates it.
pub(super) const SEAL_LEN: usize = 8 + 24 + 16;
/// The longest text that can wait, in bytes of UTF-8: what the largest bucket holds beside the longest names.
pub const MAX_KEPT_TEXT: usize =
    BUCKETS[BUCKETS.len() - 1] - SEAL_LEN - codec::FIXED_LEN - 2 * name::MAX_BYTES - codec::TEXT_FIXED_LEN;

/// Something written to somebody who is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What its author called himself. It proves nothing.
    pub author: Name,
    /// Whom it is for; nobody: whoever comes.
    pub to: Option<Name>,
    /// The author's wall clock when it was written, in milliseconds since 1970.
    pub written: u64,
    /// The last day on which the author expects it to be kept, in days since 1970-01-01. It only marks: nothing is
    /// thrown away unread for it.
    pub until: u32,
    /// How long it stays once it was read, where it fades: a wish.
    pub fades: Option<FadeTime>,
    /// Its place in the order of what this author has left.
    pub index: u32,
    /// The place of the one that it stands for, where it says something else than what was left before.
    pub replaces: Option<u32>,
    /// The lowest place of what this author still had waiting.
    pub lowest: u32,
    /// What it says.
    pub body: Body,
}

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Something said.
    Text {
        /// Names it, together with its author.
        id: MessageId,
        /// What it answers.
        reply_to: Option<Target>,
        /// What it says.
        text: String,
    },
    /// A message of the author's says something else now.
    Edit {
        /// Which one.
        id: MessageId,
        /// What it says now.
        text: String,
    },
    /// A message of the author's is withdrawn.
    Delete {
        /// Which one.
        id: MessageId,
    },
    /// What the author has read of the addressee's.
    Receipts(Receipts),
}

/// Why bytes are no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is cut short, or breaks the rules of its fields.
    #[error("the note is malformed")]
    Malformed,
    /// It is of a later version.
    #[error("the note is of version {0}, which this program does not know")]
    Version(u8),
}

#[cfg(test)]
pub(crate) mod tests;
