//! Both ends of a connection for a test: a served one, and the client of a library that is not ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::socket::{Close, Fanout, Handler, Message, Outbound, Sockets, binary_frame, serve, text_frame};

/// How long any event of a test is waited for.
pub(super) const SOON: Duration = Duration::from_secs(10);

/// Sends back what it is given, or does what the message names.
#[derive(Default)]
pub(super) struct Echo {
    pub(super) closed: Arc<AtomicBool>,
    pub(super) outbound: Option<mpsc::UnboundedSender<Arc<Outbound>>>,
}

/// Sends a number of frames, one a step.
pub(super) struct Count {
    next: u32,
    to: Arc<Outbound>,
}

impl Fanout for Count {
    fn step(&mut self) -> bool {
        self.next -= 1;
        self.to.send(&text_frame(8, |out| {
            out.extend_from_slice(self.next.to_string().as_bytes())
        }));
        self.next > 0
    }
}

impl Handler for Echo {
    type Fanout = Count;

    fn message(&mut self, message: Message<'_>, outbound: &Arc<Outbound>) -> Result<Option<Count>, Close> {
        if let Some(seats) = self.outbound.take() {
            let _ = seats.send(Arc::clone(outbound));
        }
        match message {
            Message::Text("close") => return Err(Close::new(4000, "as you wish")),
            Message::Text("count") => {
                return Ok(Some(Count {
                    next: 100,
                    to: Arc::clone(outbound),
                }));
            }
            Message::Text(text) => {
                outbound.send(&text_frame(text.len(), |out| {
                    out.extend_from_slice(text.as_bytes())
                }));
            }
            Message::Binary(bytes) => {
                outbound.send(&binary_frame(bytes.len(), |out| out.extend_from_slice(bytes)));
            }
        }
        Ok(None)
    }

    fn pause(&mut self) -> Option<Instant> {
        None
    }

    fn closed(&mut self) {
        assert!(!self.closed.swap(true, Ordering::SeqCst), "closed is called once");
    }
}

/// A connection between this test and a task that serves it.
pub(super) async fn connect<H: Handler + 'static>(
    sockets: &Arc<Sockets>,
    handler: H,
) -> (TcpStream, JoinHandle<()>) {
    connect_from(sockets, handler, 0, Bytes::new()).await
}

/// The same for a peer at `address`, of whom `first` was read already.
pub(super) async fn connect_from<H: Handler + 'static>(
    sockets: &Arc<Sockets>,
    handler: H,
    address: u64,
    first: Bytes,
) -> (TcpStream, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let task = tokio::spawn(serve(Arc::clone(sockets), stream, first, address, handler));
    (client, task)
}

/// A WebSocket client on a connection.
pub(super) async fn client(stream: TcpStream) -> WebSocketStream<TcpStream> {
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

/// Waits for an event, but not for ever.
pub(super) async fn soon<F: Future>(event: F) -> F::Output {
    timeout(SOON, event).await.expect("it does not happen")
}
