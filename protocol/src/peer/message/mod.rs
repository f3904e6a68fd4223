//! What people say to each other, inside a session.

mod codec;
pub mod fading;
mod id;
pub(crate) mod proof;

pub use self::id::{InstanceId, MessageId};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::peer::message::fading::{FadeTime, Fading};
use crate::peer::message::proof::{Held, Proof};
use crate::peer::name::Name;
use crate::peer::secret::Secret;

/// The longest text, in bytes of UTF-8: what a 64 KiB bucket holds, with room for what surrounds it.
pub const MAX_TEXT: usize = 60_000;
/// The longest reaction, in bytes of UTF-8: an emoji of many joined ones fits.
pub const MAX_REACTION: usize = 64;
/// What stands before the content.
pub(crate) const FIXED_LEN: usize = 8 + 8 + 1 + 8 + 4;

/// What the sender of a message has of the receiver's stream: each counts the numbers from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Acknowledged {
    /// Everything below is held: the receiver may forget it.
    pub held: u64,
    /// Everything below was read by the user.
    pub read: u64,
}

/// A message inside a session.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// Every message acknowledges.
    pub acknowledged: Acknowledged,
    /// What it is.
    pub kind: Kind,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It only acknowledges.
    Nothing,
    /// The initiator's first message of a session.
    Confirm {
        /// What was committed to in the pair's first session.
        revealed: Zeroizing<[u8; 32]>,
    },
    /// Asks for a pong of the same token.
    Ping(u64),
    /// All before the ping has arrived.
    Pong(u64),
    /// The user types, or has stopped to.
    Typing(bool),
    /// The next of the sender's stream to this receiver.
    Numbered(u64, Content),
    /// A newer version's; ignored.
    Unknown,
}

/// What a stream carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Something said.
    Text(Text),
    /// A message of the sender's says something else now.
    Edit {
        /// Which one.
        id: MessageId,
        /// What it says now.
        text: String,
    },
    /// A message of the sender's is withdrawn.
    Delete {
        /// Which one.
        id: MessageId,
    },
    /// A reaction to a message of anybody's; an empty one takes it back.
    Reaction {
        /// To which one.
        target: Target,
        /// At most [`MAX_REACTION`] bytes.
        reaction: String,
    },
    /// The sender's name: the first of every stream.
    Name(Name),
    /// The sender leaves. Nothing follows.
    Leave,
    /// A number whose message went to another instance.
    Empty,
    /// What the sender wants of messages that fade.
    Fading(Fading),
    /// The sender's part of a generation of a [bond](crate::bond).
    Exchange {
        /// Of which one.
        generation: u32,
        /// 32 random bytes.
        bytes: Secret,
    },
    /// A generation is on the sender's disk.
    Held(Held),
    /// Which bonds the sender remembers, for those who remember them, too: the second of every stream.
    Proof(Box<Proof>),
    /// A newer version's, or malformed: acknowledged and ignored.
    Unknown,
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Names it, together with its author.
    pub id: MessageId,
    /// It had been sent to an earlier run of the receiver.
    pub repeat: bool,
    /// The sender's wall clock when it was typed, in milliseconds since 1970.
    pub clock: u64,
    /// How long it waited from then to this sending, in milliseconds.
    pub waited: u32,
    /// What it answers.
    pub reply_to: Option<Target>,
    /// How long it stays, where it fades.
    pub fades: Option<FadeTime>,
    /// What it says.
    pub text: String,
}

/// A message that another one refers to: its author and its id. The author may be oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// Who wrote it.
    pub author: InstanceId,
    /// Which of theirs.
    pub id: MessageId,
}

/// A plaintext that is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is malformed")]
pub struct MessageError;
