//! The machinery of the tests: a relay on a free port, and a client that speaks Phoenix Channels.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sotto_relay::{CancellationToken, Options, Relay};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};

/// Whatever is awaited comes within this time, or the test fails.
pub const SOON: Duration = Duration::from_secs(20);

/// Limits by address that tests of other things do not meet: all of them come from one address.
pub fn roomy() -> Options {
    Options {
        listen: ([127, 0, 0, 1], 0).into(),
        address_connections: 0,
        address_joins: 0,
        address_failed_joins: 0,
        address_rooms: 0,
        address_seats: 0,
        address_unseated: 0,
        address_deliveries: 0,
        address_bytes: 0,
        max_messages: 0,
        max_mbit: 0,
        kept_days: 0,
        ..Options::default()
    }
}

/// A relay that runs until it is dropped.
pub struct Running {
    pub addr: SocketAddr,
    pub shutdown: CancellationToken,
    pub task: JoinHandle<()>,
}

impl Running {
    pub async fn start(options: Options) -> Self {
        let relay = Relay::bind(options).await.unwrap();
        let shutdown = CancellationToken::new();
        Self {
            addr: relay.local_addr(),
            shutdown: shutdown.clone(),
            task: tokio::spawn(relay.run(shutdown)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// The credentials of a room, made up of its name.
#[derive(Clone)]
pub struct Room {
    pub topic: String,
    pub access: String,
}

fn hex_sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

impl Room {
    /// A pair of hashes that belong together.
    pub fn proven(name: &str) -> Self {
        let access = hex_sha256(name);
        let room = hex_sha256(&format!("sotto/v1/room:{access}"));
        Self {
            topic: format!("anon_room:{room}"),
            access,
        }
    }

    /// The same room, under an access hash that does not belong to it.
    pub fn forged(&self) -> Self {
        Self {
            topic: self.topic.clone(),
            access: hex_sha256("forged"),
        }
    }
}

/// A sender hash, made up of a name.
pub fn sender(name: &str) -> String {
    hex_sha256(&format!("sender {name}"))
}

/// What others see of a sender hash.
pub fn presence_key(name: &str) -> String {
    hex_sha256(&sender(name))
}

/// A socket.
pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub async fn connect(relay: &Running) -> Self {
        let url = format!("ws://{}/socket/websocket?vsn=2.0.0", relay.addr);
        let (socket, _) = connect_async(url).await.unwrap();
        Self { socket }
    }

    /// A client that sits in a room under the join_ref "1".
    pub async fn seated(relay: &Running, room: &Room, name: &str) -> Self {
        let mut client = Self::connect(relay).await;
        client.join(room, name).await;
        client
    }

    /// Joins under the join_ref "1" and reads what a joiner gets.
    pub async fn join(&mut self, room: &Room, name: &str) {
        let reply = self.ask_join("1", room, name).await;
        assert_eq!(
            reply,
            json!(["1", "1", room.topic, "phx_reply", {"status": "ok", "response": {}}])
        );
        assert_eq!(self.next().await[3], "presence_state");
    }

    /// Joins and reads the reply.
    pub async fn ask_join(&mut self, join_ref: &str, room: &Room, name: &str) -> Value {
        let payload = json!({"access_hash": room.access, "sender_hash": sender(name)});
        self.send(json!([join_ref, join_ref, room.topic, "phx_join", payload]))
            .await;
        self.next().await
    }

    pub async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// The next message, of whatever kind.
    pub async fn next_raw(&mut self) -> Message {
        tokio::time::timeout(SOON, self.socket.next())
            .await
            .expect("something comes")
            .expect("the socket is open")
            .unwrap()
    }

    /// The next text frame.
    pub async fn next(&mut self) -> Value {
        match self.next_raw().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("a text frame, not {other:?}"),
        }
    }

    /// The close code that the relay sends, whatever comes before it.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match tokio::time::timeout(SOON, self.socket.next())
                .await
                .expect("the end comes")
            {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("a close frame, not {other:?}"),
            }
        }
    }

    /// Nothing more has come for this socket: a heartbeat's reply is the next that does.
    pub async fn expect_silence(&mut self) {
        self.send(json!([null, "silence", "phoenix", "heartbeat", {}]))
            .await;
        assert_eq!(
            self.next().await,
            json!([null, "silence", "phoenix", "phx_reply", {"status": "ok", "response": {}}])
        );
    }
}

/// The status with which an upgrade is refused.
pub fn refused(result: Result<impl Sized, tungstenite::Error>) -> u16 {
    match result {
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("an HTTP answer, not {other}"),
        Ok(_) => panic!("the upgrade is refused"),
    }
}
