//! What is incomplete between two reads: a header, a control frame's payload, a message.

use std::borrow::Cow;

use super::super::frame::{Close, Event, Frame, Kind};

/// What is incomplete. It lives only as long as something is.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// Of a header that is not whole.
    pub(super) header: Vec<u8>,
    /// The frame under way, once its header is whole.
    pub(super) frame: Option<Frame>,
    /// What has come of a control frame's payload: it may stand between two fragments of a message.
    pub(super) control: Vec<u8>,
    message: Option<Fragments>,
}

/// The fragments of a message so far, one after the other.
#[derive(Debug)]
struct Fragments {
    kind: Kind,
    bytes: Vec<u8>,
    /// How much of a text is known to be UTF-8.
    valid: usize,
}

impl Assembly {
    pub(super) fn is_empty(&self) -> bool {
        self.header.is_empty() && self.frame.is_none() && self.control.is_empty() && self.message.is_none()
    }

    /// The memory held, in bytes.
    pub(super) fn held(&self) -> usize {
        let message = self
            .message
            .as_ref()
            .map_or(0, |message| message.bytes.capacity());
        size_of::<Self>() + self.header.capacity() + self.control.capacity() + message
    }

    /// The length of the message that is under way.
    pub(super) fn message_len(&self) -> Option<usize> {
        self.message.as_ref().map(|message| message.bytes.len())
    }

    /// Appends a piece of a frame, after which at most `more` bytes of the message are to come. `kind`: unless it
    /// continues a message.
    pub(super) fn append(&mut self, kind: Option<Kind>, piece: &[u8], more: usize) {
        let message = self.message.get_or_insert(Fragments {
            kind: kind.unwrap_or(Kind::Binary),
            bytes: Vec::new(),
            valid: 0,
        });
        // Twice what has come, however much was announced, so that it is moved seldom; and never more than is needed.
        let bytes = &mut message.bytes;
        let need = bytes.len() + piece.len();
        if need > bytes.capacity() {
            bytes.reserve_exact(piece.len() + more.min(need));
        }
        bytes.extend_from_slice(piece);
    }

    /// A frame has ended, the message has not.
    pub(super) fn fragment(&mut self) -> Result<Event<'static>, Close> {
        let Some(message) = &mut self.message else {
            return Err(Close::PROTOCOL);
        };
        if message.kind == Kind::Text {
            message.valid += match std::str::from_utf8(&message.bytes[message.valid..]) {
                Ok(text) => text.len(),
                // A character may go on in the next fragment.
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => return Err(Close::NOT_UTF8),
            };
        }
        Ok(Event::Fragment)
    }

    /// The message has ended.
    pub(super) fn complete(&mut self) -> Result<Event<'static>, Close> {
        let message = self.message.take().ok_or(Close::PROTOCOL)?;
        match message.kind {
            Kind::Binary => Ok(Event::Binary(Cow::Owned(message.bytes))),
            Kind::Text => match String::from_utf8(message.bytes) {
                Ok(text) => Ok(Event::Text(Cow::Owned(text))),
                Err(_) => Err(Close::NOT_UTF8),
            },
        }
    }
}
