//! A socket that is served.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::task::yield_now;
use tokio_tungstenite::tungstenite::Message;

use super::peer::{Echo, client, client_frame, connect, connect_from, soon, until};
use crate::socket::{Limits, Sockets};

fn sockets() -> Arc<Sockets> {
    Arc::new(Sockets::new(Limits::default()))
}

#[tokio::test]
async fn messages_of_any_length_come_back_as_they_were_sent() {
    let (stream, _task) = connect(&sockets(), Echo::new().0).await;
    let mut client = client(stream).await;
    for length in [0, 1, 125, 126, 4096, 65_535, 65_536, 68 * 1024] {
        let message = Message::binary(vec![7; length]);
        soon(client.send(message.clone())).await.unwrap();
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), message);
        let message = Message::text("é".repeat(length / 2));
        soon(client.send(message.clone())).await.unwrap();
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), message);
    }
}

#[tokio::test]
async fn a_ping_is_answered() {
    let (stream, _task) = connect(&sockets(), Echo::new().0).await;
    let mut client = client(stream).await;
    soon(client.send(Message::Ping("here".into()))).await.unwrap();
    assert_eq!(
        soon(client.next()).await.unwrap().unwrap(),
        Message::Pong("here".into())
    );
}

#[tokio::test]
async fn pings_pongs_and_fragments_are_not_free() {
    let (echo, _) = Echo::new();
    let (count, others) = (Arc::clone(&echo.count), Arc::clone(&echo.others));
    let (mut stream, _task) = connect(&sockets(), echo).await;
    for first in [0x89, 0x8a, 0x01, 0x80] {
        soon(stream.write_all(&client_frame(first, 1, b"x")))
            .await
            .unwrap();
    }
    until(|| count.load(Ordering::SeqCst) == 1).await;
    assert_eq!(others.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_was_read_with_the_handshake_comes_first() {
    let frame = client_frame(0x81, 5, b"first");
    let (start, rest) = frame.split_at(frame.len() - 3);
    let (echo, _) = Echo::new();
    let (mut stream, _task) = connect_from(&sockets(), echo, 0, Bytes::copy_from_slice(start)).await;
    soon(stream.write_all(rest)).await.unwrap();
    let mut client = client(stream).await;
    assert_eq!(
        soon(client.next()).await.unwrap().unwrap(),
        Message::text("first")
    );
}

#[tokio::test]
async fn a_fan_out_is_over_before_the_next_message_is_read() {
    let (stream, _task) = connect(&sockets(), Echo::new().0).await;
    let mut client = client(stream).await;
    for text in ["count", "after"] {
        soon(client.send(Message::text(text))).await.unwrap();
    }
    for number in (0..100).rev() {
        assert_eq!(
            soon(client.next()).await.unwrap().unwrap(),
            Message::text(number.to_string())
        );
    }
    assert_eq!(
        soon(client.next()).await.unwrap().unwrap(),
        Message::text("after")
    );
}

#[tokio::test]
async fn a_task_takes_no_more_than_16_frames_before_others_run() {
    let (echo, _) = Echo::new();
    let count = Arc::clone(&echo.count);
    let (mut stream, _task) = connect(&sockets(), echo).await;
    soon(stream.write_all(&client_frame(0x81, 1, b"x").repeat(500)))
        .await
        .unwrap();
    let mut most = 0;
    let mut before = 0;
    while before < 500 {
        soon(yield_now()).await;
        let now = count.load(Ordering::SeqCst);
        most = most.max(now - before);
        before = now;
    }
    assert!((1..=16).contains(&most), "{most} frames in one turn");
}

#[tokio::test]
async fn a_paused_sender_is_slowed_and_loses_nothing() {
    const PAUSE: Duration = Duration::from_millis(60);
    // A pause longer than the idle limit is not the sender's silence.
    let limits = Limits {
        idle: PAUSE / 2,
        ..Limits::default()
    };
    let (mut echo, _) = Echo::new();
    echo.pause = Some(PAUSE);
    let (mut stream, _task) = connect(&Arc::new(Sockets::new(limits)), echo).await;
    let start = Instant::now();
    soon(stream.write_all(&client_frame(0x81, 1, b"x").repeat(33)))
        .await
        .unwrap();
    let mut client = client(stream).await;
    for _ in 0..33 {
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::text("x"));
    }
    // 16, a pause, 16, a pause, and the last.
    assert!(start.elapsed() >= 2 * PAUSE);
}

#[tokio::test]
async fn after_large_messages_an_idle_connection_holds_no_buffer() {
    let sockets = sockets();
    let (mut stream, _task) = connect(&sockets, Echo::new().0).await;
    let frame = client_frame(0x82, 65_576, &vec![1; 65_576]);
    let (start, rest) = frame.split_at(40_000);
    soon(stream.write_all(start)).await.unwrap();
    until(|| sockets.held() >= 30_000).await;
    soon(stream.write_all(rest)).await.unwrap();
    let mut client = client(stream).await;
    assert_eq!(soon(client.next()).await.unwrap().unwrap().len(), 65_576);
    until(|| sockets.held() == 0).await;
}
