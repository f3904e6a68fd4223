//! The writing side of one socket.

mod lock;
mod pressure;
mod queue;

use std::io::{ErrorKind, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::time::Instant;

use super::buffered::Holder;
use super::stream::{WriteHalf, Writer};
use super::{Close, Sockets, frame, stream};
pub(crate) use lock::Lock;
use pressure::Pressure;
use queue::Queue;

/// How many frames that waited leave in one system call.
const SLICES: usize = 32;

/// The writing side of one socket, shared by every room in which it has a seat. Whole frames only.
///
/// Sending never waits and never fails: a reader that is gone or too slow is closed by its own task, and whoever sent
/// does not notice. A caller may hold the lock of a room; this lock comes after it.
#[derive(Debug)]
pub(crate) struct Outbound<L = Mutex<Writing<WriteHalf>>> {
    /// One lock over state, queue, waker and the write itself, so that nothing overtakes and no waker is lost.
    writing: L,
    sockets: Arc<Sockets>,
    address: u64,
}

/// How a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A close frame is on its way.
    Orderly,
    /// Nothing can be written any more.
    Broken,
}

/// What [`Outbound::drain`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drained {
    /// Whether something waits still.
    pub(super) waiting: bool,
    /// Whether something of it has left just now.
    pub(super) moved: bool,
    /// Whether the socket is to be ended.
    pub(super) end: Option<End>,
}

impl Outbound {
    /// Sends whole frames as [`text_frame`](super::text_frame) and [`binary_frame`](super::binary_frame) make them:
    /// straight into the socket if nothing waits before them, else into the queue. Does nothing once closed.
    ///
    /// `true`: who sends much is to wait while the reader [`is_behind`](Self::is_behind).
    pub(crate) fn send(&self, frame: &Bytes) -> bool {
        self.write(frame)
    }

    /// Closes the socket: what waits is dropped but for the rest of a frame under way, then the close frame leaves.
    /// The socket's own task does the rest.
    pub(crate) fn close(&self, close: &Close) {
        self.end(close);
    }
}

impl<W: Writer + 'static, L: Lock<Value = Writing<W>>> Outbound<L> {
    /// The writing side of a socket that has just been opened.
    pub(super) fn open(sockets: &Arc<Sockets>, writer: W, address: u64) -> Arc<Self>
    where
        L: Send + Sync + 'static,
    {
        let writing = L::new(Writing::new(writer));
        let outbound = Arc::new(Self {
            writing,
            sockets: Arc::clone(sockets),
            address,
        });
        let holder: Arc<dyn Holder> = Arc::clone(&outbound) as _;
        sockets.enter(&holder);
        outbound
    }

    /// Whether more than half of what may wait for the reader does, and it is there to take it.
    pub(crate) fn is_behind(&self) -> bool {
        let bound = self.sockets.limits().queue;
        self.writing.with(|writing| {
            let pressure = writing.pressure.as_ref().filter(|_| writing.is_half_full(bound));
            writing.end.is_none() && pressure.is_some_and(|pressure| pressure.is_alive(Instant::now()))
        })
    }

    /// Whether what is sent still has a chance to arrive.
    #[cfg(test)]
    pub(crate) fn is_open(&self) -> bool {
        self.writing.with(|writing| writing.end.is_none())
    }

    pub(super) fn write(&self, frame: &Bytes) -> bool {
        let bound = self.sockets.limits().queue;
        self.change(|writing| {
            let was_open = writing.end.is_none();
            let waker = writing.send(frame, bound);
            self.count(was_open, writing.end);
            (writing.end.is_none() && writing.is_half_full(bound), waker)
        })
    }

    /// A socket that fails is broken; one that is closed by what was sent or taken was too slow.
    fn count(&self, was_open: bool, end: Option<End>) {
        if was_open && end == Some(End::Orderly) {
            self.sockets.overflowed();
        }
    }

    pub(super) fn end(&self, close: &Close) {
        self.change(|writing| ((), writing.close(close)));
    }

    /// Writes what waits as far as it goes; the task is woken when there is more to do. For the socket's own task only.
    pub(super) fn drain(&self, cx: &mut Context<'_>) -> Drained {
        let bound = self.sockets.limits().queue;
        self.change(|writing| {
            let was_open = writing.end.is_none();
            let drained = writing.drain(cx, bound);
            self.count(was_open, drained.end);
            (drained, None)
        })
    }

    /// Tells how much the socket's task holds of what is incomplete, in bytes.
    pub(super) fn hold(&self, incomplete: usize) {
        self.change(|writing| {
            let incomplete = u32::try_from(incomplete).unwrap_or(u32::MAX);
            writing.incomplete = if writing.end.is_none() { incomplete } else { 0 };
            ((), None)
        });
    }

    /// Ends the socket without a close frame.
    pub(super) fn abort(&self) {
        self.change(|writing| ((), writing.fail()));
    }

    /// The last write has been made.
    pub(super) fn shut_down(&self) {
        self.change(|writing| {
            if let Some(writer) = &mut writing.writer {
                writer.shut_down();
            }
            ((), None)
        });
    }

    /// Gives the socket back, even while a room still knows this `Outbound`.
    pub(super) fn release(&self, reset: bool) {
        let writer = self.change(|writing| {
            writing.fail();
            (writing.writer.take(), None)
        });
        if let Some(mut writer) = writer
            && reset
        {
            writer.reset_on_drop();
        }
    }

    /// The one way to the lock: keeps the books of the budget, and wakes whom it has to after the lock is given back.
    fn change<R>(&self, change: impl FnOnce(&mut Writing<W>) -> (R, Option<Waker>)) -> R {
        let (result, waker, over) = self.writing.with(|writing| {
            let before = writing.held();
            let (result, waker) = change(writing);
            let over = self.sockets.account(before, writing.held());
            (result, waker, over)
        });
        if let Some(waker) = waker {
            waker.wake();
        }
        if over {
            self.sockets.relieve();
        }
        result
    }
}

