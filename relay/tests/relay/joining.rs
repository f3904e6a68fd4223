//! Joins, leaves, replaced seats: who sits where.

use serde_json::{Value, json};
use sotto_relay::Options;

use crate::client::{Client, Room, Running, presence_key, roomy, sender};

fn ok(join_ref: Value, reference: &str, topic: &str) -> Value {
    json!([join_ref, reference, topic, "phx_reply", {"status": "ok", "response": {}}])
}

fn error(join_ref: Value, reference: &str, topic: &str, reason: &str) -> Value {
    json!([join_ref, reference, topic, "phx_reply", {"status": "error", "response": {"reason": reason}}])
}

#[tokio::test]
async fn a_joiner_gets_ok_and_then_the_state_that_lists_it_too() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut anna = Client::connect(&relay).await;
    assert_eq!(
        anna.ask_join("7", &room, "anna").await,
        ok(json!("7"), "7", &room.topic)
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

#[tokio::test]
async fn whatever_is_wrong_with_a_join_gets_the_same_bytes() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let _owner = Client::seated(&relay, &room, "owner").await;
    let mut guesser = Client::connect(&relay).await;
    let good = sender("guesser");
    let wrong = [
        json!({"access_hash": room.forged().access, "sender_hash": good}),
        json!({"access_hash": room.access.to_uppercase(), "sender_hash": good}),
        json!({"access_hash": room.access, "sender_hash": "not hex"}),
        json!({"access_hash": room.access, "sender_hash": 1}),
        json!({"access_hash": room.access}),
        json!({"sender_hash": good}),
        json!({}),
        json!([]),
        json!(null),
        json!("text"),
    ];
    for payload in wrong {
        guesser
            .send(json!(["1", "1", room.topic, "phx_join", payload]))
            .await;
        assert_eq!(
            guesser.next_raw().await.into_text().unwrap().as_str(),
            format!(
                r#"["1","1","{}","phx_reply",{{"status":"error","response":{{"reason":"unauthorized"}}}}]"#,
                room.topic
            )
        );
    }
    let payload = json!({"access_hash": room.access, "sender_hash": good});
    for topic in [
        "anon_room:",
        "anon_room:abc",
        &room.topic.to_uppercase().replace("ANON_ROOM", "anon_room"),
    ] {
        guesser.send(json!(["1", "1", topic, "phx_join", payload])).await;
        assert_eq!(
            guesser.next().await,
            error(json!("1"), "1", topic, "unauthorized")
        );
    }
    guesser.join(&room, "guesser").await;
}

#[tokio::test]
async fn a_topic_that_is_no_rooms_is_unmatched() {
    let relay = Running::start(roomy()).await;
    let mut client = Client::connect(&relay).await;
    for (topic, event) in [
        ("lobby", "phx_join"),
        ("lobby", "shout"),
        ("phoenix", "shout"),
        ("", "x"),
    ] {
        client.send(json!(["1", "2", topic, event, {}])).await;
        assert_eq!(
            client.next().await,
            error(json!(null), "2", topic, "unmatched topic")
        );
    }
}

#[tokio::test]
async fn a_heartbeat_is_answered_without_a_join_ref() {
    let relay = Running::start(roomy()).await;
    let mut client = Client::connect(&relay).await;
    client.send(json!(["1", 2, "phoenix", "heartbeat", {}])).await;
    assert_eq!(
        client.next().await,
        json!([null, 2, "phoenix", "phx_reply", {"status": "ok", "response": {}}])
    );
}

#[tokio::test]
async fn leaving_is_answered_and_closes_the_channel_and_only_that() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut anna = Client::seated(&relay, &room, "anna").await;
    let mut ben = Client::seated(&relay, &room, "ben").await;
    assert_eq!(anna.next().await[3], "presence_diff");
    ben.send(json!(["1", "5", room.topic, "phx_leave", {}])).await;
    assert_eq!(ben.next().await, ok(json!("1"), "5", &room.topic));
    assert_eq!(ben.next().await, json!(["1", "1", room.topic, "phx_close", {}]));
    let diff = anna.next().await;
    assert_eq!(diff[4]["joins"], json!({}));
    assert!(diff[4]["leaves"][presence_key("ben")].is_object());
    ben.send(json!(["1", "6", room.topic, "shout", {}])).await;
    assert_eq!(
        ben.next().await,
        error(json!(null), "6", &room.topic, "unmatched topic")
    );
    anna.expect_silence().await;
    ben.join(&room, "ben").await;
}

#[tokio::test]
async fn leaving_what_was_not_joined_is_ok() {
    let relay = Running::start(roomy()).await;
    let mut client = Client::connect(&relay).await;
    let topic = Room::proven("one").topic;
    client.send(json!(["1", "2", topic, "phx_leave", {}])).await;
    assert_eq!(client.next().await, ok(json!("1"), "2", &topic));
    client.expect_silence().await;
}

