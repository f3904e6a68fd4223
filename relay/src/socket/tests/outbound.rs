//! The writing side without a socket.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::time::advance;

use super::pipe::{Pipe, Socket as PipeSocket};
use crate::socket::outbound::{Drained, End, Outbound, Writing};
use crate::socket::{Close, Limits, Sockets, binary_frame, frame};

pub(super) type Socket = PipeSocket<Mutex<Pipe>>;
pub(super) type Tested = Outbound<Mutex<Writing<Socket>>>;

/// Counts how often the task of a socket is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// One socket, with its task in the hand of the test.
struct Fixture {
    sockets: Arc<Sockets>,
    pipe: Socket,
    outbound: Arc<Tested>,
    wakes: Arc<Wakes>,
}

impl Fixture {
    fn new(room: usize) -> Self {
        let sockets = Arc::new(Sockets::new(Limits {
            queue: 10_000,
            ..Limits::default()
        }));
        let pipe = Socket::with_room(room);
        let outbound = Tested::open(&sockets, pipe.clone(), 0);
        let fixture = Self {
            sockets,
            pipe,
            outbound,
            wakes: Arc::default(),
        };
        fixture.run_task();
        fixture
    }

    fn run_task(&self) -> Drained {
        let waker = Waker::from(Arc::clone(&self.wakes));
        self.outbound.drain(&mut Context::from_waker(&waker))
    }

    fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }
}

fn frame_of(len: usize) -> Bytes {
    binary_frame(len, |out| out.resize(out.len() + len, 7))
}

#[test]
fn what_the_socket_takes_at_once_wakes_nobody_and_holds_nothing() {
    let fixture = Fixture::new(1_000);
    fixture.outbound.write(&frame_of(300));
    assert_eq!(fixture.pipe.taken(), frame_of(300));
    assert_eq!((fixture.wakes(), fixture.sockets.held()), (0, 0));
}

#[test]
fn the_task_is_woken_once_by_the_first_frame_that_waits() {
    let fixture = Fixture::new(0);
    fixture.outbound.write(&frame_of(1));
    fixture.outbound.write(&frame_of(2));
    assert_eq!(fixture.wakes(), 1);
    fixture.run_task();
    fixture.outbound.write(&frame_of(3));
    assert_eq!(fixture.wakes(), 1);
    fixture.pipe.change(|pipe| pipe.room = 100);
    assert_eq!(fixture.wakes(), 2, "there is room");
    assert_eq!(
        fixture.run_task(),
        Drained {
            waiting: false,
            moved: true,
            end: None
        }
    );
    assert_eq!(
        fixture.pipe.taken(),
        [frame_of(1), frame_of(2), frame_of(3)].concat()
    );
    assert_eq!(fixture.sockets.held(), 0);
}

#[test]
fn a_reader_that_lets_too_much_pile_up_is_closed_after_the_frame_under_way() {
    let fixture = Fixture::new(10);
    for _ in 0..3 {
        fixture.outbound.write(&frame_of(4_000));
    }
    assert_eq!(fixture.run_task().end, Some(End::Orderly));
    fixture.outbound.write(&frame_of(1));
    fixture.pipe.change(|pipe| pipe.room = 100_000);
    fixture.run_task();
    assert_eq!(
        fixture.pipe.taken(),
        [frame_of(4_000), frame::close(&Close::TOO_SLOW)].concat()
    );
    assert_eq!(fixture.sockets.held(), 0);
}

/// One frame of 2,000 bytes after the other waits for the reader until senders are to wait.
fn fall_behind(fixture: &Fixture) {
    while fixture.outbound.is_open() && !fixture.outbound.write(&frame_of(2_000)) {}
}

#[tokio::test(start_paused = true)]
async fn a_sender_waits_for_a_reader_until_that_has_room_or_has_taken_nothing_for_two_seconds() {
    let fixture = Fixture::new(10);
    let half = fixture.sockets.limits().queue / 2;
    fall_behind(&fixture);
    assert!(fixture.sockets.held() > half && fixture.outbound.is_behind());
    advance(Duration::from_millis(1_999)).await;
    assert!(fixture.outbound.is_behind());
    advance(Duration::from_millis(1)).await;
    assert!(!fixture.outbound.is_behind(), "it may be gone");
    fixture.pipe.change(|pipe| pipe.room = 1);
    fixture.run_task();
    assert!(fixture.outbound.is_behind(), "it is there");
    fixture.pipe.change(|pipe| pipe.room = 3_000);
    fixture.run_task();
    assert!(
        !fixture.outbound.is_behind() && fixture.outbound.is_open(),
        "it has room"
    );
}

