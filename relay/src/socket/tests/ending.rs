//! How a socket ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::peer::{Count, Echo, client, client_frame, connect, connect_from, soon, until};
use crate::socket::{Close, Handler, Limits, Outbound, Sockets, binary_frame, frame};

fn sockets(limits: Limits) -> Arc<Sockets> {
    Arc::new(Sockets::new(limits))
}

/// The code of the close frame that a client is sent next.
async fn close_code(stream: TcpStream) -> Option<u16> {
    let mut client = client(stream).await;
    match soon(client.next()).await {
        Some(Ok(Message::Close(Some(close)))) => Some(close.code.into()),
        other => panic!("no close frame with a code but {other:?}"),
    }
}

/// A connection on which one message has gone to and fro.
async fn open(
    sockets: &Arc<Sockets>,
) -> (
    TcpStream,
    Arc<Outbound>,
    super::peer::Heard,
    tokio::task::JoinHandle<()>,
) {
    let (echo, mut heard) = Echo::new();
    let (mut stream, task) = connect(sockets, echo).await;
    soon(stream.write_all(&client_frame(0x81, 2, b"hi")))
        .await
        .unwrap();
    soon(stream.read_exact(&mut [0; 4])).await.unwrap();
    let outbound = soon(&mut heard.opened).await.unwrap();
    (stream, outbound, heard, task)
}

fn large_frame() -> Bytes {
    binary_frame(60_000, |out| out.resize(out.len() + 60_000, 5))
}

/// Sends to a peer that does not read until something waits for it.
fn fill(sockets: &Sockets, outbound: &Outbound) {
    let frame = large_frame();
    for _ in 0..1_000 {
        if sockets.held() > 0 {
            return;
        }
        outbound.send(&frame);
    }
    panic!("60 MB went into a socket that nobody reads");
}

/// Sends without end a message that is too big. Reads what it is told meanwhile, or only when it can send no more.
async fn send_too_much(stream: TcpStream, reads_meanwhile: bool) -> Vec<u8> {
    let (mut read, mut write) = stream.into_split();
    let mut heard = Vec::new();
    let write = async {
        let piece = [1; 16 * 1024];
        let mut sent = write.write_all(&client_frame(0x82, 1 << 40, &[])).await;
        while sent.is_ok() {
            sent = write.write_all(&piece).await;
        }
    };
    if reads_meanwhile {
        let _ = tokio::join!(write, read.read_to_end(&mut heard));
    } else {
        write.await;
        let _ = read.read_to_end(&mut heard).await;
    }
    heard
}

#[tokio::test]
async fn a_client_learns_that_its_message_is_too_big_while_it_still_sends() {
    let sockets = sockets(Limits {
        linger: Duration::from_millis(500),
        ..Limits::default()
    });
    let mut clients = JoinSet::new();
    for number in 0..30 {
        let (stream, _) = connect(&sockets, Echo::new().0).await;
        clients.spawn(send_too_much(stream, number % 2 == 0));
    }
    let heard = soon(clients.join_all()).await;
    let close = frame::close(&Close::TOO_BIG);
    assert_eq!(heard.iter().filter(|heard| **heard == close).count(), 30);
}

#[tokio::test]
async fn what_a_client_sends_after_the_close_frame_does_not_get_it_reset() {
    let sockets = sockets(Limits {
        linger: Duration::from_secs(3600),
        ..Limits::default()
    });
    let (mut stream, task) = connect(&sockets, Echo::new().0).await;
    soon(stream.write_all(&client_frame(0x82, 1 << 40, &[])))
        .await
        .unwrap();
    let mut heard = Vec::new();
    soon(stream.read_to_end(&mut heard)).await.unwrap();
    assert_eq!(heard, frame::close(&Close::TOO_BIG));
    soon(stream.write_all(&[1; 10_000])).await.unwrap();
    soon(stream.shutdown()).await.unwrap();
    soon(task).await.unwrap();
    assert!(stream.take_error().unwrap().is_none());
}

