//! What one address may do.

use serde_json::json;
use sotto_relay::Options;
use tokio_tungstenite::connect_async;

use crate::client::{Client, Room, Running, refused, roomy};

fn rate_limited() -> serde_json::Value {
    json!({"status": "error", "response": {"reason": "rate_limited"}})
}

#[tokio::test]
async fn only_sockets_that_have_failed_themselves_meet_the_limit_of_failed_joins() {
    let relay = Running::start(Options {
        address_failed_joins: 3,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let mut owner = Client::seated(&relay, &room, "owner").await;
    let mut guesser = Client::connect(&relay).await;
    for _ in 0..3 {
        let reply = guesser.ask_join("1", &room.forged(), "guesser").await;
        assert_eq!(reply[4]["response"]["reason"], "unauthorized");
    }
    // Over the limit nothing tells a good guess from a bad one, and the socket lives.
    assert_eq!(
        guesser.ask_join("1", &room.forged(), "guesser").await[4],
        rate_limited()
    );
    assert_eq!(guesser.ask_join("1", &room, "guesser").await[4], rate_limited());
    guesser.expect_silence().await;
    // Others at the same address are not held back.
    owner.join(&Room::proven("two"), "owner").await;
    Client::connect(&relay).await.join(&room, "ben").await;
}

#[tokio::test]
async fn an_address_joins_so_often_and_no_more() {
    let relay = Running::start(Options {
        address_joins: 2,
        ..roomy()
    })
    .await;
    let mut client = Client::connect(&relay).await;
    client.join(&Room::proven("one"), "anna").await;
    client.join(&Room::proven("two"), "anna").await;
    assert_eq!(
        client.ask_join("1", &Room::proven("three"), "anna").await[4],
        rate_limited()
    );
}

#[tokio::test]
async fn an_address_holds_so_many_seats_and_gets_them_back() {
    let relay = Running::start(Options {
        address_seats: 2,
        ..roomy()
    })
    .await;
    let [one, two, three] = ["one", "two", "three"].map(Room::proven);
    let mut client = Client::connect(&relay).await;
    client.join(&one, "anna").await;
    client.join(&two, "anna").await;
    assert_eq!(client.ask_join("1", &three, "anna").await[4], rate_limited());
    // To join again takes no other seat, and a join that fails gives back what it had taken.
    assert_eq!(client.ask_join("2", &one, "anna").await[4]["status"], "ok");
    assert_eq!(client.next().await[3], "presence_state");
    assert_eq!(client.next().await[3], "phx_close");
    client.send(json!(["1", "3", two.topic, "phx_leave", {}])).await;
    assert_eq!(client.next().await[3], "phx_reply");
    assert_eq!(client.next().await[3], "phx_close");
    let other = Client::seated(&relay, &two, "ben").await;
    drop(other);
    let mut again = Client::connect(&relay).await;
    // The seat of a socket that has ended comes back as soon as the relay has seen the end.
    let mut reply = json!(null);
    for _ in 0..1000 {
        reply = again.ask_join("1", &three, "ben").await[4].clone();
        if reply["status"] == "ok" {
            break;
        }
    }
    assert_eq!(reply["status"], "ok");
}

#[tokio::test]
async fn an_address_makes_so_many_rooms_and_no_more() {
    let relay = Running::start(Options {
        address_rooms: 1,
        ..roomy()
    })
    .await;
    let one = Room::proven("one");
    let mut anna = Client::seated(&relay, &one, "anna").await;
    assert_eq!(
        anna.ask_join("1", &Room::proven("two"), "anna").await[4],
        rate_limited()
    );
    Client::connect(&relay).await.join(&one, "ben").await;
}

#[tokio::test]
async fn an_address_that_connects_too_often_gets_429() {
    let relay = Running::start(Options {
        address_connections: 2,
        ..roomy()
    })
    .await;
    let url = format!("ws://{}/socket/websocket?vsn=2.0.0", relay.addr);
    let _first = connect_async(&url).await.unwrap();
    let _second = connect_async(&url).await.unwrap();
    assert_eq!(refused(connect_async(&url).await), 429);
}

#[tokio::test]
async fn an_address_has_so_many_sockets_that_hold_no_seat() {
    let relay = Running::start(Options {
        address_unseated: 2,
        ..roomy()
    })
    .await;
    let url = format!("ws://{}/socket/websocket?vsn=2.0.0", relay.addr);
    let [one, two] = ["one", "two"].map(Room::proven);
    let mut first = Client::connect(&relay).await;
    let second = Client::connect(&relay).await;
    assert_eq!(refused(connect_async(&url).await), 429);
    // Who sits does not count, until the last seat is given up.
    first.join(&one, "anna").await;
    first.join(&two, "anna").await;
    let third = Client::connect(&relay).await;
    assert_eq!(refused(connect_async(&url).await), 429);
    drop((second, third));
    for room in [&one, &two] {
        first.send(json!(["1", "3", room.topic, "phx_leave", {}])).await;
        assert_eq!(first.next().await[3], "phx_reply");
        assert_eq!(first.next().await[3], "phx_close");
    }
    // Those that are gone make space as soon as the relay has seen their end, but for one beside the first.
    let mut last = None;
    for _ in 0..1000 {
        if let Ok((socket, _)) = connect_async(&url).await {
            last = Some(socket);
            break;
        }
    }
    assert!(last.is_some());
    assert_eq!(refused(connect_async(&url).await), 429);
}
