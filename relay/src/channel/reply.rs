//! What the relay itself says on a channel: replies, and the notices of Phoenix.

use bytes::Bytes;
use serde_json::value::RawValue;
use sotto_protocol::{
    frame::{Notice, Payload, Push, Ref, Reply, Status},
    kept,
};

use crate::socket::{binary_frame, text_frame};

/// Why a push is refused. The words are Phoenix's where Phoenix has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Whatever is wrong with a join.
    Unauthorized,
    /// The credentials are good and every seat is taken.
    RoomFull,
    /// The relay knows as many rooms as it may.
    RelayFull,
    /// The address has done too much of it.
    RateLimited,
    /// The socket has as many channels as it may.
    TooManyChannels,
    /// The socket has not joined the topic.
    Unmatched,
    /// The event's name is the relay's own to use.
    Reserved,
    /// There is no place for what is to be kept, or the disk does not take it.
    KeptFull,
}

impl Refusal {
    fn response(self) -> &'static str {
        match self {
            Self::Unauthorized => r#"{"reason":"unauthorized"}"#,
            Self::RoomFull => r#"{"reason":"room_full"}"#,
            Self::RelayFull => r#"{"reason":"relay_full"}"#,
            Self::RateLimited => r#"{"reason":"rate_limited"}"#,
            Self::TooManyChannels => r#"{"reason":"too many channels joined"}"#,
            Self::Unmatched => r#"{"reason":"unmatched topic"}"#,
            Self::Reserved => r#"{"reason":"reserved"}"#,
            Self::KeptFull => r#"{"reason":"kept_full"}"#,
        }
    }
}

/// Bytes of a reply without its topic and refs.
const REPLY_FRAME: usize = 80;

/// The response that says nothing.
pub(crate) fn nothing() -> &'static RawValue {
    json("{}")
}

/// `ok` to a push, with the join_ref of its channel.
pub(crate) fn ok(join_ref: Ref<'_>, push: &Push<'_>) -> Bytes {
    ok_with(join_ref, push, nothing())
}

/// The same with something to say.
pub(crate) fn ok_with(join_ref: Ref<'_>, push: &Push<'_>, response: &RawValue) -> Bytes {
    reply(join_ref, push, Status::Ok, response)
}

/// An error to a push, with the join_ref of its channel.
pub(crate) fn refuse(join_ref: Ref<'_>, push: &Push<'_>, refusal: Refusal) -> Bytes {
    reply(join_ref, push, Status::Error, json(refusal.response()))
}

fn reply(join_ref: Ref<'_>, push: &Push<'_>, status: Status, response: &RawValue) -> Bytes {
    text_frame(REPLY_FRAME + push.topic.len() + response.get().len(), |out| {
        let reply = Reply {
            join_ref,
            reference: push.reference.clone(),
            topic: push.topic.as_ref().into(),
            status,
            response: Payload::Json(response),
        };
        // Every field came in a frame, within the limits.
        let _ = reply.encode(out);
    })
}

/// `presence_state` to who has just joined.
pub(crate) fn presence_state(join_ref: Ref<'_>, topic: &str, state: &RawValue) -> Bytes {
    notice(&Notice {
        join_ref,
        ..Notice::broadcast(topic, "presence_state", Payload::Json(state))
    })
}

/// `presence_diff` to all others.
pub(crate) fn presence_diff(topic: &str, diff: &RawValue) -> Bytes {
    notice(&Notice::broadcast(topic, "presence_diff", Payload::Json(diff)))
}

/// `phx_close`: the channel is over.
pub(crate) fn close(join_ref: &Ref<'_>, topic: &str) -> Bytes {
    notice(&Notice {
        join_ref: join_ref.clone(),
        reference: join_ref.clone(),
        ..Notice::broadcast(topic, "phx_close", Payload::Json(json("{}")))
    })
}

/// `room_expired`: a member destroyed the room, or its owners took it.
pub(crate) fn room_expired(topic: &str) -> Bytes {
    notice(&Notice::broadcast(
        topic,
        "room_expired",
        Payload::Json(json("{}")),
    ))
}

/// `kept_new`: something was put into the bag.
pub(crate) fn kept_new(join_ref: Ref<'_>, topic: &str) -> Bytes {
    notice(&Notice {
        join_ref,
        ..Notice::broadcast(topic, kept::NEW, Payload::Json(json("{}")))
    })
}

/// `kept`: something that is in the bag.
pub(crate) fn kept(join_ref: Ref<'_>, topic: &str, payload: &[u8]) -> Bytes {
    let notice = Notice {
        join_ref,
        ..Notice::broadcast(topic, kept::KEPT, Payload::Binary(payload))
    };
    binary_frame(notice.binary_len().unwrap_or(0), |out| {
        // A topic that was joined and an event of ours are within the limits.
        let _ = notice.encode(out);
    })
}

fn notice(notice: &Notice<'_>) -> Bytes {
    let payload = match notice.payload {
        Payload::Json(json) => json.get().len(),
        Payload::Binary(data) => data.len(),
    };
    text_frame(REPLY_FRAME + notice.topic.len() + payload, |out| {
        // A topic that was joined and an event of ours are within the limits.
        let _ = notice.encode(out);
    })
}

/// Several frames as one, so that nothing can come between them.
pub(crate) fn together(frames: &[Bytes]) -> Bytes {
    frames.concat().into()
}

fn json(text: &'static str) -> &'static RawValue {
    // The texts are the constants above.
    serde_json::from_str(text).unwrap_or(RawValue::NULL)
}
