//! What a mailbox asks of the relay, and what it tells its user.

use crate::kept::{DropHash, Get, Got, Placed};
use crate::peer::bond::{BondId, Copied, SealError};
use crate::peer::mail::note::{Body, Note};
use crate::peer::message::{MessageId, Target, fading::FadeTime};
use crate::peer::name::Name;

/// Names a request until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(pub(super) u64);

/// Something to push, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// To be given back with the answer.
    pub tag: Tag,
    /// What.
    pub ask: Ask,
}

/// What is asked of the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// [`PUT`](crate::kept::PUT), with what stands behind the signature.
    Put(Vec<u8>),
    /// [`GET`](crate::kept::GET).
    Get(Get),
    /// [`DROP`](crate::kept::DROP).
    Drop(Vec<u8>),
}

/// What the relay answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To a put.
    Placed(Placed),
    /// To a get; what it announces follows.
    Got(Got),
    /// To a drop.
    Dropped(Vec<bool>),
    /// It does not do it.
    Refused(Refusal),
}

/// Why the relay does not keep something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `kept_full`.
    #[error("the relay has no place for it: too much waits there, or no two have ever met in this room")]
    Full,
    /// `rate_limited`.
    #[error("the relay keeps no more for now; it is tried again in a few minutes")]
    Busy,
    /// Anything else, or an answer that is none.
    #[error("the relay does not take it")]
    Other,
}

/// Why something cannot be left on the relay at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// Its answer to the join did not announce that it keeps.
    #[error("this relay keeps nothing")]
    KeepsNothing,
    /// A text over [`MAX_KEPT_TEXT`](crate::mail::MAX_KEPT_TEXT).
    #[error("the message is {over} bytes too long to be kept")]
    TooLong {
        /// By how many bytes.
        over: usize,
    },
    /// [`OWN`](super::limits::OWN) of ours wait.
    #[error("64 of your messages wait already")]
    Full,
    /// Nothing can be sealed under the bond.
    #[error(transparent)]
    Bond(SealError),
}

/// Something to leave for who is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Names it, as it does where it is delivered live.
    pub id: MessageId,
    /// Whom it is for; nobody: whoever comes.
    pub to: Option<Name>,
    /// The wall clock when it was written, in milliseconds since 1970.
    pub written: u64,
    /// How long it stays once it was read.
    pub fades: Option<FadeTime>,
    /// What it answers.
    pub reply_to: Option<Target>,
    /// What it says.
    pub text: String,
}

/// Something that was left for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// To be given back to [`Mailbox::take`](super::Mailbox::take) once it was read.
    pub handle: DropHash,
    /// The message's id.
    pub id: MessageId,
    /// What its author called himself. It proves nothing.
    pub author: Name,
    /// When it was written, in milliseconds since 1970, by our clock as well as can be known.
    pub written: u64,
    /// By how many days the author's clock is ahead of ours; one that is less than two off is not judged.
    pub clock_ahead: i64,
    /// How long it stays once it was read, where it fades.
    pub fades: Option<FadeTime>,
    /// What it answers.
    pub reply_to: Option<Target>,
    /// What it says; may hold any character.
    pub text: String,
    /// Another text has come under this id: somebody may have left one in the place of the other.
    pub differs: bool,
}

/// What waits in the bag, of which direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Whose it is: what its author called himself.
    pub author: Name,
    /// Whom it is for; nobody: whoever comes.
    pub to: Option<Name>,
    /// Its author is of our name.
    pub is_ours: bool,
    /// When it was written, by our clock.
    pub written: u64,
    /// Its last day, in days since 1970-01-01.
    pub until: u32,
    /// What it says.
    pub text: String,
}

/// Something that the user may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The relay keeps a message of ours.
    Kept {
        /// Which one.
        id: MessageId,
        /// Its last day, in days since 1970-01-01.
        until: u32,
        /// It is on a disk: it outlives a restart of the relay.
        durable: bool,
    },
    /// The relay does not keep a message of ours.
    NotKept {
        /// Which one.
        id: MessageId,
        /// Why not.
        why: Refusal,
    },
    /// A message of ours is no longer on the relay.
    Gone {
        /// Which one.
        id: MessageId,
        /// Before its day, on a relay that does not forget: somebody who has the passphrase took it.
        taken: bool,
    },
    /// A message of ours had been taken before it was changed or deleted.
    TooLate {
        /// Which one.
        id: MessageId,
    },
    /// Something was left for us.
    Left(Left),
    /// Something was left for us by one who is remembered: only he can have left it.
    LeftByFriend {
        /// What; [`take`](super::Mailbox::take) tells him that it was read.
        left: Left,
        /// By whom.
        bond: BondId,
        /// An earlier run may have shown it.
        repeat: bool,
        /// One that he had left before it is missing.
        after_missing: bool,
        /// A message of his that was shown says this now.
        changes: bool,
        /// A message of his is withdrawn.
        deletes: bool,
    },
    /// One who is remembered has read a message of ours that waited.
    Read {
        /// Which one.
        id: MessageId,
        /// By whom.
        by: BondId,
    },
    /// One of the two memories of a bond has turned out to be an older copy.
    Copied {
        /// Of which bond.
        bond: BondId,
        /// Whose.
        copied: Copied,
    },
    /// Something is of a later version.
    Newer,
    /// A look into the bag has ended; everything that was left for us has been told.
    Looked {
        /// The relay has brought all that it has listed.
        whole: bool,
    },
}

impl Waiting {
    /// `None` for a note that says nothing that could be shown.
    pub(super) fn of(note: &Note, is_ours: bool, written: u64, until: u32) -> Option<Self> {
        let Body::Text { text, .. } = &note.body else {
            return None;
        };
        Some(Self {
            author: note.author.clone(),
            to: note.to.clone(),
            is_ours,
            written,
            until,
            text: text.clone(),
        })
    }
}

impl Refusal {
    /// Of the reason that a relay gives.
    pub fn of(reason: &str) -> Self {
        match reason {
            "kept_full" => Self::Full,
            "rate_limited" => Self::Busy,
            _ => Self::Other,
        }
    }
}
