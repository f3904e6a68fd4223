//! A plain Phoenix channel server: what `sotto` can use in the place of its own relay.
//!
//! It checks the hashes of a join in their form only, broadcasts every event from its sender to the others, and
//! replies ok. It knows no presence.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::mischief::{HELD_BACK, Hand, Mischief};

/// A running server. Ends on drop.
#[derive(Debug)]
pub struct Phoenix {
    address: SocketAddr,
    _runtime: Runtime,
}

impl Phoenix {
    /// Starts a server on a free port of the loopback that does some mischief, or none.
    pub fn start(mischief: Mischief) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let topics = Topics::default();
        runtime.spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                tokio::spawn(serve(stream, peer, Arc::clone(&topics), mischief));
            }
        });
        Self {
            address,
            _runtime: runtime,
        }
    }

    /// What a client is given.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

type Topics = Arc<Mutex<HashMap<String, Vec<Member>>>>;

struct Member {
    socket: SocketAddr,
    outbox: UnboundedSender<Message>,
    hand: Hand,
}

/// A text frame's fields.
type Fields = (Value, Value, String, String, Value);

async fn serve(stream: TcpStream, socket: SocketAddr, topics: Topics, mischief: Mischief) {
    let Ok(connection) = accept_async(stream).await else {
        return;
    };
    let (mut writer, mut reader) = connection.split();
    let (outbox, mut outgoing) = unbounded_channel();
    let writing = tokio::spawn(async move {
        while let Some(message) = outgoing.recv().await {
            if writer.send(message).await.is_err() {
                break;
            }
        }
    });
    while let Some(Ok(message)) = reader.next().await {
        match message {
            Message::Text(text) => {
                let fields: Fields = serde_json::from_str(&text).expect("a client sends V2 frames");
                text_push(fields, socket, &outbox, &topics, mischief);
            }
            Message::Binary(frame) => binary_push(&frame, socket, &outbox, &topics),
            _ => {}
        }
    }
    leave_all(&topics, socket);
    writing.abort();
}

fn text_push(
    (join_ref, reference, topic, event, payload): Fields,
    socket: SocketAddr,
    outbox: &UnboundedSender<Message>,
    topics: &Topics,
    mischief: Mischief,
) {
    let mut close = None;
    let reply = match event.as_str() {
        "heartbeat" => ok(),
        "phx_join" if mischief == Mischief::Refuse || !may_join(&topic, &payload) => {
            json!({"status": "error", "response": {"reason": "unauthorized"}})
        }
        "phx_join" => {
            let member = Member {
                socket,
                outbox: outbox.clone(),
                hand: Hand::new(mischief),
            };
            topics
                .lock()
                .unwrap()
                .entry(topic.clone())
                .or_default()
                .push(member);
            ok()
        }
        "phx_leave" => {
            leave_all(topics, socket);
            close = Some(json!([join_ref, join_ref, topic, "phx_close", {}]));
            ok()
        }
        _ => {
            let notice = Message::text(json!([null, null, topic, event, payload]).to_string());
            for member in topics.lock().unwrap().get(&topic).into_iter().flatten() {
                if member.socket != socket {
                    let _ = member.outbox.send(notice.clone());
                }
            }
            ok()
        }
    };
    if !reference.is_null() {
        let reply = json!([join_ref, reference, topic, "phx_reply", reply]);
        let _ = outbox.send(Message::text(reply.to_string()));
    }
    if let Some(close) = close {
        let _ = outbox.send(Message::text(close.to_string()));
    }
}

fn binary_push(frame: &[u8], socket: SocketAddr, outbox: &UnboundedSender<Message>, topics: &Topics) {
    let [0, lengths @ ..] = frame else {
        panic!("a client sends pushes only");
    };
    let (lengths, mut rest) = lengths.split_first_chunk::<4>().expect("a push has four fields");
    let [join_ref, reference, topic, event] = lengths.map(|length| {
        let field;
        (field, rest) = rest.split_at(length.into());
        String::from_utf8(field.to_vec()).unwrap()
    });
    let mut head = vec![2, lengths[2], lengths[3]];
    head.extend_from_slice(topic.as_bytes());
    head.extend_from_slice(event.as_bytes());
    for member in topics.lock().unwrap().get_mut(&topic).into_iter().flatten() {
        let own = member.socket == socket;
        for data in member.hand.deal(Bytes::copy_from_slice(rest), own) {
            let _ = member.outbox.send(Message::binary([&head[..], &data].concat()));
        }
        if let (false, Some(number)) = (own, member.hand.holds_back()) {
            let (topics, topic, head, socket) =
                (Arc::clone(topics), topic.clone(), head.clone(), member.socket);
            tokio::spawn(async move {
                tokio::time::sleep(HELD_BACK).await;
                release(&topics, &topic, socket, number, &head);
            });
        }
    }
    if !reference.is_empty() {
        let reply = json!([join_ref, reference, topic, "phx_reply", ok()]);
        let _ = outbox.send(Message::text(reply.to_string()));
    }
}

/// Passes on what has been held back for a member long enough.
fn release(topics: &Topics, topic: &str, socket: SocketAddr, number: usize, head: &[u8]) {
    for member in topics.lock().unwrap().get_mut(topic).into_iter().flatten() {
        if member.socket == socket
            && let Some(data) = member.hand.release(number)
        {
            let _ = member.outbox.send(Message::binary([head, &data].concat()));
        }
    }
}

fn ok() -> Value {
    json!({"status": "ok", "response": {}})
}

/// The form of the three hashes is all that this server knows of them.
fn may_join(topic: &str, payload: &Value) -> bool {
    let is_hash = |text: &str| {
        text.len() == 64
            && text
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    };
    topic.strip_prefix("anon_room:").is_some_and(is_hash)
        && ["access_hash", "sender_hash"]
            .iter()
            .all(|field| payload[field].as_str().is_some_and(is_hash))
}

fn leave_all(topics: &Topics, socket: SocketAddr) {
    for members in topics.lock().unwrap().values_mut() {
        members.retain(|member| member.socket != socket);
    }
}
