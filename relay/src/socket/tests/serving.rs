//! A socket that is served.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use super::peer::{Echo, client, connect, soon};
use crate::socket::{Limits, Sockets};

fn sockets(limits: Limits) -> Arc<Sockets> {
    Arc::new(Sockets::new(limits))
}

#[tokio::test]
async fn messages_of_any_length_come_back_as_they_were_sent() {
    let sockets = sockets(Limits::default());
    let (stream, _task) = connect(&sockets, Echo::default()).await;
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
async fn a_fan_out_is_over_before_the_next_message_is_read() {
    let sockets = sockets(Limits::default());
    let (stream, _task) = connect(&sockets, Echo::default()).await;
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
async fn a_close_is_answered_and_the_handler_is_told() {
    let sockets = sockets(Limits::default());
    let echo = Echo::default();
    let closed = Arc::clone(&echo.closed);
    let (stream, task) = connect(&sockets, echo).await;
    let mut client = client(stream).await;
    soon(client.close(None)).await.unwrap();
    assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::Close(None));
    drop(client);
    soon(task).await.unwrap();
    assert!(closed.load(Ordering::SeqCst));
    assert_eq!(sockets.count(), 0);
}
