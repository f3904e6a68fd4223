//! What a member says goes to all others, untouched.

use serde_json::json;
use sotto_protocol::frame::{Notice, Payload, Push, Received, Ref};
use sotto_relay::Options;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Room, Running, roomy};

/// Anna, Ben and Cleo in one room, and nothing on its way to them.
async fn three(relay: &Running, room: &Room) -> [Client; 3] {
    let mut anna = Client::seated(relay, room, "anna").await;
    let mut ben = Client::seated(relay, room, "ben").await;
    let cleo = Client::seated(relay, room, "cleo").await;
    for _ in 0..2 {
        assert_eq!(anna.next().await[3], "presence_diff");
    }
    assert_eq!(ben.next().await[3], "presence_diff");
    [anna, ben, cleo]
}

fn binary_push(join_ref: &str, reference: &str, topic: &str, event: &str, data: &[u8]) -> Message {
    let text = |text: &str| {
        if text.is_empty() {
            Ref::Null
        } else {
            Ref::Text(text.to_owned().into())
        }
    };
    let mut frame = Vec::new();
    Push {
        join_ref: text(join_ref),
        reference: text(reference),
        topic: topic.into(),
        event: event.into(),
        payload: Payload::Binary(data),
    }
    .encode(&mut frame)
    .unwrap();
    Message::binary(frame)
}

#[tokio::test]
async fn text_goes_to_all_others_as_text_with_its_payload_untouched() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let [mut anna, mut ben, mut cleo] = three(&relay, &room).await;
    let payload = r#"{ "b":1.50,  "a":"\u00e9", "a":null }"#;
    let push = format!(r#"["1","2","{}","shout",{payload}]"#, room.topic);
    anna.send_raw(Message::text(push)).await;
    for reader in [&mut ben, &mut cleo] {
        assert_eq!(
            reader.next_raw().await.into_text().unwrap().as_str(),
            format!(r#"[null,null,"{}","shout",{payload}]"#, room.topic)
        );
    }
    assert_eq!(anna.next().await[3], "phx_reply");
    for client in [&mut anna, &mut ben, &mut cleo] {
        client.expect_silence().await;
    }
}

#[tokio::test]
async fn binary_goes_to_all_others_as_binary_and_is_answered_in_text() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let [mut anna, mut ben, mut cleo] = three(&relay, &room).await;
    let data: Vec<u8> = (0..=255).cycle().take(65_576).collect();
    anna.send_raw(binary_push("1", "2", &room.topic, "sealed", &data))
        .await;
    for reader in [&mut ben, &mut cleo] {
        let frame = reader.next_raw().await.into_data();
        let Ok(Received::Notice(Notice {
            join_ref,
            topic,
            event,
            payload: Payload::Binary(received),
            ..
        })) = Received::decode_binary(&frame)
        else {
            panic!("a broadcast");
        };
        assert!(join_ref.is_null() && topic == room.topic && event == "sealed" && received == data);
    }
    assert_eq!(
        anna.next().await,
        json!(["1", "2", room.topic, "phx_reply", {"status": "ok", "response": {}}])
    );
}

#[tokio::test]
async fn a_push_without_a_ref_is_not_answered() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let [mut anna, mut ben, _cleo] = three(&relay, &room).await;
    anna.send(json!(["1", null, room.topic, "text", {}])).await;
    anna.send_raw(binary_push("1", "", &room.topic, "binary", b"x"))
        .await;
    assert_eq!(ben.next().await[3], "text");
    assert!(ben.next_raw().await.is_binary());
    anna.expect_silence().await;
}

#[tokio::test]
async fn the_relays_own_events_cannot_be_pushed() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let [mut anna, mut ben, _cleo] = three(&relay, &room).await;
    for event in [
        "phx_close",
        "phx_error",
        "phx_reply",
        "presence_state",
        "presence_diff",
        "room_expired",
        "room_",
    ] {
        anna.send(json!(["1", "2", room.topic, event, {}])).await;
        anna.send_raw(binary_push("1", "2", &room.topic, event, b"x"))
            .await;
        for _ in 0..2 {
            assert_eq!(
                anna.next().await,
                json!(["1", "2", room.topic, "phx_reply", {"status": "error", "response": {"reason": "reserved"}}])
            );
        }
    }
    ben.expect_silence().await;
}

#[tokio::test]
async fn any_other_event_passes() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let [mut anna, mut ben, _cleo] = three(&relay, &room).await;
    for event in ["", "shout", "phx", "heartbeat", "Room_expired", "très long"] {
        anna.send(json!(["1", null, room.topic, event, [1, null]])).await;
        assert_eq!(
            ben.next().await,
            json!([null, null, room.topic, event, [1, null]])
        );
    }
}

#[tokio::test]
async fn a_malformed_frame_closes_with_1007_for_text_and_1002_for_binary() {
    let relay = Running::start(roomy()).await;
    for (message, code) in [
        (Message::text("not json"), 1007),
        (Message::text("[1,2,3]"), 1007),
        (Message::text(r#"[null,null,"t","e",{},1]"#), 1007),
        (Message::binary(vec![]), 1002),
        (Message::binary(vec![0, 255, 0, 0, 0]), 1002),
        (Message::binary(vec![2, 0, 0]), 1002),
    ] {
        let mut client = Client::connect(&relay).await;
        client.send_raw(message).await;
        assert_eq!(client.close_code().await, code);
    }
}

#[tokio::test]
async fn a_message_over_the_limit_closes_with_1009() {
    let relay = Running::start(Options {
        max_message: sotto_relay::Size(4096),
        ..roomy()
    })
    .await;
    let mut client = Client::connect(&relay).await;
    client.send_raw(Message::binary(vec![0; 4097])).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn the_end_of_a_socket_leaves_every_seat() {
    let relay = Running::start(roomy()).await;
    let rooms = ["one", "two"].map(Room::proven);
    let mut anna = Client::connect(&relay).await;
    let mut ben = Client::connect(&relay).await;
    for room in &rooms {
        anna.join(room, "anna").await;
        ben.join(room, "ben").await;
        assert_eq!(anna.next().await[3], "presence_diff");
    }
    drop(ben);
    let mut left = [anna.next().await[2].clone(), anna.next().await[2].clone()];
    left.sort_by_key(ToString::to_string);
    let mut topics = rooms.map(|room| json!(room.topic));
    topics.sort_by_key(ToString::to_string);
    assert_eq!(left, topics);
}
