//! What a relay sends unasked: a push to one channel or a broadcast to all of a topic.

use std::borrow::Cow;

use super::push::write_text;
use super::{FrameError, Payload, Ref, binary};

/// A push of the relay's (with the channel's join_ref) or a broadcast (join_ref null).
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// The channel's join_ref; null in a broadcast.
    pub join_ref: Ref<'a>,
    /// Null, but in `phx_close` and `phx_error`, which repeat the join_ref.
    pub reference: Ref<'a>,
    /// The channel.
    pub topic: Cow<'a, str>,
    /// What it is: `presence_state`, `phx_close`, or an event of a client's.
    pub event: Cow<'a, str>,
    /// As it came.
    pub payload: Payload<'a>,
}

impl<'a> Notice<'a> {
    /// A broadcast: both refs null.
    pub fn broadcast(topic: &'a str, event: &'a str, payload: Payload<'a>) -> Self {
        Self {
            join_ref: Ref::Null,
            reference: Ref::Null,
            topic: topic.into(),
            event: event.into(),
            payload,
        }
    }

    /// The bytes that [`encode`](Self::encode) appends for a binary payload; `None` for a text frame.
    pub fn binary_len(&self) -> Option<usize> {
        match self.payload {
            Payload::Json(_) => None,
            Payload::Binary(data) if self.join_ref.is_null() => {
                Some(binary::len([&self.topic, &self.event], data))
            }
            Payload::Binary(data) => Some(binary::len(
                [self.join_ref.text(), &self.topic, &self.event],
                data,
            )),
        }
    }

    /// Appends the frame to `out`: a text frame for JSON, else kind 2 (broadcast) or, with a join_ref, kind 0.
    ///
    /// # Errors
    /// [`FrameError::FieldTooLong`]; `out` is untouched then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        match self.payload {
            Payload::Json(payload) => write_text(
                out,
                &self.join_ref,
                &self.reference,
                &self.topic,
                &self.event,
                payload,
            ),
            Payload::Binary(data) if self.join_ref.is_null() => {
                binary::write(out, binary::BROADCAST, [&self.topic, &self.event], data)
            }
            Payload::Binary(data) => binary::write(
                out,
                binary::PUSH,
                [self.join_ref.text(), &self.topic, &self.event],
                data,
            ),
        }
    }
}