#[tokio::test]
async fn a_close_is_answered_and_the_handler_is_told() {
    let sockets = sockets(Limits::default());
    let (echo, heard) = Echo::new();
    let (stream, task) = connect(&sockets, echo).await;
    let mut client = client(stream).await;
    soon(client.close(None)).await.unwrap();
    assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::Close(None));
    assert!(soon(client.next()).await.is_none());
    drop(client);
    soon(task).await.unwrap();
    soon(heard.closed).await.unwrap();
    assert_eq!(sockets.count(), 0);
}

#[tokio::test]
async fn a_handler_closes_with_its_own_code() {
    let (stream, _task) = connect(&sockets(Limits::default()), Echo::new().0).await;
    let mut client = client(stream).await;
    soon(client.send(Message::text("close"))).await.unwrap();
    match soon(client.next()).await {
        Some(Ok(Message::Close(Some(close)))) => assert_eq!(u16::from(close.code), 4000),
        other => panic!("{other:?}"),
    }
}

/// Passes a message on to another socket, and is closed meanwhile.
struct Closing(Arc<Outbound>);

impl Handler for Closing {
    type Fanout = Count;

    fn message(
        &mut self,
        _: crate::socket::Message<'_>,
        outbound: &Arc<Outbound>,
    ) -> Result<Option<Count>, Close> {
        outbound.close(&Close::RESTART);
        Ok(Some(Count {
            next: 100,
            to: Arc::clone(&self.0),
        }))
    }

    fn pause(&mut self) -> Option<tokio::time::Instant> {
        None
    }

    fn closed(&mut self) {}
}

#[tokio::test]
async fn a_message_reaches_all_though_its_sender_is_closed_meanwhile() {
    let sockets = sockets(Limits::default());
    let (receiver, to_receiver, ..) = open(&sockets).await;
    let (mut sender, _) = connect(&sockets, Closing(to_receiver)).await;
    soon(sender.write_all(&client_frame(0x81, 3, b"all")))
        .await
        .unwrap();
    let mut receiver = client(receiver).await;
    for number in (0..100).rev() {
        assert_eq!(
            soon(receiver.next()).await.unwrap().unwrap(),
            Message::text(number.to_string())
        );
    }
}