#[tokio::test]
async fn a_second_join_on_one_socket_closes_the_first_channel_with_its_join_ref() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut other = Client::seated(&relay, &room, "other").await;
    for second_name in ["anna", "not anna"] {
        let mut anna = Client::seated(&relay, &room, "anna").await;
        assert_eq!(other.next().await[3], "presence_diff");
        assert_eq!(
            anna.ask_join("2", &room, second_name).await,
            ok(json!("2"), "2", &room.topic)
        );
        let state = anna.next().await;
        assert_eq!(state[3], "presence_state");
        assert_eq!(state[4].as_object().unwrap().len(), 2);
        assert_eq!(anna.next().await, json!(["1", "1", room.topic, "phx_close", {}]));

        let diff = other.next().await;
        assert!(diff[4]["joins"][presence_key(second_name)].is_object());
        assert!(diff[4]["leaves"][presence_key("anna")].is_object());

        // The first channel's messages are stale now, the second's and those without a join_ref count.
        anna.send(json!(["1", "3", room.topic, "stale", {}])).await;
        anna.send(json!(["1", "4", room.topic, "phx_leave", {}])).await;
        anna.send(json!(["2", "5", room.topic, "fresh", {}])).await;
        assert_eq!(anna.next().await, ok(json!("2"), "5", &room.topic));
        anna.send(json!([null, "6", room.topic, "null", {}])).await;
        assert_eq!(anna.next().await, ok(json!("2"), "6", &room.topic));
        assert_eq!(other.next().await[3], "fresh");
        assert_eq!(other.next().await[3], "null");
        drop(anna);
        assert_eq!(other.next().await[3], "presence_diff");
        other.expect_silence().await;
    }
}

#[tokio::test]
async fn a_second_join_that_fails_leaves_the_first_channel_as_it_is() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut anna = Client::seated(&relay, &room, "anna").await;
    assert_eq!(
        anna.ask_join("2", &room.forged(), "anna").await,
        error(json!("2"), "2", &room.topic, "unauthorized")
    );
    anna.send(json!(["1", "3", room.topic, "shout", {}])).await;
    assert_eq!(anna.next().await, ok(json!("1"), "3", &room.topic));
}

#[tokio::test]
async fn a_join_with_the_sender_hash_of_a_seat_replaces_it() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut other = Client::seated(&relay, &room, "other").await;
    let mut old = Client::seated(&relay, &room, "anna").await;
    let old_ref = other.next().await[4]["joins"][presence_key("anna")].clone();
    let mut new = Client::seated(&relay, &room, "anna").await;
    assert_eq!(old.next().await, json!(["1", "1", room.topic, "phx_close", {}]));

    let diff = other.next().await;
    assert_eq!(diff[4]["leaves"], json!({presence_key("anna"): old_ref}));
    assert_ne!(diff[4]["joins"][presence_key("anna")], old_ref);
    other.expect_silence().await;

    // The old socket lives, but speaks no more in the room; its end takes nothing from its successor.
    old.send(json!(["1", "3", room.topic, "shout", {}])).await;
    assert_eq!(
        old.next().await,
        error(json!(null), "3", &room.topic, "unmatched topic")
    );
    old.socket.close(None).await.unwrap();
    assert!(old.next_raw().await.is_close());
    new.send(json!(["1", "4", room.topic, "shout", {}])).await;
    assert_eq!(new.next().await, ok(json!("1"), "4", &room.topic));
    assert_eq!(other.next().await[3], "shout");
}

