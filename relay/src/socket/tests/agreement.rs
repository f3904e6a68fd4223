//! For any frames, split anywhere, this server side and tungstenite's come to the same messages and the same end.

use std::io::{self, Read, Write};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use crate::socket::Close;
use crate::socket::{frame::Event, inbound::Inbound};

/// The longest message in these tests, in bytes: above the two marks at which a header grows.
const LIMIT: usize = 66_000;

/// A frame, right or wrong, as it goes over the wire.
#[derive(Debug, Clone)]
struct Frame {
    is_final: bool,
    reserved: u8,
    opcode: u8,
    mask: Option<[u8; 4]>,
    payload: Vec<u8>,
}

impl Frame {
    fn write(&self, out: &mut Vec<u8>) {
        let len = self.payload.len();
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        out.push(if self.is_final { 0x80 } else { 0 } | self.reserved << 4 | self.opcode);
        match len {
            0..126 => out.push(masked | len as u8),
            126..65_536 => {
                out.push(masked | 126);
                out.extend_from_slice(&(len as u16).to_be_bytes());
            }
            _ => {
                out.push(masked | 127);
                out.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        out.extend(self.mask.iter().flatten());
        let mask = self.mask.unwrap_or_default();
        out.extend(
            self.payload
                .iter()
                .enumerate()
                .map(|(i, byte)| byte ^ mask[i % 4]),
        );
    }
}

/// What is wrong with a frame.
#[derive(Debug, Clone)]
enum Fault {
    NotMasked,
    Reserved(u8),
    Opcode(u8),
    Final,
    Byte(Index, u8),
    Length(usize),
}

impl Fault {
    fn spoil(&self, frame: &mut Frame) {
        match self {
            Self::NotMasked => frame.mask = None,
            Self::Reserved(bits) => frame.reserved = *bits,
            Self::Opcode(opcode) => frame.opcode = *opcode,
            Self::Final => frame.is_final = !frame.is_final,
            Self::Byte(place, byte) if !frame.payload.is_empty() => {
                let place = place.index(frame.payload.len());
                frame.payload[place] = *byte;
            }
            Self::Byte(..) => {}
            Self::Length(len) => frame.payload.resize(*len, b'a'),
        }
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::NotMasked),
        (1..8_u8).prop_map(Fault::Reserved),
        (0..16_u8).prop_map(Fault::Opcode),
        Just(Fault::Final),
        any::<(Index, u8)>().prop_map(|(place, byte)| Fault::Byte(place, byte)),
        prop_oneof![0..3_usize, 124..128_usize, LIMIT - 1..LIMIT + 2].prop_map(Fault::Length),
    ]
}

fn frame(opcode: u8, is_final: bool, payload: Vec<u8>, mask: [u8; 4]) -> Frame {
    Frame {
        is_final,
        reserved: 0,
        opcode,
        mask: Some(mask),
        payload,
    }
}

fn control() -> impl Strategy<Value = Frame> {
    let ping = (9..11_u8, vec(any::<u8>(), 0..126));
    let codes = prop_oneof![
        Just(1000_u16),
        Just(1005),
        Just(1006),
        Just(2999),
        998..1020_u16,
        any::<u16>()
    ]
    // Which tungstenite does not know.
    .prop_filter("1014", |code| *code != 1014);
    let close = (codes, "\\PC{0,20}").prop_map(|(code, reason)| {
        let payload = [code.to_be_bytes().as_slice(), reason.as_bytes()].concat();
        (8, payload)
    });
    let bare = (0..2_usize).prop_map(|len| (8, vec![3; len]));
    (prop_oneof![12 => ping, 1 => close, 1 => bare], any::<[u8; 4]>())
        .prop_map(|((opcode, payload), mask)| frame(opcode, true, payload, mask))
}

/// A message in fragments, with control frames between them.
fn message() -> impl Strategy<Value = Vec<Frame>> {
    let payload = prop_oneof![
        8 => "\\PC{0,60}".prop_map(|text| (1, text.into_bytes())),
        4 => vec(any::<u8>(), 0..300).prop_map(|bytes| (2, bytes)),
        1 => (1..3_u8, 65_530..LIMIT + 3).prop_map(|(opcode, len)| (opcode, vec![b'a'; len])),
    ];
    let fragments = vec((any::<Index>(), any::<[u8; 4]>(), vec(control(), 0..2)), 1..4);
    (payload, fragments).prop_map(|((opcode, payload), fragments)| {
        let mut frames = Vec::new();
        let mut start = 0;
        let last = fragments.len() - 1;
        for (number, (cut, mask, controls)) in fragments.into_iter().enumerate() {
            let end = if number == last {
                payload.len()
            } else {
                start + cut.index(payload.len() - start + 1)
            };
            let opcode = if number == 0 { opcode } else { 0 };
            frames.push(frame(opcode, number == last, payload[start..end].to_vec(), mask));
            start = end;
            if number != last {
                frames.extend(controls);
            }
        }
        frames
    })
}

/// The bytes of some messages, some of their frames spoilt.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let frames = prop_oneof![4 => message(), 1 => control().prop_map(|frame| vec![frame])];
    (
        vec(frames, 0..5),
        prop_oneof![2 => vec((any::<Index>(), fault()), 0..1), 3 => vec((any::<Index>(), fault()), 1..3)],
    )
        .prop_map(|(messages, faults)| {
            let mut frames: Vec<Frame> = messages.into_iter().flatten().collect();
            for (place, fault) in faults {
                if !frames.is_empty() {
                    let place = place.index(frames.len());
                    fault.spoil(&mut frames[place]);
                }
            }
            let mut out = Vec::new();
            frames.iter().for_each(|frame| frame.write(&mut out));
            out
        })
}

