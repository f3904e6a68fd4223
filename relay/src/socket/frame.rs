//! The frames that a server sends: final, not masked, header and payload in one buffer.

use bytes::{Buf, Bytes};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::Close;

/// The longest payload of a control frame (RFC 6455, section 5.5), in bytes.
pub(super) const MAX_CONTROL: usize = 125;

/// The room that is kept before a payload whose length is not known yet: the longest header of a server's frame.
const MAX_HEADER: usize = 10;

/// A text frame; `write` appends the payload, of about `capacity` bytes (exactly so many spare an allocation).
pub fn text_frame(capacity: usize, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    frame(OpCode::Data(Data::Text), capacity, write)
}

/// A binary frame; `write` appends the payload, of about `capacity` bytes (exactly so many spare an allocation).
pub fn binary_frame(capacity: usize, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
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
