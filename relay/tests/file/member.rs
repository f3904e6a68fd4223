//! The machinery of the tests: a socket that joins rooms.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use socket2::{Domain, Socket, Type};
use sotto_protocol::frame::{Payload, Push, Ref};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};

use crate::relay::{Running, SOON};

/// The credentials of a room that is first come, first served: only a record keeps others out.
#[derive(Clone, Debug)]
pub struct Room {
    pub topic: String,
    pub access: String,
}

pub fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

impl Room {
    /// Made up of a name.
    pub fn new(name: &str) -> Self {
        Self {
            topic: format!("anon_room:{}", sha256(name)),
            access: sha256(&format!("access of {name}")),
        }
    }

    /// The same room, under another access hash.
    pub fn forged(&self) -> Self {
        Self {
            access: sha256("forged"),
            ..self.clone()
        }
    }

    /// What stands for it in the table: its name, and what it is joined with.
    pub fn table_hashes(&self) -> [String; 2] {
        [
            sha256(self.topic.strip_prefix("anon_room:").unwrap()),
            sha256(&self.access),
        ]
    }

    pub fn name(&self) -> String {
        self.table_hashes()[0].clone()
    }
}

pub struct Member {
    socket: WebSocket<TcpStream>,
    pub sender: String,
}

impl Member {
    pub fn connect(relay: &Running) -> Self {
        Self::connect_to(&relay.addr)
    }

    /// To where a relay listens.
    pub fn connect_to(addr: &str) -> Self {
        Self::over(TcpStream::connect(addr).unwrap(), addr)
    }

    /// From another address of this machine.
    pub fn connect_from(address: Ipv4Addr, relay: &Running) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        let addr: SocketAddr = relay.addr.parse().unwrap();
        socket.connect(&addr.into()).unwrap();
        Self::over(socket.into(), &relay.addr)
    }

    /// The socket's own port.
    pub fn port(&self) -> u16 {
        self.socket.get_ref().local_addr().unwrap().port()
    }

    fn over(stream: TcpStream, addr: &str) -> Self {
        stream.set_read_timeout(Some(SOON)).unwrap();
        let url = format!("ws://{addr}/socket/websocket?vsn=2.0.0");
        Self {
            sender: sha256(&stream.local_addr().unwrap().to_string()),
            socket: client(url, stream).unwrap().0,
        }
    }

    /// Sends an event and reads on to its reply: `ok`, or the reason of the refusal.
    pub fn ask(&mut self, room: &Room, event: &str) -> Result<String, Error> {
        let payload = json!({"access_hash": room.access, "sender_hash": self.sender});
        self.say(room, event, &payload)
    }

    /// The same with another payload.
    pub fn say(&mut self, room: &Room, event: &str, payload: &Value) -> Result<String, Error> {
        let push = json!(["1", event, room.topic, event, payload]);
        self.socket.send(Message::text(push.to_string()))?;
        loop {
            let frame = self.read()?;
            if frame[1] == event && frame[3] == "phx_reply" {
                let reply = &frame[4];
                let word = reply["response"]["reason"].as_str().or(reply["status"].as_str());
                return Ok(word.unwrap().to_owned());
            }
        }
    }

    /// Sends an event with a payload that is not JSON.
    pub fn push(&mut self, topic: &str, reference: &str, event: &str, payload: &[u8]) -> Result<(), Error> {
        let push = Push {
            join_ref: Ref::Text("1".into()),
            reference: Ref::Text(reference.into()),
            topic: topic.into(),
            event: event.into(),
            payload: Payload::Binary(payload),
        };
        let mut frame = Vec::new();
        push.encode(&mut frame).unwrap();
        self.socket.send(Message::binary(frame))
    }

    /// The next binary frame.
    pub fn read_binary(&mut self) -> Vec<u8> {
        match self.socket.read().unwrap() {
            Message::Binary(frame) => frame.to_vec(),
            other => panic!("a binary frame, not {other:?}"),
        }
    }

    /// Sends whatever it is.
    pub fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    pub fn join(&mut self, room: &Room) -> Result<String, Error> {
        self.ask(room, "phx_join")
    }

    pub fn read(&mut self) -> Result<Value, Error> {
        loop {
            match self.socket.read()? {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(_) => return Err(Error::ConnectionClosed),
                _ => {}
            }
        }
    }

    /// Reads on to the next frame of an event.
    pub fn wait_for(&mut self, event: &str) {
        self.read_event(event);
    }

    /// The next frame of an event.
    pub fn read_event(&mut self, event: &str) -> Value {
        loop {
            let frame = self.read().unwrap();
            if frame[3] == event {
                return frame;
            }
        }
    }
}
