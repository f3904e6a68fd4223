//! The task of one connection.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until};

use super::frame::Event;
use super::inbound::Inbound;
use super::stream::{ReadHalf, Stream};
use super::watch::{Expired, Watch};
use super::{Close, Fanout, Handler, Message, Outbound, Sockets, closing, frame, scratch};

/// How many frames a task takes before it lets others run: writing through spends nothing of the runtime's own budget.
const FRAMES_A_TURN: usize = 16;

/// Serves one connection until it is over, however it ends.
///
/// Give it a task of its own, so that the memory of the handshake is not kept: `tokio::spawn(serve(…))`.
///
/// - `first`: the bytes that were read beyond the upgrade request.
/// - `address`: a number that stands for the peer's address, by which [`Sockets`] shares out its budget.
pub(crate) fn serve<H: Handler + 'static>(
    sockets: Arc<Sockets>,
    stream: impl Into<Stream>,
    first: Bytes,
    address: u64,
    handler: H,
) -> impl Future<Output = ()> + Send {
    let mut connection = Connection::open(sockets, stream.into(), first, address, handler);
    // No `async fn`: its future would keep every argument twice.
    async move {
        if let Some(connection) = &mut connection
            && connection.run().await
        {
            connection.leave();
            // Rare and large: an idle connection should not keep room for it.
            Box::pin(connection.finish()).await;
        }
    }
}

/// How a turn of the task ends.
enum Turn {
    /// Others are to run first.
    Yield,
    /// The peer has gone without a word.
    Gone,
    /// The [`Outbound`] is closed.
    Closed,
}

/// How a turn of reading ends.
enum Reading {
    /// There is nothing to read now.
    Dry,
    /// So many frames were read that others are to run first.
    Full,
    /// The peer has gone.
    Gone,
    /// The [`Outbound`] is closed.
    Closed,
}

/// One connection; see [`serve`].
struct Connection<H: Handler> {
    sockets: Arc<Sockets>,
    read: ReadHalf,
    outbound: Arc<Outbound>,
    /// Until it has been told that the socket is over.
    handler: Option<H>,
    inbound: Inbound,
    /// What was read and not yet looked at.
    unread: Unread,
    /// What is left of the last message.
    fanout: Option<Box<H::Fanout>>,
    watch: Watch,
    /// What the budget knows of `inbound` and `unread`, in bytes.
    held: usize,
}

/// Bytes from `start` on that were read and not yet looked at.
#[derive(Default)]
struct Unread {
    bytes: Vec<u8>,
    start: usize,
}

impl<H: Handler> Connection<H> {
    fn open(
        sockets: Arc<Sockets>,
        stream: Stream,
        first: Bytes,
        address: u64,
        mut handler: H,
    ) -> Option<Self> {
        if stream.prepare().is_err() {
            // There is no connection any more.
            handler.closed();
            return None;
        }
        let (read, write) = stream.into_split();
        Some(Self {
            read,
            outbound: Outbound::open(&sockets, write, address),
            sockets,
            handler: Some(handler),
            inbound: Inbound::default(),
            unread: Unread {
                bytes: first.into(),
                start: 0,
            },
            fanout: None,
            watch: Watch::new(Instant::now()),
            held: 0,
        })
    }

    /// Reads and writes until the peer has gone without a word, or (`true`) the [`Outbound`] is closed.
    async fn run(&mut self) -> bool {
        let mut timer = pin!(sleep_until(self.watch.next(self.sockets.limits())));
        loop {
            match poll_fn(|cx| self.poll(cx, timer.as_mut())).await {
                Turn::Yield => yield_now().await,
                Turn::Gone => return false,
                Turn::Closed => return true,
            }
        }
    }

    async fn finish(&mut self) {
        closing::finish(&self.outbound, &mut self.read, self.sockets.limits()).await;
    }

