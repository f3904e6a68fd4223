//! A relay whose every step a test decides.

use std::future::Future;

use futures_util::{SinkExt, StreamExt};
use serde_json::value::RawValue;
use sotto_protocol::Credentials;
use sotto_protocol::frame::{Notice, Payload, Push, Ref, Reply, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use super::LIMIT;

/// A port that waits for connections.
pub(super) struct Relay {
    listener: TcpListener,
}

/// One connection, after the upgrade.
pub(super) struct Client {
    stream: WebSocketStream<TcpStream>,
}

/// What a client pushed.
#[derive(Debug, Clone)]
pub(super) struct Pushed {
    pub(crate) join_ref: Ref<'static>,
    pub(crate) reference: Ref<'static>,
    pub(crate) topic: String,
    pub(crate) event: String,
    /// Of a text frame.
    pub(crate) json: Option<Box<RawValue>>,
    /// Of a binary one.
    pub(crate) data: Vec<u8>,
    /// Of the whole frame.
    pub(crate) length: u64,
}

/// Fails a test that waits for ever.
async fn limited<T>(work: impl Future<Output = T>) -> T {
    timeout(LIMIT, work)
        .await
        .expect("the client did nothing in time")
}

impl Relay {
    pub(super) async fn listen() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("ws://{}/", self.listener.local_addr().unwrap())
    }

    /// A connection as it comes.
    pub(super) async fn accept(&self) -> TcpStream {
        limited(self.listener.accept()).await.unwrap().0
    }

    /// A connection, upgraded.
    pub(super) async fn upgraded(&self) -> Client {
        let tcp = self.accept().await;
        Client {
            stream: limited(accept_async(tcp)).await.unwrap(),
        }
    }

    /// A connection whose join was accepted, and the sender hash of it.
    pub(super) async fn joined(&self) -> (Client, Pushed, String) {
        let mut client = self.upgraded().await;
        let join = client.pushed().await;
        assert_eq!(join.event, "phx_join");
        client.reply(&join, Status::Ok, "{}").await;
        let credentials = Credentials::parse(join.json.as_ref().unwrap()).unwrap();
        (client, join, credentials.sender.to_hex().to_string())
    }

    /// Reads a request's head and answers with these bytes, then closes.
    pub(super) async fn answers(&self, bytes: &[u8]) {
        let mut tcp = self.accept().await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(limited(tcp.read_u8()).await.unwrap());
        }
        tcp.write_all(bytes).await.unwrap();
        tcp.shutdown().await.unwrap();
    }
}

impl Client {
    /// The next push; `None` when the client closed.
    pub(super) async fn next(&mut self) -> Option<Pushed> {
        loop {
            return match limited(self.stream.next()).await {
                Some(Ok(Message::Text(text))) => {
                    let push = Push::decode_text(text.as_str()).unwrap();
                    let Payload::Json(json) = push.payload else {
                        unreachable!()
                    };
                    Some(Pushed {
                        json: Some(json.to_owned()),
                        ..Pushed::of(push, text.len())
                    })
                }
                Some(Ok(Message::Binary(data))) => {
                    Some(Pushed::of(Push::decode_binary(&data).unwrap(), data.len()))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                _ => None,
            };
        }
    }

    /// The next push of a client that is still there. Sealed payloads are let pass.
    pub(super) async fn pushed(&mut self) -> Pushed {
        loop {
            let push = self.next().await.expect("the client closed");
            if push.event != "sealed" {
                return push;
            }
        }
    }

    /// For what a client may cut short.
    pub(super) fn stream(&mut self) -> &mut WebSocketStream<TcpStream> {
        &mut self.stream
    }

    pub(super) async fn send(&mut self, message: Message) {
        limited(self.stream.send(message)).await.unwrap();
    }

    pub(super) async fn text(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    /// A sealed payload of another one's.
    pub(super) async fn sealed(&mut self, join: &Pushed, payload: &[u8]) {
        let mut out = Vec::new();
        Notice {
            join_ref: Ref::Null,
            reference: Ref::Null,
            topic: join.topic.as_str().into(),
            event: "sealed".into(),
            payload: Payload::Binary(payload),
        }
        .encode(&mut out)
        .unwrap();
        self.send(Message::binary(out)).await;
    }

    pub(super) async fn reply(&mut self, push: &Pushed, status: Status, response: &str) {
        let response = RawValue::from_string(response.to_owned()).unwrap();
        let mut out = Vec::new();
        Reply {
            join_ref: push.join_ref.clone(),
            reference: push.reference.clone(),
            topic: push.topic.as_str().into(),
            status,
            response: Payload::Json(&response),
        }
        .encode(&mut out)
        .unwrap();
        self.text(&String::from_utf8(out).unwrap()).await;
    }

    /// A push of the relay's to the channel that this join made.
    pub(super) async fn notice(&mut self, join: &Pushed, event: &str, json: &str) {
        let payload = RawValue::from_string(json.to_owned()).unwrap();
        let mut out = Vec::new();
        Notice {
            join_ref: join.join_ref.clone(),
            reference: join.join_ref.clone(),
            topic: join.topic.as_str().into(),
            event: event.into(),
            payload: Payload::Json(&payload),
        }
        .encode(&mut out)
        .unwrap();
        self.text(&String::from_utf8(out).unwrap()).await;
    }
}

impl Pushed {
    fn of(push: Push<'_>, length: usize) -> Self {
        let data = match push.payload {
            Payload::Binary(data) => data.to_owned(),
            Payload::Json(_) => Vec::new(),
        };
        Self {
            join_ref: push.join_ref.into_owned(),
            reference: push.reference.into_owned(),
            topic: push.topic.into_owned(),
            event: push.event.into_owned(),
            json: None,
            data,
            length: length as u64,
        }
    }
}
