//! From bytes to frames to messages: what a server has to check of what a client sends (RFC 6455, section 5).

mod assembly;
mod unmask;

use std::borrow::Cow;
use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::frame::{Close, Event, Frame, Kind, MAX_CONTROL};
use assembly::Assembly;
use unmask::unmask;

/// A close code that was registered after RFC 6455, as 1012 and 1013 were (IANA, "WebSocket Close Code Number Registry").
const BAD_GATEWAY: u16 = 1014;

/// The longest header of a client's frame, in bytes.
pub(super) const MAX_HEADER: usize = 14;

/// The reading side of one socket between two reads. Holds memory only for what is incomplete.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    assembly: Option<Box<Assembly>>,
}

impl Inbound {
    /// Takes the next frame off the front of `input`. `None`: all of `input` was taken, and the frame goes on.
    ///
    /// # Errors
    /// What the client did wrong. Nothing that comes after it is to be read.
    pub(super) fn next<'a>(
        &mut self,
        input: &mut &'a mut [u8],
        limit: usize,
    ) -> Result<Option<Event<'a>>, Close> {
        if input.is_empty() {
            return Ok(None);
        }
        let Some(mut frame) = self.begin(input, limit)? else {
            return Ok(None);
        };
        let before = frame.come;
        let piece = split_front(input, frame.len - before);
        unmask(piece, frame.mask, before);
        frame.come += piece.len();
        if piece.is_empty() && !frame.is_whole() {
            // Only the header came: the payload may still come in one piece.
            self.assembly.get_or_insert_default().frame = Some(frame);
            return Ok(None);
        }
        let event = match frame.opcode {
            OpCode::Control(control) => self.control(control, frame, piece)?,
            OpCode::Data(data) => self.data(data, frame, piece)?,
        };
        self.assembly = self.assembly.take().filter(|assembly| !assembly.is_empty());
        Ok(event)
    }

    /// Whether a frame was begun that is not whole yet.
    pub(super) fn is_within_frame(&self) -> bool {
        self.assembly
            .as_ref()
            .is_some_and(|assembly| assembly.frame.is_some() || !assembly.header.is_empty())
    }

    /// The memory held, in bytes.
    pub(super) fn held(&self) -> usize {
        self.assembly.as_ref().map_or(0, |assembly| assembly.held())
    }

    /// The frame under way, or a new one if its header is whole.
    fn begin(&mut self, input: &mut &mut [u8], limit: usize) -> Result<Option<Frame>, Close> {
        let Some(assembly) = &mut self.assembly else {
            return match parse(input)? {
                Some((header, length, size)) => {
                    split_front(input, size);
                    check(&header, length, None, limit).map(Some)
                }
                None => {
                    let header = split_front(input, usize::MAX);
                    self.assembly
                        .insert(Box::default())
                        .header
                        .extend_from_slice(header);
                    Ok(None)
                }
            };
        };
        if let Some(frame) = assembly.frame.take() {
            return Ok(Some(frame));
        }
        let known = assembly.header.len();
        let more = input.len().min(MAX_HEADER - known);
        assembly.header.extend_from_slice(&input[..more]);
        let Some((header, length, size)) = parse(&assembly.header)? else {
            split_front(input, more);
            return Ok(None);
        };
        assembly.header.clear();
        split_front(input, size - known);
        check(&header, length, assembly.message_len(), limit).map(Some)
    }

    fn control<'a>(
        &mut self,
        control: Control,
        frame: Frame,
        piece: &'a [u8],
    ) -> Result<Option<Event<'a>>, Close> {
        let payload = if frame.is_whole() && frame.come == piece.len() {
            Cow::Borrowed(piece)
        } else {
            let assembly = self.assembly.get_or_insert_default();
            assembly.control.extend_from_slice(piece);
            if !frame.is_whole() {
                assembly.frame = Some(frame);
                return Ok(None);
            }
            Cow::Owned(std::mem::take(&mut assembly.control))
        };
        match control {
            Control::Ping => Ok(Some(Event::Ping(payload))),
            Control::Pong => Ok(Some(Event::Pong)),
            Control::Close => answer(&payload).map(Event::Close).map(Some),
            Control::Reserved(_) => Err(Close::PROTOCOL),
        }
    }

    fn data<'a>(&mut self, data: Data, frame: Frame, piece: &'a [u8]) -> Result<Option<Event<'a>>, Close> {
        let kind = match data {
            Data::Text => Some(Kind::Text),
            Data::Binary => Some(Kind::Binary),
            Data::Continue => None,
            Data::Reserved(_) => return Err(Close::PROTOCOL),
        };
        if let Some(kind) = kind
            && frame.is_final
            && frame.is_whole()
            && frame.come == piece.len()
        {
            return match kind {
                Kind::Binary => Ok(Some(Event::Binary(Cow::Borrowed(piece)))),
                Kind::Text => match std::str::from_utf8(piece) {
                    Ok(text) => Ok(Some(Event::Text(Cow::Borrowed(text)))),
                    Err(_) => Err(Close::NOT_UTF8),
                },
            };
        }
        let assembly = self.assembly.get_or_insert_default();
        let most = if frame.is_final {
            frame.len - frame.come
        } else {
            usize::MAX
        };
        assembly.append(kind, piece, most);
        if !frame.is_whole() {
            assembly.frame = Some(frame);
            return Ok(None);
        }
        if frame.is_final {
            assembly.complete().map(Some)
        } else {
            assembly.fragment().map(Some)
        }
    }
}

