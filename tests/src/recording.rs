//! What somebody on the way sees of one connection.

use std::io::Cursor;

use serde_json::Value;
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Data, OpCode},
};

/// The bytes of one connection, as they went over the wire.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// From the client to the relay.
    pub up: Vec<u8>,
    /// From the relay to the client.
    pub down: Vec<u8>,
}

/// A whole WebSocket frame, unmasked.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Binary, not text.
    pub binary: bool,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// What a client pushes in a binary frame.
#[derive(Debug, Clone)]
pub struct Push {
    /// The event.
    pub event: String,
    /// The data.
    pub data: Vec<u8>,
}

impl Recording {
    /// The data frames that the client sent, unmasked.
    pub fn sent(&self) -> Vec<Frame> {
        frames(&self.up)
    }

    /// The data frames that the relay sent.
    pub fn received(&self) -> Vec<Frame> {
        frames(&self.down)
    }

    /// The first join that the client sent: `[join_ref, ref, topic, event, payload]`.
    pub fn join(&self) -> Value {
        let sent = self.sent();
        let join: Value = serde_json::from_slice(&sent.first().expect("it joined").payload).unwrap();
        assert_eq!(join[3], "phx_join");
        join
    }

    /// Everything that can be searched: the raw bytes both ways, and what the masks of the client hide.
    pub fn all(&self) -> Vec<u8> {
        let mut all = [&self.up[..], &self.down[..]].concat();
        for frame in self.sent() {
            all.extend(frame.payload);
        }
        all
    }

    /// The binary pushes of the client.
    pub fn pushes(&self) -> Vec<Push> {
        let binary = self.sent().into_iter().filter(|frame| frame.binary);
        binary.map(|frame| push(&frame.payload)).collect()
    }
}

/// The frames behind the request or response head. One that was cut short is left out.
fn frames(bytes: &[u8]) -> Vec<Frame> {
    let head = b"\r\n\r\n";
    let Some(end) = bytes.windows(head.len()).position(|window| window == head) else {
        return Vec::new();
    };
    let mut rest = &bytes[end + head.len()..];
    let mut frames = Vec::new();
    loop {
        let mut cursor = Cursor::new(rest);
        let Ok(Some((header, length))) = FrameHeader::parse(&mut cursor) else {
            return frames;
        };
        let start = cursor.position() as usize;
        let Some(payload) = rest.get(start..start + length as usize) else {
            return frames;
        };
        let mask = header.mask.unwrap_or_default();
        let payload = payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        if let OpCode::Data(kind @ (Data::Text | Data::Binary)) = header.opcode {
            assert!(header.is_final, "no client or relay of ours fragments");
            let binary = kind == Data::Binary;
            frames.push(Frame { binary, payload });
        }
        rest = &rest[start + length as usize..];
    }
}

fn push(frame: &[u8]) -> Push {
    let [0, join_ref, reference, topic, event, rest @ ..] = frame else {
        panic!("not the head of a push: {frame:?}");
    };
    let before = usize::from(*join_ref) + usize::from(*reference) + usize::from(*topic);
    let (event, data) = rest[before..].split_at((*event).into());
    Push {
        event: String::from_utf8_lossy(event).into_owned(),
        data: data.to_vec(),
    }
}