#[tokio::test(start_paused = true)]
async fn who_holds_senders_up_by_less_than_4_kib_a_second_for_30_seconds_is_closed() {
    for (bytes, is_closed) in [(4 * 1024, false), (4 * 1024 - 100, true)] {
        let fixture = Fixture::new(10);
        let open = || fixture.outbound.is_open();
        fall_behind(&fixture);
        for _ in 0..30 {
            advance(Duration::from_secs(1)).await;
            assert!(open());
            fixture.pipe.change(|pipe| pipe.room = bytes);
            fixture.run_task();
            fall_behind(&fixture);
        }
        assert_eq!(!open(), is_closed, "{bytes}");
    }
}

#[test]
fn a_broken_socket_is_told_to_its_task_and_to_nobody_else() {
    let fixture = Fixture::new(100);
    fixture.pipe.change(|pipe| pipe.broken = true);
    fixture.outbound.write(&frame_of(1));
    assert_eq!(fixture.wakes(), 1);
    assert_eq!(fixture.run_task().end, Some(End::Broken));
    fixture.outbound.write(&frame_of(1));
    assert_eq!(fixture.sockets.held(), 0);
}

#[test]
fn the_small_rest_of_a_large_frame_does_not_keep_it() {
    let fixture = Fixture::new(4_000);
    let frame = frame_of(4_100);
    fixture.outbound.write(&frame);
    assert!(frame.is_unique(), "the queue keeps the whole frame");
    assert!(fixture.sockets.held() < 300);
}

#[test]
fn a_large_rest_is_counted_with_what_it_keeps() {
    let fixture = Fixture::new(1_000);
    let frame = frame_of(4_000);
    fixture.outbound.write(&frame);
    assert!(!frame.is_unique());
    assert!(fixture.sockets.held() >= frame.len());
    fixture.pipe.change(|pipe| pipe.room = 2_900);
    fixture.run_task();
    assert!(fixture.sockets.held() >= frame.len());
}

/// Something that happens to a socket.
#[derive(Debug, Clone)]
enum Step {
    Send(usize),
    Room(usize),
    Task,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..700_usize).prop_map(Step::Send),
        (0..900_usize).prop_map(Step::Room),
        Just(Step::Task),
    ]
}

proptest! {
    #[test]
    fn frames_leave_whole_and_in_order_however_little_the_socket_takes(
        steps in vec(step(), 0..40), close_after in prop::option::of(0..40_usize),
    ) {
        let fixture = Fixture::new(0);
        let mut sent = Vec::new();
        let mut ends = vec![0];
        for (number, step) in steps.into_iter().enumerate() {
            if close_after == Some(number) {
                fixture.outbound.end(&Close::RESTART);
            }
            match step {
                Step::Send(len) => {
                    // Each frame is told from all others by its bytes.
                    let frame = binary_frame(len, |out| out.resize(out.len() + len, number as u8));
                    fixture.outbound.write(&frame);
                    sent.extend_from_slice(&frame);
                    ends.push(sent.len());
                }
                Step::Room(room) => fixture.pipe.change(|pipe| pipe.room += room),
                Step::Task => {
                    fixture.run_task();
                }
            }
        }
        fixture.pipe.change(|pipe| pipe.room += 1_000_000);
        let end = fixture.run_task().end;
        let taken = fixture.pipe.taken();
        match end {
            None => prop_assert_eq!(taken, sent),
            Some(_) => {
                let close = match close_after {
                    Some(_) if taken.ends_with(&frame::close(&Close::RESTART)) => frame::close(&Close::RESTART),
                    _ => frame::close(&Close::TOO_SLOW),
                };
                let before = taken.strip_suffix(close.as_ref()).expect("the close frame is the last");
                prop_assert!(sent.starts_with(before), "frames are out of order");
                prop_assert!(ends.contains(&before.len()), "a frame was cut");
            }
        }
        prop_assert_eq!(fixture.sockets.held(), 0);
    }
}
