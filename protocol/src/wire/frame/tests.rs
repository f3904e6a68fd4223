use proptest::prelude::*;

use super::*;

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

fn encoded(encode: impl FnOnce(&mut Vec<u8>) -> Result<(), FrameError>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out).unwrap();
    out
}

#[test]
fn a_text_push_is_an_array_of_five() {
    let push = Push::decode_text(r#"["1", 7 ,"t\u0061","e",{"a": [1, 2]}]"#).unwrap();
    assert_eq!(push.join_ref, Ref::Text("1".into()));
    assert_eq!(push.reference, Ref::Number("7".into()));
    assert_eq!((&*push.topic, &*push.event), ("ta", "e"));
    assert_eq!(
        encoded(|out| push.encode(out)),
        br#"["1",7,"ta","e",{"a": [1, 2]}]"#
    );
}

#[test]
fn anything_else_is_no_text_push() {
    let long = format!(r#"[null,null,"{}","e",{{}}]"#, "t".repeat(256));
    for wrong in [
        "",
        "{}",
        "[]",
        r#"[null,null,"t","e"]"#,
        r#"[null,null,"t","e",{},1]"#,
        r#"[true,null,"t","e",{}]"#,
        r#"[null,[],"t","e",{}]"#,
        r#"[null,null,1,"e",{}]"#,
        r#"[null,null,"t","e",{}"#,
        &long,
    ] {
        assert_eq!(Push::decode_text(wrong).unwrap_err(), FrameError::Text, "{wrong}");
    }
}

#[test]
fn binary_frames_are_laid_out_as_phoenix_lays_them_out() {
    assert_eq!(
        Push::decode_binary(b"\x00\x01\x02\x03\x0412topfou").unwrap_err(),
        FrameError::Binary
    );
    assert_eq!(
        Push::decode_binary(b"\x01\x01\x02\x03\x04123topfourdata").unwrap_err(),
        FrameError::Binary
    );
    let push = Push::decode_binary(b"\x00\x01\x02\x03\x04123topfourdata").unwrap();
    assert_eq!((push.join_ref.text(), push.reference.text()), ("1", "23"));
    assert_eq!((&*push.topic, &*push.event), ("top", "four"));
    let broadcast = encoded(|out| Notice::broadcast("top", "four", push.payload).encode(out));
    assert_eq!(broadcast, b"\x02\x03\x04topfourdata");
    let reply = Reply {
        join_ref: push.join_ref,
        reference: push.reference,
        topic: push.topic,
        status: Status::Ok,
        response: push.payload,
    };
    assert_eq!(
        encoded(|out| reply.encode(out)),
        b"\x01\x01\x02\x03\x02123topokdata"
    );
}

#[test]
fn a_reply_is_read_with_its_reason() {
    let text = r#"["1","2","t","phx_reply",{"response":{"reason":"room_full"},"status":"error"}]"#;
    let Received::Reply(reply) = Received::decode_text(text).unwrap() else {
        panic!()
    };
    assert_eq!(reply.status, Status::Error);
    assert_eq!(reply.reason().as_deref(), Some("room_full"));
    assert_eq!(
        encoded(|out| reply.encode(out)),
        br#"["1","2","t","phx_reply",{"status":"error","response":{"reason":"room_full"}}]"#
    );
}

#[test]
fn a_field_over_255_bytes_is_not_written() {
    let long = "t".repeat(256);
    for payload in [Payload::Binary(b""), Payload::Json(raw("{}"))] {
        let mut out = Vec::new();
        assert_eq!(
            Notice::broadcast(&long, "e", payload).encode(&mut out),
            Err(FrameError::FieldTooLong)
        );
        assert!(out.is_empty());
    }
}

fn reference() -> impl Strategy<Value = Ref<'static>> {
    prop_oneof![
        Just(Ref::Null),
        "\\PC{1,40}".prop_map(|text| Ref::Text(text.into())),
        (0u64..1_000_000).prop_map(|number| Ref::Number(number.to_string().into())),
    ]
}

proptest! {
    #[test]
    fn text_pushes_survive_the_wire(
        join_ref in reference(), reference in reference(), topic in "\\PC{0,60}", event in "\\PC{0,60}", text in ".*",
    ) {
        let json = serde_json::to_string(&text).unwrap();
        let push = Push { join_ref, reference, topic: topic.into(), event: event.into(), payload: Payload::Json(raw(&json)) };
        let wire = String::from_utf8(encoded(|out| push.encode(out))).unwrap();
        let read = Push::decode_text(&wire).unwrap();
        prop_assert_eq!((&push.join_ref, &push.reference), (&read.join_ref, &read.reference));
        prop_assert_eq!((&push.topic, &push.event), (&read.topic, &read.event));
        prop_assert!(matches!(read.payload, Payload::Json(read) if read.get() == json));
    }

    #[test]
    fn binary_notices_survive_the_wire(topic in "\\PC{0,60}", event in "\\PC{0,60}", data: Vec<u8>) {
        let notice = Notice::broadcast(&topic, &event, Payload::Binary(&data));
        let wire = encoded(|out| notice.encode(out));
        prop_assert_eq!(notice.binary_len(), Some(wire.len()));
        let Received::Notice(read) = Received::decode_binary(&wire).unwrap() else { panic!() };
        prop_assert_eq!((&*read.topic, &*read.event), (&*topic, &*event));
        prop_assert!(matches!(read.payload, Payload::Binary(read) if read == data));
    }

    #[test]
    fn no_bytes_make_decoding_panic(data: Vec<u8>) {
        let _ = Push::decode_binary(&data);
        let _ = Received::decode_binary(&data);
        let text = String::from_utf8_lossy(&data);
        let _ = Push::decode_text(&text);
        let _ = Received::decode_text(&text);
    }
}
