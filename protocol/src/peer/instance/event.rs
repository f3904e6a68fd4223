//! What an instance tells its user: by itself, and in answer.

use std::time::Duration;

use crate::peer::bond::{BondId, Copied};
use crate::peer::message::fading::{FadeTime, Fading};
use crate::peer::message::{InstanceId, MessageId, Target};
use crate::peer::name::Name;
use crate::peer::words::SafetyWords;

/// A place in a peer's stream: what the user's side gives back to say that it holds, or has read, up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Whose stream.
    pub peer: InstanceId,
    /// The number in it.
    pub number: u64,
}

/// Why a peer is there no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It said so.
    Left,
    /// Nothing of it was heard for too long, or the relay says its seat is gone and it answers no ping.
    Gone,
}

/// Who a peer is, by what is remembered of earlier runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// Nobody of that name is remembered, and it has shown nothing.
    Stranger,
    /// It has shown, or made in this run, what only the one has whose words were compared then.
    Same {
        /// By what.
        bond: BondId,
        /// When the words were compared, in milliseconds since 1970.
        since: u64,
    },
    /// It has the name of one who is remembered, or one that looks the same, and is not known to be him.
    Namesake {
        /// What it would have to show.
        bond: BondId,
        /// When the words of the one who is remembered were compared, in milliseconds since 1970.
        since: u64,
    },
    /// It has shown what only we have: it runs with a copy of our own memory.
    Ourselves {
        /// Which part of it.
        bond: BondId,
    },
}

