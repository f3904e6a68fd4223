//! The one budget of all that waits.

use std::sync::Arc;

use super::outbound::{Socket, Tested};
use crate::socket::{Close, Limits, Sockets, binary_frame, frame};

const BUDGET: usize = 100_000;

fn sockets() -> Arc<Sockets> {
    Arc::new(Sockets::new(Limits {
        buffered: BUDGET,
        ..Limits::default()
    }))
}

/// A socket of a peer at `address` that takes nothing, and for which `len` bytes wait.
fn holder(sockets: &Arc<Sockets>, address: u64, len: usize) -> (Arc<Tested>, Socket) {
    let pipe = Socket::with_room(0);
    let outbound = Tested::open(sockets, pipe.clone(), address);
    outbound.write(&binary_frame(len, |out| out.resize(out.len() + len, 0)));
    (outbound, pipe)
}

fn is_open(outbound: &Tested) -> bool {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    outbound.drain(&mut cx).end.is_none()
}

#[test]
fn over_the_budget_the_largest_holder_of_the_address_that_holds_most_is_cut() {
    let sockets = sockets();
    let (largest, _) = holder(&sockets, 1, 40_000);
    let (victim, pipe) = holder(&sockets, 2, 30_000);
    let (second, _) = holder(&sockets, 2, 25_000);
    assert!(
        [&largest, &victim, &second]
            .iter()
            .all(|outbound| is_open(outbound))
    );
    let (last, _) = holder(&sockets, 3, 10_000);
    assert!(!is_open(&victim));
    assert!(
        [&largest, &second, &last]
            .iter()
            .all(|outbound| is_open(outbound))
    );
    assert!(sockets.held() <= BUDGET);
    pipe.change(|pipe| pipe.room = 1_000);
    assert!(!is_open(&victim));
    assert_eq!(pipe.taken(), frame::close(&Close::OVERLOADED));
}

#[test]
fn incomplete_messages_count_in_the_budget() {
    let sockets = sockets();
    let (queued, _) = holder(&sockets, 1, 50_000);
    let reading = Tested::open(&sockets, Socket::with_room(0), 2);
    reading.hold(60_000);
    assert!(is_open(&queued));
    assert!(!is_open(&reading));
    reading.hold(70_000);
    assert!(sockets.held() <= BUDGET, "what is cut holds nothing more");
}

#[test]
fn a_socket_that_is_gone_holds_nothing() {
    let sockets = sockets();
    let (outbound, _) = holder(&sockets, 1, 50_000);
    outbound.release(true);
    assert_eq!((sockets.held(), sockets.count()), (0, 1));
    drop(outbound);
    assert_eq!(sockets.count(), 0);
}
