//! Both ends of a connection for a test: a served one, and the client of a library that is not ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::socket::{Close, Fanout, Handler, Message, Outbound, Sockets, binary_frame, serve, text_frame};

/// How long any event of a test is waited for.
pub(super) const SOON: Duration = Duration::from_secs(10);

/// Sends back what it is given, or does what the message names.
pub(super) struct Echo {
    closed: Option<oneshot::Sender<()>>,
    opened: Option<oneshot::Sender<Arc<Outbound>>>,
    /// How long it does not want to be read after each turn.
    pub(super) pause: Option<Duration>,
    /// How many messages it has taken.
    pub(super) count: Arc<AtomicUsize>,
    /// How many other frames.
    pub(super) others: Arc<AtomicUsize>,
}

/// What a test hears of an [`Echo`].
pub(super) struct Heard {
    /// It was told that its socket is over.
    pub(super) closed: oneshot::Receiver<()>,
    /// It was given its first message, and this way to answer.
    pub(super) opened: oneshot::Receiver<Arc<Outbound>>,
}

impl Echo {
    pub(super) fn new() -> (Self, Heard) {
        let ((closed, is_closed), (opened, is_opened)) = (oneshot::channel(), oneshot::channel());
        let echo = Self {
            closed: Some(closed),
            opened: Some(opened),
            pause: None,
            count: Arc::default(),
            others: Arc::default(),
        };
        (
            echo,
            Heard {
                closed: is_closed,
                opened: is_opened,
            },
        )
    }
}

/// Sends so many frames, one a step.
pub(super) struct Count {
    pub(super) next: u32,
    pub(super) to: Arc<Outbound>,
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
        self.count.fetch_add(1, Ordering::SeqCst);
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(Arc::clone(outbound));
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

    fn other_frame(&mut self) {
        self.others.fetch_add(1, Ordering::SeqCst);
    }

    fn pause(&mut self) -> Option<Instant> {
        self.pause.map(|pause| Instant::now() + pause)
    }

    fn closed(&mut self) {
        let closed = self.closed.take().expect("closed is called once");
        let _ = closed.send(());
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
    timeout(SOON, event).await.unwrap()
}

/// Waits until something holds, but not for ever.
pub(super) async fn until(holds: impl Fn() -> bool) {
    soon(async {
        while !holds() {
            yield_now().await;
        }
    })
    .await;
}

/// A client's frame under a mask of zeros: first byte, length, payload.
pub(super) fn client_frame(first: u8, len: usize, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match len {
        0..126 => frame.push(0x80 | len as u8),
        126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