#[tokio::test]
async fn a_full_room_refuses_good_hashes_but_not_who_replaces_a_seat() {
    let relay = Running::start(Options {
        max_seats: 2,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let _anna = Client::seated(&relay, &room, "anna").await;
    let mut ben = Client::seated(&relay, &room, "ben").await;
    let mut third = Client::connect(&relay).await;
    assert_eq!(
        third.ask_join("1", &room, "third").await,
        error(json!("1"), "1", &room.topic, "room_full")
    );
    assert_eq!(
        third.ask_join("1", &room.forged(), "third").await,
        error(json!("1"), "1", &room.topic, "unauthorized")
    );
    third.join(&room, "anna").await;
    assert_eq!(ben.next().await[3], "presence_diff");
    ben.join(&room, "not ben").await;
}

#[tokio::test]
async fn a_relay_with_as_many_rooms_as_it_may_have_drops_the_oldest_empty_one() {
    let relay = Running::start(Options {
        max_rooms: 2,
        ..roomy()
    })
    .await;
    let (one, two, three) = (Room::proven("one"), Room::proven("two"), Room::proven("three"));
    let mut client = Client::seated(&relay, &one, "anna").await;
    client.join(&two, "anna").await;
    assert_eq!(
        client.ask_join("1", &three, "anna").await,
        error(json!("1"), "1", &three.topic, "relay_full")
    );
    client.send(json!(["1", "2", one.topic, "phx_leave", {}])).await;
    assert_eq!(client.next().await[3], "phx_reply");
    assert_eq!(client.next().await[3], "phx_close");
    client.join(&three, "anna").await;
}

#[tokio::test]
async fn a_socket_joins_a_hundred_channels_and_no_more() {
    let relay = Running::start(roomy()).await;
    let mut client = Client::connect(&relay).await;
    for index in 0..100 {
        client.join(&Room::proven(&index.to_string()), "anna").await;
    }
    let room = Room::proven("one more");
    assert_eq!(
        client.ask_join("1", &room, "anna").await,
        error(json!("1"), "1", &room.topic, "too many channels joined")
    );
    // A channel that is joined again is not one more; one that another socket took over is one less.
    assert_eq!(
        client.ask_join("2", &Room::proven("0"), "anna").await[4]["status"],
        "ok"
    );
    assert_eq!(client.next().await[3], "presence_state");
    assert_eq!(client.next().await[3], "phx_close");
    let _successor = Client::seated(&relay, &Room::proven("1"), "anna").await;
    assert_eq!(client.next().await[3], "phx_close");
    client.join(&room, "anna").await;
}

#[tokio::test]
async fn refs_come_back_in_the_form_in_which_they_were_given() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut client = Client::connect(&relay).await;
    let payload = json!({"access_hash": room.access, "sender_hash": sender("anna")});
    client
        .send(json!([17, 18, room.topic, "phx_join", payload]))
        .await;
    assert_eq!(
        client.next().await,
        json!([17, 18, room.topic, "phx_reply", {"status": "ok", "response": {}}])
    );
    assert_eq!(client.next().await[0], 17);
    client.send(json!([17, "é\"", room.topic, "shout", {}])).await;
    assert_eq!(
        client.next().await,
        json!([17, "é\"", room.topic, "phx_reply", {"status": "ok", "response": {}}])
    );
    client
        .send(json!([null, null, room.topic, "phx_leave", {}]))
        .await;
    assert_eq!(
        client.next().await,
        json!([17, null, room.topic, "phx_reply", {"status": "ok", "response": {}}])
    );
    assert_eq!(client.next().await, json!([17, 17, room.topic, "phx_close", {}]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_joiner_of_a_busy_room_gets_the_reply_and_the_state_before_anything_else() {
    let relay = Running::start(Options {
        connection_deliveries: 0,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let (mut talker, topic) = (Client::seated(&relay, &room, "talker").await, room.topic.clone());
    let talking = tokio::spawn(async move {
        loop {
            talker.send(json!(["1", null, topic, "talk", {}])).await;
        }
    });
    let mut joiner = Client::connect(&relay).await;
    for attempt in 0..200 {
        let join_ref = attempt.to_string();
        let reply = joiner.ask_join(&join_ref, &room, "joiner").await;
        assert_eq!(reply, ok(json!(join_ref), &join_ref, &room.topic));
        let state = joiner.next().await;
        assert_eq!(
            (&state[0], &state[3]),
            (&json!(join_ref), &json!("presence_state"))
        );
        assert_eq!(joiner.next().await[3], "talk");
        joiner
            .send(json!([join_ref, "leave", room.topic, "phx_leave", {}]))
            .await;
        while joiner.next().await[1] != "leave" {}
        assert_eq!(joiner.next().await[3], "phx_close");
    }
    talking.abort();
}

/// Joins and goes in one of three ways; whatever else comes meanwhile is of others.
async fn come_and_go(client: &mut Client, room: &Room, name: &str, round: usize) {
    let join_ref = round.to_string();
    let payload = json!({"access_hash": room.access, "sender_hash": sender(name)});
    client
        .send(json!([join_ref, "join", room.topic, "phx_join", payload]))
        .await;
    while client.next().await[1] != "join" {}
    let event = ["phx_leave", "expire_room", "phx_join"][round % 3];
    client
        .send(json!([join_ref, "go", room.topic, event, payload]))
        .await;
    while client.next().await[1] != "go" {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_joins_and_ends_interleave_nobody_is_left_behind() {
    let relay = Running::start(Options {
        max_rooms: 1,
        connection_deliveries: 0,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let mut crowd = tokio::task::JoinSet::new();
    for member in 0..6 {
        let (mut client, room) = (Client::connect(&relay).await, room.clone());
        crowd.spawn(async move {
            for round in 0..100 {
                // Three names for six: they also replace each other.
                come_and_go(
                    &mut client,
                    &room,
                    &format!("member {}", member % 3),
                    round + member,
                )
                .await;
            }
        });
    }
    crowd.join_all().await;
    // The relay sees the end of the crowd's sockets a little later.
    let mut last = Client::seated(&relay, &room, "last").await;
    for _ in 0..1000 {
        assert_eq!(last.ask_join("1", &room, "last").await[4]["status"], "ok");
        let seated = last.next().await[4].as_object().unwrap().len();
        while last.next().await[3] != "phx_close" {}
        if seated == 1 {
            return;
        }
    }
    panic!("a ghost is left");
}