    /// One turn: write, look at the clock, read.
    fn poll(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<Turn> {
        let drained = self.outbound.drain(cx);
        let now = Instant::now();
        self.watch.wrote(now, drained.waiting, drained.moved);
        if let Some(fanout) = &mut self.fanout {
            if !fanout.step() {
                let fanout = self.fanout.take();
                if let (Some(handler), Some(fanout)) = (&mut self.handler, fanout) {
                    handler.served(*fanout);
                }
                self.pause();
            }
            return Poll::Ready(Turn::Yield);
        }
        // Not before all have what was accepted from this socket.
        if drained.end.is_some() {
            return Poll::Ready(Turn::Closed);
        }
        if let Some(handler) = &mut self.handler
            && handler.is_waiting()
        {
            if let Poll::Ready(fanout) = handler.resume(cx, &self.outbound) {
                self.fanout = fanout.map(Box::new);
                self.pause();
                return Poll::Ready(Turn::Yield);
            }
        } else if self.may_read(now) {
            match self.read(cx, now) {
                Reading::Dry => {}
                Reading::Full => return Poll::Ready(Turn::Yield),
                Reading::Gone => return Poll::Ready(Turn::Gone),
                Reading::Closed => return Poll::Ready(Turn::Closed),
            }
        }
        match self.watch.expired(now, self.sockets.limits()) {
            Some(Expired::Silent) => self.outbound.close(&Close::IDLE),
            Some(Expired::Stalled) => self.outbound.abort(),
            None => return self.poll_timer(cx, timer.as_mut()),
        }
        Poll::Ready(Turn::Closed)
    }

    /// Waits for the next time limit. The timer is moved ahead only; where a limit has moved back it rings too early,
    /// which is cheaper than to set it for each frame.
    fn poll_timer(&self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<Turn> {
        let next = self.watch.next(self.sockets.limits());
        if timer.is_elapsed() || next < timer.deadline() {
            timer.as_mut().reset(next);
        }
        timer.poll(cx).map(|()| Turn::Yield)
    }

    /// A turn of reading: what was read before, then the socket, until it is empty or others are to run.
    fn read(&mut self, cx: &mut Context<'_>, now: Instant) -> Reading {
        let mut frames = 0;
        let reading = loop {
            let turn = if self.unread.bytes.is_empty() {
                self.read_socket(cx, &mut frames)
            } else {
                let Unread { mut bytes, start } = std::mem::take(&mut self.unread);
                let mut input = &mut bytes[start..];
                let turn = self.take_frames(&mut input, &mut frames);
                let left = input.len();
                if left > 0 {
                    let start = bytes.len() - left;
                    self.unread = Unread { bytes, start };
                }
                turn
            };
            if let Some(end) = turn {
                break end;
            }
        };
        self.watch.read(now, frames, self.inbound.is_within_frame());
        self.hold();
        if frames > 0 {
            self.pause();
        }
        reading
    }

    /// Reads once into the scratch buffer, and takes the frames out of it. `None`: all is taken, there may be more.
    fn read_socket(&mut self, cx: &mut Context<'_>, frames: &mut usize) -> Option<Reading> {
        scratch::lend(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(&mut self.read).poll_read(cx, &mut buffer) {
                Poll::Pending => return Some(Reading::Dry),
                Poll::Ready(Err(_)) => return Some(Reading::Gone),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Some(Reading::Gone),
                Poll::Ready(Ok(())) => {}
            }
            let mut input = buffer.filled_mut();
            let turn = self.take_frames(&mut input, frames);
            self.unread = Unread {
                bytes: input.to_vec(),
                start: 0,
            };
            turn
        })
    }

    /// Takes the frames out of `input`. `None`: all of it is taken, and the turn may go on.
    fn take_frames(&mut self, input: &mut &mut [u8], frames: &mut usize) -> Option<Reading> {
        while *frames < FRAMES_A_TURN {
            let event = match self.inbound.next(input, self.sockets.limits().message) {
                Ok(Some(event)) => event,
                Ok(None) => return None,
                Err(close) => return Some(self.close(&close)),
            };
            *frames += 1;
            let Some(handler) = &mut self.handler else {
                return Some(Reading::Closed);
            };
            let message = match &event {
                Event::Text(text) => Message::Text(text),
                Event::Binary(bytes) => Message::Binary(bytes),
                Event::Close(close) => return Some(self.close(close)),
                Event::Ping(payload) => {
                    self.outbound.send(&frame::pong(payload));
                    handler.other_frame();
                    continue;
                }
                Event::Fragment | Event::Pong => {
                    handler.other_frame();
                    continue;
                }
            };
            match handler.message(message, &self.outbound) {
                Ok(None) if handler.is_waiting() || handler.is_ahead() => return Some(Reading::Full),
                Ok(None) => {}
                Ok(Some(fanout)) => {
                    self.fanout = Some(Box::new(fanout));
                    return Some(Reading::Full);
                }
                Err(close) => return Some(self.close(&close)),
            }
        }
        Some(Reading::Full)
    }

    fn close(&self, close: &Close) -> Reading {
        self.outbound.close(close);
        Reading::Closed
    }

    /// Whether to read on. At the end of a pause a reader may still be behind.
    fn may_read(&mut self, now: Instant) -> bool {
        if !self.watch.is_paused(now) && self.handler.as_ref().is_some_and(Handler::is_ahead) {
            self.pause();
        }
        !self.watch.is_paused(now)
    }

    fn pause(&mut self) {
        let until = self.handler.as_mut().and_then(Handler::pause);
        self.watch.pause(until);
    }

    /// Tells the budget what is incomplete or not looked at.
    fn hold(&mut self) {
        let held = self.inbound.held() + self.unread.bytes.capacity();
        if held != self.held {
            self.held = held;
            self.outbound.hold(held);
        }
    }

    /// Leaves every seat, and gives back what is not needed to close.
    fn leave(&mut self) {
        self.inbound = Inbound::default();
        self.unread = Unread::default();
        self.fanout = None;
        if let Some(mut handler) = self.handler.take() {
            handler.closed();
        }
    }
}

impl<H: Handler> Drop for Connection<H> {
    /// However the task ends, nobody goes on sending to a socket that is over.
    fn drop(&mut self) {
        self.leave();
        self.outbound.release(false);
    }
}