/// Cuts bytes into pieces: at random, or each byte by itself.
fn pieces(bytes: &[u8], cuts: &[Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.dedup();
    places
        .windows(2)
        .map(|pair| bytes[pair[0]..pair[1]].to_vec())
        .collect()
}

/// What a server makes of what it is sent.
#[derive(Debug, PartialEq, Default)]
struct Outcome {
    messages: Vec<Message>,
    /// The code that it closes with; `Some(None)` answers a close without one. `None`: it waits for more.
    closed: Option<Option<u16>>,
}

fn ours(pieces: Vec<Vec<u8>>) -> Outcome {
    let mut inbound = Inbound::default();
    let mut outcome = Outcome::default();
    for mut piece in pieces {
        let mut input = piece.as_mut_slice();
        loop {
            match inbound.next(&mut input, LIMIT) {
                Ok(None) => {
                    assert!(input.is_empty(), "bytes were left lying");
                    break;
                }
                Ok(Some(Event::Text(text))) => outcome.messages.push(Message::text(text.into_owned())),
                Ok(Some(Event::Binary(bytes))) => outcome.messages.push(Message::binary(bytes.into_owned())),
                Ok(Some(Event::Ping(bytes))) => {
                    outcome.messages.push(Message::Ping(bytes.into_owned().into()))
                }
                Ok(Some(Event::Pong | Event::Fragment)) => {}
                Ok(Some(Event::Close(close))) | Err(close) => {
                    outcome.closed = Some(close.code());
                    return outcome;
                }
            }
        }
    }
    outcome
}

/// Gives one piece a read, and takes whatever is written.
struct Pieces(std::vec::IntoIter<Vec<u8>>, Vec<u8>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.is_empty() {
            self.1 = self.0.next().ok_or(io::ErrorKind::WouldBlock)?;
        }
        let len = buffer.len().min(self.1.len());
        buffer[..len].copy_from_slice(&self.1[..len]);
        self.1.drain(..len);
        Ok(len)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenites(pieces: Vec<Vec<u8>>) -> Outcome {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LIMIT))
        .max_frame_size(Some(LIMIT));
    let stream = Pieces(pieces.into_iter(), Vec::new());
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, Some(config));
    let mut outcome = Outcome::default();
    loop {
        let code = match socket.read() {
            Ok(Message::Pong(_)) => continue,
            Ok(Message::Close(close)) => close.map(|close| close.code.into()),
            Ok(message) => {
                outcome.messages.push(message);
                continue;
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return outcome,
            Err(Error::Protocol(_)) => Close::PROTOCOL.code(),
            Err(Error::Utf8(_)) => Close::NOT_UTF8.code(),
            Err(Error::Capacity(_)) => Close::TOO_BIG.code(),
            Err(error) => panic!("tungstenite fails otherwise: {error}"),
        };
        outcome.closed = Some(code);
        return outcome;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_same_frames_come_to_the_same_messages_and_the_same_end(
        bytes in bytes(), cuts in vec(any::<Index>(), 0..40),
    ) {
        let pieces = pieces(&bytes, &cuts);
        prop_assert_eq!(ours(pieces.clone()), tungstenites(pieces));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn frames_that_come_byte_by_byte_come_to_the_same_as_in_one_piece(bytes in bytes()) {
        let single: Vec<Vec<u8>> = bytes.iter().map(|byte| vec![*byte]).collect();
        prop_assert_eq!(ours(single), ours(vec![bytes]));
    }

    #[test]
    fn bytes_without_any_sense_are_borne(bytes: Vec<u8>, cuts in vec(any::<Index>(), 0..10)) {
        ours(pieces(&bytes, &cuts));
    }
}

#[test]
fn these_tests_see_every_end() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut ends: Vec<Option<Option<u16>>> = Vec::new();
    for _ in 0..2_000 {
        let bytes = bytes().new_tree(&mut runner).unwrap().current();
        ends.push(ours(vec![bytes]).closed);
    }
    for end in [
        None,
        Some(None),
        Some(Some(1000)),
        Some(Some(1002)),
        Some(Some(1007)),
        Some(Some(1009)),
    ] {
        let count = ends.iter().filter(|seen| **seen == end).count();
        assert!(count >= 10, "{end:?} was seen {count} times only");
    }
}
