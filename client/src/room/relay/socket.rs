//! One WebSocket to a relay: frames out through a bounded queue, frames in one at a time.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{Sink, Stream};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::counted::Counted;
use crate::room::error::Trouble;
use crate::visible::shortened;

/// The largest message of a relay: a sealed payload is at most 64 KiB and some, a `presence_state` 128 bytes a
/// seat.
const MAX_MESSAGE: usize = 1024 * 1024;
/// Where reading begins; it grows with what comes.
const READ_BUFFER: usize = 8 * 1024;
/// Frames are gathered up to this before a write.
const WRITE_BUFFER: usize = 16 * 1024;
/// Bytes that wait in the queue before it takes no more payloads: two of the largest.
const MAX_QUEUED: usize = 128 * 1024;

/// The settings of the WebSocket. There is no compression: it would tell of the content by the size.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(2 * MAX_MESSAGE)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// A WebSocket whose both directions move in one place, so that neither holds up the other.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<Counted>>,
    queue: VecDeque<Message>,
    queued: usize,
    /// Something was written that may not have left.
    unflushed: bool,
}

impl Socket {
    pub(crate) fn new(stream: WebSocketStream<MaybeTlsStream<Counted>>) -> Self {
        Self {
            stream,
            queue: VecDeque::new(),
            queued: 0,
            unflushed: false,
        }
    }

    /// Queues a frame; it goes out while [`next`](Self::next) is awaited.
    pub(crate) fn push(&mut self, message: Message) {
        self.queued += message.len();
        self.queue.push_back(message);
    }

    /// Whether the queue takes another payload.
    pub(crate) fn has_room(&self) -> bool {
        self.queued < MAX_QUEUED
    }

    /// Bytes that have come, whole frames or not.
    pub(crate) fn received(&self) -> u64 {
        match self.stream.get_ref() {
            MaybeTlsStream::Plain(tcp) => tcp.received(),
            MaybeTlsStream::Rustls(tls) => tls.get_ref().0.received(),
            // There is no other in this program.
            _ => 0,
        }
    }

    /// Writes what is queued and, if `read`, gives back the next message. Never ends without, but with an
    /// error. May be dropped and called again: nothing is lost.
    pub(crate) async fn next(&mut self, read: bool) -> Result<Message, Trouble> {
        poll_fn(|cx| {
            // Reading says more on why a connection ended than writing does: it comes first where both can.
            let written = self.poll_write(cx);
            if read {
                match Pin::new(&mut self.stream).poll_next(cx) {
                    Poll::Ready(Some(Ok(message))) => return Poll::Ready(opened(message)),
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(broken(&error))),
                    Poll::Ready(None) => return Poll::Ready(Err(ended())),
                    Poll::Pending => {}
                }
            }
            match written {
                Poll::Ready(Err(error)) => Poll::Ready(Err(broken(&error))),
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// Writes all that is queued.
    pub(crate) async fn flush(&mut self) -> Result<(), Trouble> {
        poll_fn(|cx| self.poll_write(cx))
            .await
            .map_err(|error| broken(&error))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.queue.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_ready(cx))?;
            if let Some(message) = self.queue.pop_front() {
                self.queued -= message.len();
                self.unflushed = true;
                Pin::new(&mut self.stream).start_send(message)?;
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// A close frame is an end, everything else is a message.
fn opened(message: Message) -> Result<Message, Trouble> {
    match message {
        Message::Close(Some(frame)) => Err(Trouble::Closed {
            code: frame.code.into(),
            reason: shortened(&frame.reason, 100),
        }),
        Message::Close(None) => Err(ended()),
        message => Ok(message),
    }
}

fn ended() -> Trouble {
    Trouble::Lost("it was closed".to_owned())
}

fn broken(error: &Error) -> Trouble {
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => ended(),
        Error::Io(error) => Trouble::Lost(error.to_string()),
        other => Trouble::Garbage(shortened(&other.to_string(), 100)),
    }
}