/// Something that the user may want to know.
///
/// `Message`, `Edited`, `Deleted` and `Reacted` carry a [`Receipt`]: the user's side calls
/// [`Instance::hold`](super::Instance::hold) with it once it holds the thing (a line is written, a screen's
/// list has it), which is what "delivered" on the other side means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session with a peer is confirmed and it has introduced itself.
    PeerJoined {
        /// Who.
        peer: InstanceId,
        /// Its name.
        name: Name,
        /// The pair's safety words, the same for both runs.
        words: SafetyWords,
        /// It was here before, in this run, and had been given up.
        back: bool,
        /// The user has said that these words were compared. Nothing else says so: not the id, not the name.
        compared: bool,
    },
    /// A peer took another name.
    PeerRenamed {
        /// Who.
        peer: InstanceId,
        /// Its new name.
        name: Name,
    },
    /// Who a peer is, where it is not just a stranger: told right after it joined, and after a new name of it.
    Recognised {
        /// Who.
        peer: InstanceId,
        /// Who it is by what is remembered.
        recognition: Recognition,
    },
    /// One whose words were compared will be known again, and knows us: both have written it.
    Remembered {
        /// Who.
        peer: InstanceId,
        /// By what.
        bond: BondId,
    },
    /// One of the two memories of a bond is older than what the other has seen: a copy, or restored from one. Nothing is
    /// kept under it any more; the words have to be compared again for a new one.
    Copied {
        /// Of which bond.
        bond: BondId,
        /// Whose.
        copied: Copied,
    },
    /// Nothing of a peer was heard for 40 s.
    PeerSilent {
        /// Who.
        peer: InstanceId,
    },
    /// A silent peer was heard again.
    PeerHeard {
        /// Who.
        peer: InstanceId,
    },
    /// A peer left or was given up.
    PeerLeft {
        /// Who.
        peer: InstanceId,
        /// How.
        how: Departure,
    },
    /// A peer said something.
    Message {
        /// To be given back.
        receipt: Receipt,
        /// The message's id, which is its author's (`receipt.peer`).
        id: MessageId,
        /// What it says; may hold any character.
        text: String,
        /// The message that it answers.
        reply_to: Option<Target>,
        /// How long it stays once it was read, where it fades.
        fades: Option<FadeTime>,
        /// How long it waited or was held back, where that is over a minute.
        age: Option<Duration>,
        /// It had been sent to an earlier run of ours (by our name) and may be a repeat.
        repeat: bool,
    },
    /// A peer changed a message of its own.
    Edited {
        /// To be given back.
        receipt: Receipt,
        /// Which one of `receipt.peer`'s.
        id: MessageId,
        /// What it says now.
        text: String,
    },
    /// A peer deleted a message of its own.
    Deleted {
        /// To be given back.
        receipt: Receipt,
        /// Which one of `receipt.peer`'s.
        id: MessageId,
    },
    /// A peer reacted to a message.
    Reacted {
        /// To be given back.
        receipt: Receipt,
        /// To which one.
        target: Target,
        /// With what: a short text, usually one emoji; empty takes the reaction back.
        reaction: String,
    },
    /// A peer says what it wants of messages that fade. They do while it wants the same time as we do, and so does
    /// everybody else who is here. Told each time that it says so; answered by
    /// [`Instance::fade`](super::Instance::fade).
    Fading {
        /// Who.
        peer: InstanceId,
        /// What it wants from now on.
        fading: Fading,
    },
    /// A peer types, or stopped to. Forget it after [`TYPING_SHOWN`](super::TYPING_SHOWN) without another.
    Typing {
        /// Who.
        peer: InstanceId,
        /// Whether it does.
        on: bool,
    },
    /// The relay has a message of ours.
    Sent {
        /// Which one.
        id: MessageId,
    },
    /// A peer holds a message of ours.
    Delivered {
        /// Which one.
        id: MessageId,
        /// Who has it.
        to: InstanceId,
    },
    /// A peer has read a message of ours.
    Read {
        /// Which one.
        id: MessageId,
        /// Who has read it.
        by: InstanceId,
    },
    /// Messages that were not acknowledged wait for the user's word
    /// ([`Instance::release`](super::Instance::release)): the words of the one they are for had been compared, or it
    /// is not sure that the new one is a later run of it.
    Withheld {
        /// Who is here now and may get them.
        peer: InstanceId,
        /// The name of the one that they were for.
        of: Name,
        /// How many messages.
        count: usize,
    },
    /// A text of ours that nobody got, and nobody will: whom it was for has been forgotten, as too many came since.
    Lost {
        /// Which one.
        id: MessageId,
    },
    /// What waited for those who sit in the room went to those who are here: other seats said nothing in time.
    Unreached {
        /// How many.
        seats: usize,
    },
    /// Something came that does not open or decrypt, or a number was left out: the relay dropped or changed it.
    /// `count` is of all so far.
    Disturbed {
        /// How often so far.
        count: u64,
    },
    /// A peer speaks a newer version of the protocol.
    Newer,
    /// A peer hears us, and has answered none of our handshakes for two minutes: it talks to as many as it can, or
    /// has forgotten us, or the relay keeps its answers back.
    Refused {
        /// Who.
        peer: InstanceId,
    },
    /// Somebody with the passphrase tried to pose as a peer: what he made is not signed by its run.
    Impostor {
        /// As whom.
        peer: InstanceId,
    },
    /// More peers are present than an instance talks to; the further ones are ignored.
    Crowded,
    /// How many seats of the room belong to no confirmed peer that has said its name; told when it changes.
    Strangers {
        /// How many.
        count: usize,
    },
}

/// Why something cannot be said now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    /// A text over [`MAX_TEXT`](crate::message::MAX_TEXT).
    #[error("the message is {over} bytes over the limit of 60,000")]
    TooLong {
        /// By how many bytes.
        over: usize,
    },
    /// A text without a character.
    #[error("the message is empty")]
    Empty,
    /// The outbox is full: try again when something was delivered.
    #[error("too much is waiting to be delivered; try again in a moment")]
    Full,
    /// No message of ours has this id (or it is too old to be known).
    #[error("no such message of yours")]
    Unknown,
    /// Whom the message was for, or came from, is not known any more: this would go to somebody else.
    #[error("it is not known any more whom that was for")]
    Forgotten,
}

/// A text that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// Names it from now on.
    pub id: MessageId,
    /// How many it is said to; at least one, who may be still to come.
    pub to: usize,
    /// How long it stays, where it fades.
    pub fades: Option<FadeTime>,
}

/// A peer as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who.
    pub id: InstanceId,
    /// Its name.
    pub name: Name,
    /// The pair's safety words.
    pub(crate) words: SafetyWords,
    /// Whether the user has said that they were compared.
    pub compared: bool,
    /// Who it is, by what is remembered of earlier runs.
    pub recognition: Recognition,
    /// Nothing was heard for 40 s.
    pub(crate) silent: bool,
}
