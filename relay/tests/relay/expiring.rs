//! Rooms that end while somebody sits in them.

use serde_json::json;

use crate::client::{Client, Room, Running, roomy};

#[tokio::test]
async fn a_member_destroys_the_room_for_all() {
    let relay = Running::start(roomy()).await;
    // The hashes do not belong together, so that a record in the table would refuse another access hash.
    let room = Room::proven("one").forged();
    let mut anna = Client::seated(&relay, &room, "anna").await;
    let mut ben = Client::seated(&relay, &room, "ben").await;
    assert_eq!(anna.next().await[3], "presence_diff");
    anna.send(json!(["1", "2", room.topic, "expire_room", {}])).await;
    assert_eq!(
        anna.next().await,
        json!(["1", "2", room.topic, "phx_reply", {"status": "ok", "response": {}}])
    );
    assert_eq!(anna.next().await, json!(["1", "1", room.topic, "phx_close", {}]));
    assert_eq!(
        ben.next().await,
        json!([null, null, room.topic, "room_expired", {}])
    );
    assert_eq!(ben.next().await, json!(["1", "1", room.topic, "phx_close", {}]));
    ben.send(json!(["1", "3", room.topic, "shout", {}])).await;
    assert_eq!(ben.next().await[4]["response"]["reason"], "unmatched topic");
    let other = Room {
        access: "ab".repeat(32),
        ..room
    };
    ben.join(&other, "ben").await;
}

#[tokio::test]
async fn who_does_not_sit_in_a_room_cannot_destroy_it() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut anna = Client::seated(&relay, &room, "anna").await;
    let mut stranger = Client::connect(&relay).await;
    stranger
        .send(json!(["1", "2", room.topic, "expire_room", {}]))
        .await;
    assert_eq!(
        stranger.next().await,
        json!([null, "2", room.topic, "phx_reply", {"status": "error", "response": {"reason": "unmatched topic"}}])
    );
    anna.expect_silence().await;
}

#[tokio::test]
async fn hashes_that_belong_together_take_a_room_from_hashes_that_do_not() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut squatter = Client::seated(&relay, &room.forged(), "squatter").await;
    let mut owner = Client::seated(&relay, &room, "owner").await;
    assert_eq!(
        squatter.next().await,
        json!([null, null, room.topic, "room_expired", {}])
    );
    assert_eq!(
        squatter.next().await,
        json!(["1", "1", room.topic, "phx_close", {}])
    );
    assert_eq!(
        squatter.ask_join("2", &room.forged(), "squatter").await[4],
        json!({"status": "error", "response": {"reason": "unauthorized"}})
    );
    owner.expect_silence().await;
}

#[tokio::test]
async fn hashes_that_do_not_belong_together_are_first_come_first_served() {
    let relay = Running::start(roomy()).await;
    let first = Room::proven("one").forged();
    let second = Room {
        access: "ab".repeat(32),
        ..first.clone()
    };
    let mut anna = Client::seated(&relay, &first, "anna").await;
    let mut ben = Client::connect(&relay).await;
    assert_eq!(
        ben.ask_join("1", &second, "ben").await[4],
        json!({"status": "error", "response": {"reason": "unauthorized"}})
    );
    anna.expect_silence().await;
    // The record outlives the last seat.
    drop(anna);
    ben.join(&first, "ben").await;
    ben.send(json!(["1", "2", first.topic, "phx_leave", {}])).await;
    assert_eq!(ben.next().await[3], "phx_reply");
    assert_eq!(ben.next().await[3], "phx_close");
    assert_eq!(
        ben.ask_join("1", &second, "ben").await[4],
        json!({"status": "error", "response": {"reason": "unauthorized"}})
    );
}