impl<W: Writer + 'static, L: Lock<Value = Writing<W>> + Send + Sync> Holder for Outbound<L> {
    fn address(&self) -> u64 {
        self.address
    }

    fn held(&self) -> usize {
        self.writing.with(|writing| writing.held())
    }

    fn close(&self, close: &Close) {
        self.end(close);
    }

    fn cut(&self) {
        self.change(|writing| ((), writing.cut()));
    }
}

impl<L> Drop for Outbound<L> {
    fn drop(&mut self) {
        self.sockets.leave(std::ptr::from_ref(self).addr());
    }
}

/// What the lock of an [`Outbound`] covers.
#[derive(Debug)]
pub(crate) struct Writing<W> {
    /// Until the socket is given back.
    writer: Option<W>,
    end: Option<End>,
    queue: Queue,
    /// Of the socket's own task, if it has not been woken since it waits.
    waker: Option<Waker>,
    /// What the socket's task holds of what is incomplete, in bytes: of one message, which is much smaller than 4 GiB.
    incomplete: u32,
    /// Whether the writer keeps some of what was written.
    keeps: bool,
    /// Of a reader that is behind.
    pressure: Option<Box<Pressure>>,
}

impl<W: Writer> Writing<W> {
    fn new(writer: W) -> Self {
        Self {
            writer: Some(writer),
            end: None,
            queue: Queue::default(),
            waker: None,
            incomplete: 0,
            keeps: false,
            pressure: None,
        }
    }

    fn held(&self) -> usize {
        self.queue.held() + self.incomplete as usize + if self.keeps { stream::KEPT } else { 0 }
    }

    /// Returns whom to wake, as all of these do.
    fn send(&mut self, frame: &Bytes, bound: usize) -> Option<Waker> {
        if self.end.is_some() {
            return None;
        }
        let first = self.queue.is_empty();
        if !first {
            self.queue.push(frame, 0);
        } else if !self.write_through(frame) {
            return self.fail();
        }
        if self.queue.held() > bound {
            return self.close(&Close::TOO_SLOW);
        }
        if self.is_half_full(bound) && self.pressure.is_none() {
            self.pressure = Some(Box::new(Pressure::new(Instant::now())));
        }
        // Where something waited before, the task waits for the socket already.
        if first && !self.queue.is_empty() {
            self.waker.take()
        } else {
            None
        }
    }

    fn is_half_full(&self, bound: usize) -> bool {
        self.queue.held() > bound / 2
    }

    /// Writes a frame before which nothing waits, and queues what is left of it. `false`: the socket has failed.
    fn write_through(&mut self, frame: &Bytes) -> bool {
        let Some(writer) = &mut self.writer else {
            return false;
        };
        let written = match writer.try_write(frame) {
            Ok(written) if written == frame.len() => return true,
            Ok(written) => written,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
            Err(_) => return false,
        };
        self.queue.push(frame, written);
        true
    }

    fn close(&mut self, close: &Close) -> Option<Waker> {
        if self.end.is_some() {
            return None;
        }
        self.queue.keep_under_way();
        let frame = frame::close(close);
        if !self.queue.is_empty() {
            self.queue.push(&frame, 0);
        } else if !self.write_through(&frame) {
            return self.fail();
        }
        self.end = Some(End::Orderly);
        self.incomplete = 0;
        self.waker.take()
    }

    fn cut(&mut self) -> Option<Waker> {
        if self.queue.is_under_way() {
            self.fail()
        } else {
            self.close(&Close::OVERLOADED)
        }
    }

    fn fail(&mut self) -> Option<Waker> {
        self.end = Some(End::Broken);
        self.queue = Queue::default();
        self.incomplete = 0;
        self.keeps = false;
        self.pressure = None;
        self.waker.take()
    }

    fn drain(&mut self, cx: &mut Context<'_>, bound: usize) -> Drained {
        // Under the same lock as the look at the queue: whoever appends later finds this waker.
        match &mut self.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        let mut taken = 0;
        while let Some(writer) = &mut self.writer
            && !self.queue.is_empty()
        {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.queue.slices(&mut slices);
            match writer.poll_write(cx, &slices[..count]) {
                Poll::Ready(Ok(written @ 1..)) => {
                    self.queue.advance(written);
                    taken += written;
                }
                Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Poll::Ready(_) => {
                    self.fail();
                }
                Poll::Pending => break,
            }
        }
        let moved = self.flush(cx) || taken > 0;
        if let Some(pressure) = self.pressure.as_mut().filter(|_| taken > 0) {
            if self.queue.held() < bound / 8 {
                self.pressure = None;
            } else if pressure.took(taken, Instant::now()) {
                // This task, which is running, ends it.
                self.close(&Close::TOO_SLOW);
            }
        }
        Drained {
            waiting: !self.queue.is_empty() || self.keeps,
            moved,
            end: self.end,
        }
    }

    /// Hands on what the writer keeps. True when the last of it has left just now.
    fn flush(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(writer) = &mut self.writer else {
            return false;
        };
        match writer.poll_flush(cx) {
            Poll::Ready(Err(_)) => {
                self.fail();
                false
            }
            Poll::Ready(Ok(())) => std::mem::take(&mut self.keeps),
            Poll::Pending => {
                self.keeps = true;
                false
            }
        }
    }
}
