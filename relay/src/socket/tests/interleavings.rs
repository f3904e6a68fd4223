//! `Outbound` under every interleaving of senders, a reader and the socket's own task, as loom finds them.
//!
//! The lock of an `Outbound` is a parameter, and here it is loom's: no build flag is needed, and these tests run with
//! all the others. `LOOM_MAX_PREEMPTIONS=3 cargo test -p sotto-relay --lib loom_` looks deeper, for a minute.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use loom::future::block_on;
use loom::sync::Mutex;
use loom::thread;

use super::pipe::Pipe;
use crate::socket::outbound::{End, Lock, Outbound, Writing};
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

type Socket = super::pipe::Socket<Mutex<Pipe>>;

type Modelled = Outbound<Mutex<Writing<Socket>>>;

fn open(pipe: &Socket) -> Arc<Modelled> {
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
        let pipe = Socket::with_room(1);
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
            pipe.poll_taken(cx, 4)
        }));
        assert!(matches!(pipe.taken().as_slice(), b"abcd" | b"cdab"));
        for sender in senders {
            sender.join().unwrap();
        }
        reader.join().unwrap();
        outbound.release(false);
    });
}

#[test]
fn loom_the_task_learns_of_a_close_while_others_send() {
    model(|| {
        let pipe = Socket::with_room(1);
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
        let pipe = Socket::with_room(1);
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
        for thread in [sender, second] {
            thread.join().unwrap();
        }
        peer.join().unwrap();
        outbound.release(false);
    });
}
