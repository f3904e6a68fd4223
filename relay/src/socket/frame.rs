//! What a client's frames come to, and the frames that a server sends: final, not masked, header and payload in one
//! buffer.

use std::borrow::Cow;

use bytes::{Buf, Bytes};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The longest payload of a control frame (RFC 6455, section 5.5), in bytes.
pub(super) const MAX_CONTROL: usize = 125;

/// The room that is kept before a payload whose length is not known yet: the longest header of a server's frame.
const MAX_HEADER: usize = 10;

/// A frame of which the header is known.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) opcode: OpCode,
    pub(super) is_final: bool,
    pub(super) mask: [u8; 4],
    /// Of the payload, in bytes.
    pub(super) len: usize,
    /// How much of the payload has come.
    pub(super) come: usize,
}

impl Frame {
    pub(super) fn is_whole(&self) -> bool {
        self.come == self.len
    }
}

/// Of what kind a message is; a continuation does not say it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Binary,
}

/// What one frame comes to. It borrows from the input what came in one piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A whole text message.
    Text(Cow<'a, str>),
    /// A whole binary message.
    Binary(Cow<'a, [u8]>),
    /// A part of a message that goes on.
    Fragment,
    /// To be answered by a pong with the same payload.
    Ping(Cow<'a, [u8]>),
    /// Needs nothing.
    Pong,
    /// The client closes, and this is the answer.
    Close(Close),
}

/// Why a socket is closed: a close code (RFC 6455, section 7.4) and a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Close {
    code: Option<u16>,
    reason: Cow<'static, str>,
}

impl Close {
    /// A frame breaks the rules of the protocol.
    pub(crate) const PROTOCOL: Self = Self::new(1002, "protocol error");
    /// A text is not UTF-8.
    pub(crate) const NOT_UTF8: Self = Self::new(1007, "text is not utf-8");
    /// A message is longer than [`Limits::message`](super::Limits::message).
    pub(crate) const TOO_BIG: Self = Self::new(1009, "message too big");
    /// More waits for the reader than [`Limits::queue`](super::Limits::queue).
    pub(crate) const TOO_SLOW: Self = Self::new(1008, "reads too slowly");
    /// The relay is out of its budget for what waits.
    pub(crate) const OVERLOADED: Self = Self::new(1013, "try again later");
    /// Nothing was heard for [`Limits::idle`](super::Limits::idle), or a frame took longer than
    /// [`Limits::frame`](super::Limits::frame).
    pub(crate) const IDLE: Self = Self::new(1001, "nothing was heard for too long");
    /// The relay stops or starts anew.
    pub(crate) const RESTART: Self = Self::new(1012, "service restart");

    /// A close with this code; `reason` has at most 123 bytes.
    pub(crate) const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code: Some(code),
            reason: Cow::Borrowed(reason),
        }
    }

    /// The answer to a close frame without a code.
    pub(super) const fn empty() -> Self {
        Self {
            code: None,
            reason: Cow::Borrowed(""),
        }
    }

    /// The answer to a close frame with this code and reason.
    pub(super) fn echo(code: u16, reason: &str) -> Self {
        Self {
            code: Some(code),
            reason: Cow::Owned(reason.to_owned()),
        }
    }

    /// The code, if the frame carries one.
    pub(crate) fn code(&self) -> Option<u16> {
        self.code
    }

    /// The words.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

/// A text frame; `write` appends the payload, of about `capacity` bytes (exactly so many spare an allocation).
pub(crate) fn text_frame(capacity: usize, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    frame(OpCode::Data(Data::Text), capacity, write)
}

/// A binary frame; `write` appends the payload, of about `capacity` bytes (exactly so many spare an allocation).
pub(crate) fn binary_frame(capacity: usize, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    frame(OpCode::Data(Data::Binary), capacity, write)
}

/// The answer to a ping.
pub(super) fn pong(payload: &[u8]) -> Bytes {
    frame(OpCode::Control(Control::Pong), payload.len(), |out| {
        out.extend_from_slice(payload)
    })
}

/// A close frame; without a code its payload is empty.
pub(super) fn close(close: &Close) -> Bytes {
    frame(OpCode::Control(Control::Close), MAX_CONTROL, |out| {
        if let Some(code) = close.code() {
            out.extend_from_slice(&code.to_be_bytes());
            out.extend_from_slice(close.reason().as_bytes());
        }
    })
}

fn frame(opcode: OpCode, capacity: usize, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut out = Vec::with_capacity(MAX_HEADER + capacity);
    out.resize(MAX_HEADER, 0);
    write(&mut out);
    let len = out.len() - MAX_HEADER;
    let first = 0x80 | u8::from(opcode);
    // The header is written backwards from the payload, so that it need not be moved.
    let start = match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ ..126), _) => {
            out[8..10].copy_from_slice(&[first, short]);
            8
        }
        (_, Ok(medium)) => {
            out[6..8].copy_from_slice(&[first, 126]);
            out[8..10].copy_from_slice(&medium.to_be_bytes());
            6
        }
        _ => {
            out[0..2].copy_from_slice(&[first, 127]);
            out[2..10].copy_from_slice(&(len as u64).to_be_bytes());
            0
        }
    };
    let mut frame = Bytes::from(out);
    frame.advance(start);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tungstenite::protocol::frame::Frame;

    use super::*;

    proptest! {
        #[test]
        fn frames_are_written_as_tungstenite_writes_them(
            len in prop_oneof![0..130_usize, 65_500..65_600_usize], hint in 0..200_usize, text: bool,
        ) {
            let payload = vec![b'a'; len];
            let data = if text { Data::Text } else { Data::Binary };
            let write = |out: &mut Vec<u8>| out.extend_from_slice(&payload);
            let ours = if text { text_frame(hint, write) } else { binary_frame(hint, write) };
            let mut expected = Vec::new();
            Frame::message(payload.clone(), OpCode::Data(data), true).format(&mut expected).unwrap();
            prop_assert_eq!(ours, expected);
        }
    }
}
