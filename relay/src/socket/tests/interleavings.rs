//! `Outbound` under every interleaving of senders, a reader and the socket's own task, as loom finds them.
//!
//! The lock of an `Outbound` is a parameter, and here it is loom's: no build flag is needed, and these tests run with
//! all the others. `LOOM_MAX_PREEMPTIONS=3 cargo test -p sotto-relay --lib loom_` looks deeper, for a minute.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use loom::future::block_on;
use loom::sync::Mutex;
use loom::thread;

use crate::socket::outbound::{End, Lock, Outbound, Writing};
use crate::socket::stream::Writer;
use crate::socket::{Close, Limits, Sockets};

impl<T> Lock for Mutex<T> {
    type Value = T;

    fn new(value: T) -> Self {
        Mutex::new(value)
    }

    fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.lock().unwrap())
    }
}

/// A socket with room for some bytes.
#[derive(Debug, Default)]
struct Pipe {
    room: usize,
    taken: Vec<u8>,
    waker: Option<Waker>,
    broken: bool,
    /// To be woken when four bytes have been taken, and never before.
    four: Option<Waker>,
}

#[derive(Debug, Clone, Default)]
struct Fake(Arc<Mutex<Pipe>>);

impl Fake {
    fn with_room(room: usize) -> Self {
        Self(Arc::new(Mutex::new(Pipe {
            room,
            ..Pipe::default()
        })))
    }

    /// The peer reads, or breaks the connection.
    fn change(&self, change: impl FnOnce(&mut Pipe)) {
        let waker = self.0.with(|pipe| {
            change(pipe);
            pipe.waker.take()
        });
        waker.into_iter().for_each(Waker::wake);
    }

    fn taken(&self) -> Vec<u8> {
        self.0.with(|pipe| pipe.taken.clone())
    }
}

impl Pipe {
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let len = bytes.len().min(self.room);
        if len == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= len;
        self.taken.extend_from_slice(&bytes[..len]);
        if self.taken.len() == 4 {
            self.four.take().into_iter().for_each(Waker::wake);
        }
        Ok(len)
    }
}

impl Writer for Fake {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.with(|pipe| pipe.take(bytes))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.0.with(|pipe| match pipe.take(&slices[0]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                pipe.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            result => Poll::Ready(result),
        })
    }

    fn shut_down(&mut self) {}

    fn reset_on_drop(&mut self) {}
}

type Modelled = Outbound<Mutex<Writing<Fake>>>;

fn open(pipe: &Fake) -> Arc<Modelled> {
    Modelled::open(&Arc::new(Sockets::new(Limits::default())), pipe.clone(), 0)
}

fn model(test: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    // Enough for every lost wake-up that was tried; without a bound a run takes hours.
    builder.preemption_bound.get_or_insert(2);
    builder.check(test);
}

/// Runs the socket's own task until it has learnt of the `end`; loom fails when it would wait for ever.
fn run_task_until(outbound: &Arc<Modelled>, end: End) {
    block_on(poll_fn(|cx| {
        let drained = outbound.drain(cx);
        if drained.end == Some(end) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }));
}

#[test]
fn loom_all_that_two_senders_send_arrives_whole_while_the_peer_reads() {
    model(|| {
        let pipe = Fake::with_room(1);
        let outbound = open(&pipe);
        let senders = [b"ab", b"cd"].map(|frame| {
            let outbound = Arc::clone(&outbound);
            thread::spawn(move || outbound.write(&Bytes::from_static(frame)))
        });
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || pipe.change(|pipe| pipe.room += 3)
        });
        block_on(poll_fn(|cx| {
            outbound.drain(cx);
            pipe.0.with(|pipe| {
                pipe.four = Some(cx.waker().clone());
                if pipe.taken.len() == 4 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
        }));
        assert!(matches!(pipe.taken().as_slice(), b"abcd" | b"cdab"));
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        reader.join().unwrap();
        outbound.release(false);
    });
}

#[test]
fn loom_the_task_learns_of_a_close_while_others_send() {
    model(|| {
        let pipe = Fake::with_room(1);
        let outbound = open(&pipe);
        let sender = thread::spawn({
            let outbound = Arc::clone(&outbound);
            move || outbound.write(&Bytes::from_static(b"ab"))
        });
        let closer = thread::spawn({
            let outbound = Arc::clone(&outbound);
            move || outbound.end(&Close::RESTART)
        });
        run_task_until(&outbound, End::Orderly);
        sender.join().unwrap();
        closer.join().unwrap();
        outbound.release(false);
    });
}

#[test]
fn loom_the_task_learns_of_a_break_that_a_sender_met() {
    model(|| {
        let pipe = Fake::with_room(1);
        let outbound = open(&pipe);
        let sender = thread::spawn({
            let outbound = Arc::clone(&outbound);
            move || outbound.write(&Bytes::from_static(b"ab"))
        });
        let peer = thread::spawn({
            let pipe = pipe.clone();
            move || pipe.change(|pipe| pipe.broken = true)
        });
        let second = thread::spawn({
            let outbound = Arc::clone(&outbound);
            move || outbound.write(&Bytes::from_static(b"cd"))
        });
        // Either a byte is left over for the broken socket, or the second frame is.
        run_task_until(&outbound, End::Broken);
        [sender, peer, second]
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        outbound.release(false);
    });
}
