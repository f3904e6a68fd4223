//! One WebSocket from upgrade to reset, and nothing of what is said on it.
//!
//! In the order in which bytes pass: `connection` reads them into the scratch buffer of the thread (`scratch`),
//! `inbound` takes frames out of them, and keeps what is incomplete. A [`Handler`] is given whole messages. What it has to
//! say to anybody it encodes once (`frame`) and gives to their [`Outbound`], which writes straight into the socket
//! (`stream`), or queues what the socket does not take. `buffered` is the one budget of all that waits, `watch` knows what
//! has taken too long, and `closing` is the orderly end.
//!
//! An idle connection holds no buffer at all.

mod buffered;
mod closing;
mod connection;
mod frame;
mod inbound;
mod limits;
mod outbound;
mod scratch;
mod stream;
mod watch;

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

pub use buffered::Sockets;
pub(crate) use connection::serve;
pub(crate) use frame::{Close, binary_frame, text_frame};
pub(crate) use limits::Limits;
pub(crate) use outbound::Outbound;
pub(crate) use stream::Stream;

/// What is behind a socket.
pub(crate) trait Handler: Send {
    /// What is left of a message that has more receivers than one turn may serve.
    type Fanout: Fanout;

    /// Takes one whole message. Replies go into `outbound`, which is this socket's own; other sockets are reached by
    /// the `Outbound`s that their handlers left in a room.
    ///
    /// `Ok(Some(fanout))`: the next message is read only when `fanout` is done.
    ///
    /// # Errors
    /// The socket is closed with the returned [`Close`].
    fn message(
        &mut self,
        message: Message<'_>,
        outbound: &Arc<Outbound>,
    ) -> Result<Option<Self::Fanout>, Close>;

    /// Whether the last message is not done with yet: the next is read only after [`resume`](Self::resume).
    fn is_waiting(&self) -> bool {
        false
    }

    /// Goes on with the message that waits; the task is woken when there is more to do. It has a time limit of its
    /// own.
    fn resume(&mut self, _cx: &mut Context<'_>, _outbound: &Arc<Outbound>) -> Poll<Option<Self::Fanout>> {
        Poll::Ready(None)
    }

    /// Told of every frame that brings no message: a ping, a pong, a fragment. They cost a relay nearly as much as one
    /// that does, so they should not be free.
    fn other_frame(&mut self) {}

    /// Told what is left of a message when all have it.
    fn served(&mut self, _fanout: Self::Fanout) {}

    /// Whether readers are behind with what this socket has sent, so that [`pause`](Self::pause) is to be asked before
    /// the next message is looked at.
    fn is_ahead(&self) -> bool {
        false
    }

    /// Until when the sender's budgets forbid to read on, or readers are behind; asked after each turn of reading, and
    /// at the end of a pause as long as this [`is_ahead`](Self::is_ahead). Nothing is dropped: what
    /// is not read stays with TCP, which slows the sender.
    fn pause(&mut self) -> Option<Instant>;

    /// The socket is over: leave every seat now. Called once, before anything is waited for.
    fn closed(&mut self);
}

/// The rest of a broadcast, served a bounded number of seats at a time; the task yields between two steps.
pub(crate) trait Fanout: Send {
    /// Serves some seats. `true`: there are more.
    fn step(&mut self) -> bool;
}

/// A message as it was received: whole, unmasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    /// A text message; UTF-8 as RFC 6455 demands.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
}

#[cfg(test)]
mod tests;
