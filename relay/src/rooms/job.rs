//! What a member asks of the bag of its room, and what comes of it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use sotto_protocol::kept::{DropHash, Get, Placed, Token};
use tokio::{sync::oneshot, time::Timeout};

use super::record::Hashed;
use crate::{channel::reply::Refusal, channel::room::Room, kept::Entry, limits};

/// What is asked.
pub(crate) enum Ask {
    /// To keep a blob.
    Put {
        /// Of the token that drops it.
        hash: DropHash,
        /// As many as the member wants it to stay.
        days: u8,
        /// What goes in the same step.
        drops: Vec<Token>,
        /// Itself.
        blob: Bytes,
        /// Whether its address may put one more.
        may_put: Box<dyn FnOnce() -> bool + Send>,
    },
    /// To send what is there.
    Get(Get),
    /// To drop what is named.
    Drop(Vec<Token>),
}

/// Something that is asked in a room.
pub(crate) struct Job {
    /// Of the room.
    pub(crate) name: Hashed,
    /// It has to be this one still.
    pub(crate) room: Arc<Room>,
    /// What.
    pub(crate) ask: Ask,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is kept; `is_new` unless it was before.
    Placed { placed: Placed, is_new: bool },
    /// What there is, and whether there is more.
    Got { found: Vec<Found>, more: bool },
    /// For each token, whether its blob was there.
    Dropped(Vec<bool>),
    /// Why not.
    Refused(Refusal),
}

/// Of what is there, one that was asked for.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) number: u64,
    pub(crate) days_left: u8,
    pub(crate) hash: DropHash,
    /// Where the blob is wanted: it, once it is read.
    pub(crate) blob: Option<Bytes>,
}

/// A blob on its way to the file.
#[derive(Debug)]
pub(crate) struct NewBlob {
    pub(crate) number: u64,
    pub(crate) until: u32,
    pub(crate) hash: DropHash,
    pub(crate) blob: Bytes,
}

/// What became of a job in the table: what is answered if the file takes what is to be written.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: Hashed,
    pub(crate) answer: Answer,
    /// To be written.
    pub(crate) new: Option<NewBlob>,
    /// Numbers to be deleted.
    pub(crate) gone: Vec<u64>,
    /// What was in the bag before, if it has changed.
    pub(crate) before: Option<Vec<Entry>>,
    /// The blobs of what was found have to be read.
    pub(crate) reads: bool,
}

/// Where the answer goes.
pub(crate) type Sender = oneshot::Sender<Answer>;

/// The wait for an answer. What does not come in time, or at all, is a refusal.
pub(crate) struct Answering(Pin<Box<Timeout<oneshot::Receiver<Answer>>>>);

/// A wait, and where to end it.
///
/// Call it within a Tokio runtime.
pub(crate) fn answering() -> (Sender, Answering) {
    let (sender, receiver) = oneshot::channel();
    let waiting = tokio::time::timeout(limits::SAVING, receiver);
    (sender, Answering(Box::pin(waiting)))
}

impl Future for Answering {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        self.0.as_mut().poll(cx).map(|answer| match answer {
            Ok(Ok(answer)) => answer,
            _ => Answer::Refused(Refusal::KeptFull),
        })
    }
}
