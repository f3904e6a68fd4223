//! The wire frames of Phoenix Channels V2, text and binary, both directions.
//!
//! The source is Phoenix's own `Phoenix.Socket.V2.JSONSerializer` and `phoenix.js` 1.8 (`serializer.js`).
//! Decoding borrows from the received buffer; encoding appends to a buffer of the caller's, so that a
//! broadcast is written once for all who receive it.
//!
//! - [`Push`]: what a client sends.
//! - [`Reply`] and [`Notice`]: what a relay sends.

mod binary;
mod notice;
mod push;
mod reference;
mod reply;

use serde_json::value::RawValue;

pub use notice::Notice;
pub use push::Push;
pub use reference::Ref;
pub use reply::{Reply, Status};

/// The longest join_ref, ref, topic, event or status, in bytes: a binary frame gives each length one byte.
pub const MAX_FIELD: usize = 255;

/// What is wrong with a frame. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The text is not a JSON array of join_ref, ref, topic, event and payload, within the limits.
    #[error("the text frame is not [join_ref, ref, topic, event, payload]")]
    Text,
    /// The binary frame is cut short, of an unknown kind, or a field of it is not UTF-8.
    #[error("the binary frame is malformed")]
    Binary,
    /// A field to be written is longer than [`MAX_FIELD`].
    #[error("a field of the frame is longer than 255 bytes")]
    FieldTooLong,
}

impl FrameError {
    /// The WebSocket close code that answers it: 1007 for text, 1002 for binary (RFC 6455, section 7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            Self::Text => 1007,
            Self::Binary | Self::FieldTooLong => 1002,
        }
    }
}

/// What a frame carries, untouched.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// JSON as it stood in a text frame.
    Json(&'a RawValue),
    /// The data of a binary frame.
    Binary(&'a [u8]),
}

/// A frame that a relay sends, as a client reads it.
#[derive(Debug, Clone)]
pub enum Received<'a> {
    /// The answer to a push.
    Reply(Reply<'a>),
    /// Anything else: a push of the relay's or a broadcast.
    Notice(Notice<'a>),
}

impl<'a> Received<'a> {
    /// Reads a text frame.
    ///
    /// # Errors
    /// [`FrameError::Text`] when it is not a frame within the limits.
    pub fn decode_text(text: &'a str) -> Result<Self, FrameError> {
        // Both directions have the same five fields.
        let Push {
            join_ref,
            reference,
            topic,
            event,
            payload,
        } = Push::decode_text(text)?;
        match payload {
            Payload::Json(body) if event == "phx_reply" => {
                Reply::from_text(join_ref, reference, topic, body).map(Self::Reply)
            }
            _ => Ok(Self::Notice(Notice {
                join_ref,
                reference,
                topic,
                event,
                payload,
            })),
        }
    }

    /// Reads a binary frame: kind 0 (push), 1 (reply) or 2 (broadcast).
    ///
    /// # Errors
    /// [`FrameError::Binary`] when it is cut short, of another kind, or a field is not UTF-8.
    pub fn decode_binary(data: &'a [u8]) -> Result<Self, FrameError> {
        let (&kind, rest) = data.split_first().ok_or(FrameError::Binary)?;
        match kind {
            binary::PUSH => {
                let ([join_ref, topic, event], data) = binary::fields(rest)?;
                Ok(Self::Notice(Notice {
                    join_ref: Ref::from_binary(join_ref),
                    ..Notice::broadcast(topic, event, Payload::Binary(data))
                }))
            }
            binary::REPLY => {
                let ([join_ref, reference, topic, status], data) = binary::fields(rest)?;
                Ok(Self::Reply(Reply {
                    join_ref: Ref::from_binary(join_ref),
                    reference: Ref::from_binary(reference),
                    topic: topic.into(),
                    status: Status::parse(status).ok_or(FrameError::Binary)?,
                    response: Payload::Binary(data),
                }))
            }
            binary::BROADCAST => {
                let ([topic, event], data) = binary::fields(rest)?;
                Ok(Self::Notice(Notice::broadcast(
                    topic,
                    event,
                    Payload::Binary(data),
                )))
            }
            _ => Err(FrameError::Binary),
        }
    }
}

#[cfg(test)]
mod tests;
