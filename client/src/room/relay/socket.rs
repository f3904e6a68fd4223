//! One WebSocket to a relay: frames out through a bounded queue, frames in one at a time.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::{Sink, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::io::InspectReader;

use crate::room::error::{RelayError, told};
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

/// A TCP connection that counts what comes: over a slow link a frame may be long on the way.
pub(crate) type Counted = InspectReader<TcpStream, Box<dyn FnMut(&[u8]) + Send>>;

/// The connection, and the bytes that have come.
pub(crate) fn counted(tcp: TcpStream) -> (Counted, Arc<AtomicU64>) {
    let received = Arc::new(AtomicU64::new(0));
    let count = received.clone();
    let counts = move |bytes: &[u8]| {
        count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    };
    (InspectReader::new(tcp, Box::new(counts)), received)
}

/// A WebSocket on such a connection.
pub(crate) type Upgraded = WebSocketStream<MaybeTlsStream<Counted>>;

/// A WebSocket whose both directions move in one place, so that neither holds up the other.
pub(crate) struct Socket {
    stream: Upgraded,
    received: Arc<AtomicU64>,
    queue: VecDeque<Message>,
    queued: usize,
    /// Something was written that may not have left.
    unflushed: bool,
}

impl Socket {
    pub(crate) fn new(stream: Upgraded, received: Arc<AtomicU64>) -> Self {
        Self {
            stream,
            received,
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
        self.received.load(Ordering::Relaxed)
    }

    /// Writes what is queued and, if `read`, gives back the next message. Never ends without, but with an
    /// error. May be dropped and called again: nothing is lost.
    pub(crate) async fn next(&mut self, read: bool) -> Result<Message, RelayError> {
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
    pub(crate) async fn flush(&mut self) -> Result<(), RelayError> {
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
fn opened(message: Message) -> Result<Message, RelayError> {
    match message {
        Message::Close(Some(frame)) => Err(RelayError::Closed {
            code: frame.code.into(),
            reason: shortened(&frame.reason, 100),
        }),
        Message::Close(None) => Err(ended()),
        message => Ok(message),
    }
}

fn ended() -> RelayError {
    RelayError::Lost("it was closed".to_owned())
}

fn broken(error: &Error) -> RelayError {
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => ended(),
        Error::Io(error) => RelayError::Lost(told(error)),
        other => RelayError::Garbage(shortened(&other.to_string(), 100)),
    }
}
