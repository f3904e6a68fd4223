use sotto_protocol::frame::{Notice, Payload, Push, Received, Ref, Reply, Status};
use sotto_protocol::{AccessHash, Credentials, SenderHash};

use crate::file::VECTORS;

fn push<'a>(reference: &'a str, event: &'a str, payload: Payload<'a>) -> Push<'a> {
    let frames = &VECTORS.frames;
    Push {
        join_ref: Ref::Text(frames.join_ref.as_str().into()),
        reference: Ref::Text(reference.into()),
        topic: VECTORS.rooms[frames.room].topic.as_str().into(),
        event: event.into(),
        payload,
    }
}

#[test]
fn a_join_is_written_as_specified() {
    let room = &VECTORS.rooms[VECTORS.frames.room];
    let credentials = Credentials {
        access: AccessHash::parse(&room.access_hash).unwrap(),
        sender: SenderHash::parse(&room.sender_hash).unwrap(),
    };
    let payload = credentials.to_json();
    let mut written = Vec::new();
    push(&VECTORS.frames.join_ref, "phx_join", Payload::Json(&payload))
        .encode(&mut written)
        .unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), VECTORS.frames.join);
}

#[test]
fn a_sealed_push_is_written_as_specified() {
    let frames = &VECTORS.frames;
    let mut written = Vec::new();
    push(&frames.reference, "sealed", Payload::Binary(&frames.data.0))
        .encode(&mut written)
        .unwrap();
    assert_eq!(written, frames.push.0);
}

#[test]
fn a_sealed_broadcast_is_read_as_specified() {
    let frames = &VECTORS.frames;
    let Received::Notice(Notice {
        topic,
        event,
        payload,
        ..
    }) = Received::decode_binary(&frames.broadcast.0).unwrap()
    else {
        panic!("a reply")
    };
    assert_eq!(topic, VECTORS.rooms[frames.room].topic);
    assert_eq!(event, "sealed");
    assert!(matches!(payload, Payload::Binary(data) if data == frames.data.0));
}

#[test]
fn a_reply_is_read_as_specified() {
    let frames = &VECTORS.frames;
    let Received::Reply(Reply {
        join_ref,
        reference,
        status,
        ..
    }) = Received::decode_text(&frames.reply).unwrap()
    else {
        panic!("a notice")
    };
    assert_eq!(join_ref.text(), frames.join_ref);
    assert_eq!(reference.text(), frames.reference);
    assert_eq!(status, Status::Ok);
}