#[tokio::test]
async fn a_peer_that_goes_without_a_word_is_noticed_at_once() {
    let (stream, _, heard, task) = open(&sockets(Limits::default())).await;
    drop(stream);
    soon(heard.closed).await.unwrap();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn seats_are_left_even_if_the_task_is_aborted() {
    let (_stream, outbound, heard, task) = open(&sockets(Limits::default())).await;
    task.abort();
    soon(heard.closed).await.unwrap();
    assert!(!outbound.is_open());
}

#[tokio::test]
async fn seats_are_left_before_the_close_frame_is() {
    let sockets = sockets(Limits {
        close: Duration::from_secs(3600),
        ..Limits::default()
    });
    let (_stream, outbound, heard, task) = open(&sockets).await;
    fill(&sockets, &outbound);
    outbound.close(&Close::RESTART);
    soon(heard.closed).await.unwrap();
    assert!(!task.is_finished(), "the close frame cannot have left");
}

#[tokio::test]
async fn a_peer_that_does_not_take_its_close_frame_is_not_waited_for() {
    let sockets = sockets(Limits {
        close: Duration::from_millis(100),
        ..Limits::default()
    });
    let (_stream, outbound, _, task) = open(&sockets).await;
    fill(&sockets, &outbound);
    outbound.close(&Close::RESTART);
    soon(task).await.unwrap();
    assert_eq!(sockets.held(), 0);
}

#[tokio::test]
async fn who_sends_nothing_is_closed() {
    let sockets = sockets(Limits {
        idle: Duration::from_millis(100),
        ..Limits::default()
    });
    let (stream, _task) = connect(&sockets, Echo::new().0).await;
    assert_eq!(close_code(stream).await, Close::IDLE.code());
}

#[tokio::test]
async fn who_begins_a_frame_and_does_not_end_it_is_closed() {
    let sockets = sockets(Limits {
        frame: Duration::from_millis(100),
        ..Limits::default()
    });
    let (mut stream, _task) = connect(&sockets, Echo::new().0).await;
    soon(stream.write_all(&client_frame(0x82, 10, b"123")))
        .await
        .unwrap();
    assert_eq!(close_code(stream).await, Close::IDLE.code());
}

#[tokio::test]
async fn who_reads_nothing_is_cut_when_nothing_has_left_for_so_long() {
    let stall = Duration::from_millis(200);
    let sockets = sockets(Limits {
        stall,
        ..Limits::default()
    });
    let (stream, outbound, _, task) = open(&sockets).await;
    fill(&sockets, &outbound);
    let start = Instant::now();
    soon(task).await.unwrap();
    assert!(start.elapsed() >= stall);
    let mut client = client(stream).await;
    let end = loop {
        match soon(client.next()).await {
            Some(Ok(message)) => assert_eq!(message.len(), 60_000),
            other => break other,
        }
    };
    assert!(matches!(end, Some(Err(Error::Io(_)))), "a reset, but {end:?}");
}

#[tokio::test]
async fn a_reader_that_stops_is_closed_and_others_are_not_held_up() {
    let sockets = sockets(Limits::default());
    let (slow, to_slow, ..) = open(&sockets).await;
    let (quick, to_quick, ..) = open(&sockets).await;
    let mut quick = client(quick).await;
    let frame = large_frame();
    let mut sent = 0;
    while to_slow.is_open() {
        assert!(sent < 1_000, "the slow one was never closed");
        to_slow.send(&frame);
        to_quick.send(&frame);
        assert_eq!(soon(quick.next()).await.unwrap().unwrap().len(), 60_000);
        sent += 1;
    }
    assert!(to_quick.is_open());
    // What had left for the slow one is whole, and it learns why.
    let mut slow = client(slow).await;
    let mut whole = 0;
    let close = loop {
        match soon(slow.next()).await {
            Some(Ok(Message::Close(Some(close)))) => break close,
            Some(Ok(message)) => assert_eq!(message.len(), 60_000),
            other => panic!("no close frame but {other:?}"),
        }
        whole += 1;
    };
    assert_eq!(Some(close.code.into()), Close::TOO_SLOW.code());
    assert!(whole < sent);
}

#[tokio::test]
async fn who_holds_most_of_an_exhausted_budget_is_closed_and_the_others_go_on() {
    let sockets = sockets(Limits {
        buffered: 60_000,
        ..Limits::default()
    });
    let frame = client_frame(0x82, 65_000, &[3; 65_000]);
    let (mut small, _small_task) = connect_from(&sockets, Echo::new().0, 1, Bytes::new()).await;
    soon(small.write_all(&frame[..10_000])).await.unwrap();
    until(|| sockets.held() >= 9_000).await;
    let (mut large, large_task) = connect_from(&sockets, Echo::new().0, 2, Bytes::new()).await;
    soon(large.write_all(&frame[..64_000])).await.unwrap();
    assert_eq!(close_code(large).await, Close::OVERLOADED.code());
    soon(large_task).await.unwrap();
    soon(small.write_all(&frame[10_000..20_000])).await.unwrap();
    until(|| sockets.held() >= 19_000).await;
}

#[tokio::test]
async fn all_are_closed_at_once_and_so_are_those_that_come_later() {
    let sockets = sockets(Limits::default());
    let (first, _, _, first_task) = open(&sockets).await;
    let (second, _, _, second_task) = open(&sockets).await;
    sockets.close_all(&Close::RESTART);
    let (late, late_task) = connect(&sockets, Echo::new().0).await;
    for stream in [first, second, late] {
        assert_eq!(close_code(stream).await, Close::RESTART.code());
    }
    for task in [first_task, second_task, late_task] {
        soon(task).await.unwrap();
    }
    until(|| sockets.count() == 0).await;
}