/// Takes up to `most` bytes off the front.
fn split_front<'a>(input: &mut &'a mut [u8], most: usize) -> &'a mut [u8] {
    let most = most.min(input.len());
    input.split_off_mut(..most).unwrap_or_default()
}

/// The header at the front of `bytes`, the length of the payload, and the length of the header itself.
fn parse(bytes: &[u8]) -> Result<Option<(FrameHeader, u64, usize)>, Close> {
    let mut cursor = Cursor::new(bytes);
    match FrameHeader::parse(&mut cursor) {
        Ok(Some((header, length))) => {
            let size = cursor.position() as usize;
            let shortest = header.len(length);
            // RFC 6455, section 5.2: one length has one form.
            (size == shortest)
                .then_some(Some((header, length, size)))
                .ok_or(Close::PROTOCOL)
        }
        Ok(None) => Ok(None),
        Err(_) => Err(Close::PROTOCOL),
    }
}

/// Everything that a header alone can do wrong. `message`: how long the message is so far that is to be continued.
fn check(header: &FrameHeader, length: u64, message: Option<usize>, limit: usize) -> Result<Frame, Close> {
    let len = usize::try_from(length)
        .ok()
        .filter(|len| *len <= limit)
        .ok_or(Close::TOO_BIG)?;
    let Some(mask) = header.mask else {
        return Err(Close::PROTOCOL);
    };
    if header.rsv1 || header.rsv2 || header.rsv3 {
        return Err(Close::PROTOCOL);
    }
    match (header.opcode, message) {
        (OpCode::Control(_), _) if !header.is_final || len > MAX_CONTROL => return Err(Close::PROTOCOL),
        (OpCode::Control(_), _) => {}
        (OpCode::Data(Data::Continue), None) => return Err(Close::PROTOCOL),
        (OpCode::Data(Data::Continue), Some(so_far)) if so_far + len > limit => return Err(Close::TOO_BIG),
        (OpCode::Data(Data::Continue), Some(_)) => {}
        (OpCode::Data(_), Some(_)) => return Err(Close::PROTOCOL),
        (OpCode::Data(_), None) => {}
    }
    Ok(Frame {
        opcode: header.opcode,
        is_final: header.is_final,
        mask,
        len,
        come: 0,
    })
}

