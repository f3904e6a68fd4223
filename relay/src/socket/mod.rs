//! One WebSocket from upgrade to reset, and nothing of what is said on it.
//!
//! In the order in which bytes pass: [`connection`] reads them into the scratch buffer of the thread ([`scratch`]),
//! [`inbound`] takes frames out of them ([`unmask`], and what is incomplete into an assembly), a [`Handler`] is given
//! whole messages. What it has to say to anybody it encodes once ([`frame`]) and gives to their [`Outbound`], which
//! writes straight into the socket, or queues ([`queue`]) what the socket does not take. [`buffered`] is the one
//! budget of all that waits, [`closing`] the orderly end.
//!
//! An idle connection holds no buffer at all.

mod assembly;
mod buffered;
mod closing;
mod connection;
mod frame;
mod inbound;
mod limits;
mod outbound;
mod queue;
mod scratch;
mod stream;
mod unmask;
mod watch;

use std::sync::Arc;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::time::Instant;

pub use buffered::Sockets;
pub use closing::Close;
use connection::Connection;
pub use frame::{binary_frame, text_frame};
pub use limits::Limits;
pub use outbound::Outbound;

/// What is behind a socket.
pub trait Handler: Send {
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

    /// Until when the sender's budgets forbid to read on; asked after each turn of reading. Nothing is dropped: what
    /// is not read stays with TCP, which slows the sender.
    fn pause(&mut self) -> Option<Instant>;

    /// The socket is over: leave every seat now. Called once, before anything is waited for.
    fn closed(&mut self);
}

/// The rest of a broadcast, served a bounded number of seats at a time; the task yields between two steps.
pub trait Fanout: Send {
    /// Serves some seats. `true`: there are more.
    fn step(&mut self) -> bool;
}

/// A message as it was received: whole, unmasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text message; UTF-8 as RFC 6455 demands.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
}

/// Serves one connection until it is over, however it ends.
///
/// Give it a task of its own, so that the memory of the handshake is not kept: `tokio::spawn(serve(…))`.
///
/// - `first`: the bytes that were read beyond the upgrade request.
/// - `address`: a number that stands for the peer's address, by which [`Sockets`] shares out its budget.
pub fn serve<H: Handler + 'static>(
    sockets: Arc<Sockets>,
    stream: TcpStream,
    first: Bytes,
    address: u64,
    handler: H,
) -> impl Future<Output = ()> + Send {
    connection::serve(Connection::open(sockets, stream, first, address, handler))
}

#[cfg(test)]
mod tests;
