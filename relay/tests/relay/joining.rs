//! Joins, leaves, replaced seats: who sits where.

use serde_json::json;

use crate::client::{Client, Room, Running, presence_key, roomy};

#[tokio::test]
async fn a_joiner_gets_ok_and_then_the_state_that_lists_it_too() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut anna = Client::connect(&relay).await;
    let reply = anna.ask_join("7", &room, "anna").await;
    assert_eq!(
        reply,
        json!(["7", "7", room.topic, "phx_reply", {"status": "ok", "response": {}}])
    );
    let state = anna.next().await;
    let phx_ref = &state[4][presence_key("anna")]["metas"][0]["phx_ref"];
    assert!(phx_ref.is_string());
    assert_eq!(
        state,
        json!(["7", null, room.topic, "presence_state", {presence_key("anna"): {"metas": [{"phx_ref": phx_ref}]}}])
    );
    anna.expect_silence().await;
}