/// What a client's close frame is answered with: the same, if it keeps to the rules.
fn answer(payload: &[u8]) -> Result<Close, Close> {
    match payload {
        [] => Ok(Close::empty()),
        [_] => Err(Close::PROTOCOL),
        [high, low, reason @ ..] => {
            let reason = std::str::from_utf8(reason).map_err(|_| Close::NOT_UTF8)?;
            let code = u16::from_be_bytes([*high, *low]);
            if code != BAD_GATEWAY && !CloseCode::from(code).is_allowed() {
                return Ok(Close::PROTOCOL);
            }
            Ok(Close::echo(code, reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_held_between_messages_however_they_came() {
        let mut inbound = Inbound::default();
        let mut frames = [
            0x01, 0x83, 0, 0, 0, 0, b'a', b'b', b'c', 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, b'd',
        ];
        for cut in 0..frames.len() {
            let (left, right) = frames.split_at_mut(cut);
            let mut events = 0;
            for mut piece in [left, right] {
                while let Some(event) = inbound.next(&mut piece, 100).unwrap() {
                    drop(event);
                    events += 1;
                }
            }
            assert_eq!(events, 3);
            assert!(inbound.assembly.is_none());
            assert_eq!((inbound.held(), inbound.is_within_frame()), (0, false));
        }
    }

    #[test]
    fn a_length_that_could_be_shorter_is_refused() {
        for (header, is_shortest) in [
            (&[0x82, 0xfe, 0, 125, 0, 0, 0, 0][..], false),
            (&[0x82, 0xfe, 0, 126, 0, 0, 0, 0], true),
            (&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 125, 0, 0, 0, 0], false),
            (&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0], false),
            (&[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], true),
            (&[0x89, 0xfe, 0, 1, 0, 0, 0, 0], false),
        ] {
            for cut in 0..=header.len() {
                let mut inbound = Inbound::default();
                let (mut left, mut right) = (header[..cut].to_vec(), header[cut..].to_vec());
                let begun = (inbound.next(&mut left.as_mut_slice(), 1 << 20))
                    .and_then(|_| inbound.next(&mut right.as_mut_slice(), 1 << 20));
                let expected = if is_shortest {
                    Ok(None)
                } else {
                    Err(Close::PROTOCOL)
                };
                assert_eq!(begun, expected, "{header:x?} {cut}");
            }
        }
    }

    #[test]
    fn a_close_code_is_echoed_if_it_may_stand_in_a_frame() {
        for (code, answered) in [
            (1000, 1000),
            (1004, 1002),
            (1005, 1002),
            (1006, 1002),
            (1011, 1011),
            (1012, 1012),
            (1013, 1013),
            (1014, 1014),
            (1015, 1002),
            (1016, 1002),
            (3000, 3000),
            (4999, 4999),
            (999, 1002),
            (5000, 1002),
        ] {
            let close = answer(&u16::to_be_bytes(code)).unwrap();
            assert_eq!(close.code(), Some(answered), "{code}");
        }
    }

    #[test]
    fn a_message_in_many_small_fragments_is_moved_seldom() {
        let mut inbound = Inbound::default();
        let mut sizes = std::collections::BTreeSet::new();
        for number in 0..50_000 {
            let mut frame = [if number == 0 { 0x02 } else { 0x00 }, 0x81, 0, 0, 0, 0, 1];
            assert_eq!(
                inbound.next(&mut frame.as_mut_slice(), 1 << 20),
                Ok(Some(Event::Fragment))
            );
            sizes.insert(inbound.held());
        }
        assert!(sizes.len() < 20, "{sizes:?}");
    }

    #[test]
    fn a_frame_is_given_no_more_memory_than_twice_what_has_come() {
        let mut inbound = Inbound::default();
        let mut start = [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7];
        assert_eq!(inbound.next(&mut start.as_mut_slice(), 1 << 20), Ok(None));
        assert!(inbound.is_within_frame());
        assert!(inbound.held() < 300, "{}", inbound.held());
        let mut more = [7; 1_000];
        assert_eq!(inbound.next(&mut more.as_mut_slice(), 1 << 20), Ok(None));
        assert!(inbound.held() < 2_400, "{}", inbound.held());
    }
}
