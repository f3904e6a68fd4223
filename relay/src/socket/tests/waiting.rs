//! A message that cannot be done with at once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::peer::{Count, client, connect, soon};
use crate::socket::{self, Close, Handler, Limits, Outbound, Sockets, text_frame};

/// Sends back what it is given; the first message only when it is let.
struct Slow {
    let_go: Option<oneshot::Receiver<()>>,
    started: Option<oneshot::Sender<Arc<Outbound>>>,
    first: Option<String>,
}

fn send(outbound: &Outbound, text: &str) {
    outbound.send(&text_frame(text.len(), |out| {
        out.extend_from_slice(text.as_bytes())
    }));
}

impl Handler for Slow {
    type Fanout = Count;

    fn message(
        &mut self,
        message: socket::Message<'_>,
        outbound: &Arc<Outbound>,
    ) -> Result<Option<Count>, Close> {
        let socket::Message::Text(text) = message else {
            return Ok(None);
        };
        match self.started.take() {
            Some(started) => {
                self.first = Some(text.to_owned());
                let _ = started.send(outbound.clone());
            }
            None => send(outbound, text),
        }
        Ok(None)
    }

    fn is_waiting(&self) -> bool {
        self.first.is_some()
    }

    fn resume(&mut self, cx: &mut Context<'_>, outbound: &Arc<Outbound>) -> Poll<Option<Count>> {
        if let Some(let_go) = &mut self.let_go {
            let _ = ready!(Pin::new(let_go).poll(cx));
        }
        if let Some(first) = self.first.take() {
            send(outbound, &first);
        }
        Poll::Ready(Some(Count {
            next: 2,
            to: outbound.clone(),
        }))
    }

    fn pause(&mut self) -> Option<Instant> {
        None
    }

    fn closed(&mut self) {}
}

#[tokio::test]
async fn nothing_is_read_while_a_message_waits_but_what_others_send_leaves() {
    let (let_go, is_let_go) = oneshot::channel();
    let (started, is_started) = oneshot::channel();
    let slow = Slow {
        let_go: Some(is_let_go),
        started: Some(started),
        first: None,
    };
    let (stream, _task) = connect(&Arc::new(Sockets::new(Limits::default())), slow).await;
    let mut client = client(stream).await;
    for text in ["first", "second"] {
        soon(client.send(Message::text(text))).await.unwrap();
    }
    let outbound = soon(is_started).await.unwrap();
    send(&outbound, "of others");
    assert_eq!(
        soon(client.next()).await.unwrap().unwrap(),
        Message::text("of others")
    );
    let_go.send(()).unwrap();
    for text in ["first", "1", "0", "second"] {
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::text(text));
    }
}
