//! Whoever says much, or reads slowly, does not hold up the others.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use sotto_relay::Options;
use tokio::{net::TcpSocket, task::JoinSet};
use tokio_tungstenite::{MaybeTlsStream, client_async, tungstenite::Message};

use crate::client::{Client, Room, Running, SOON, roomy};

#[tokio::test]
async fn over_its_budget_a_sender_is_slowed_and_nothing_is_dropped() {
    let relay = Running::start(Options {
        connection_deliveries: 100,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let mut reader = Client::seated(&relay, &room, "reader").await;
    let mut sender = Client::seated(&relay, &room, "sender").await;
    assert_eq!(reader.next().await[3], "presence_diff");
    let began = Instant::now();
    for number in 0..300 {
        sender.send(json!(["1", null, room.topic, "shout", number])).await;
    }
    for number in 0..300 {
        assert_eq!(reader.next().await[4], number);
    }
    // The first hundred at once, less what the join took; a turn of 16 may be ahead of its budget.
    assert!(began.elapsed() > Duration::from_millis(1700));
}

#[tokio::test]
async fn pings_are_not_free() {
    let relay = Running::start(Options {
        connection_deliveries: 100,
        ..roomy()
    })
    .await;
    let mut client = Client::connect(&relay).await;
    let began = Instant::now();
    for _ in 0..200 {
        client.send_raw(Message::Ping("".into())).await;
    }
    for _ in 0..200 {
        assert!(client.next_raw().await.is_pong());
    }
    // The first hundred at once; a turn of 16 may be ahead of its budget.
    assert!(began.elapsed() > Duration::from_millis(700));
}

/// A client for which the system keeps little of what it has yet to read.
async fn of_little_room(relay: &Running, room: &Room) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let stream = socket.connect(relay.addr).await.unwrap();
    let url = format!("ws://{}/socket/websocket?vsn=2.0.0", relay.addr);
    let (socket, _) = client_async(url, MaybeTlsStream::Plain(stream)).await.unwrap();
    let mut reader = Client { socket };
    reader.join(room, "reader").await;
    reader
}

#[tokio::test]
async fn a_sender_waits_for_a_reader_that_does_nothing_but_read() {
    // With three in the room it is told at once, with seventy in turns.
    for others in [1, 68] {
        let relay = Running::start(Options {
            connection_bytes: 0,
            address_bytes: 0,
            max_mbit: 0,
            max_seats: 100,
            ..roomy()
        })
        .await;
        let room = Room::proven("one");
        let mut audience = JoinSet::new();
        for number in 0..others {
            let mut other = Client::seated(&relay, &room, &number.to_string()).await;
            audience
                .spawn(async move { while other.socket.next().await.is_some_and(|frame| frame.is_ok()) {} });
        }
        let mut reader = of_little_room(&relay, &room).await;
        let mut sender = Client::seated(&relay, &room, "sender").await;
        let text = "x".repeat(60_000);
        // 6 MB: six times what may wait for one reader.
        let sending = async {
            for number in 0..100 {
                sender
                    .send(json!(["1", null, room.topic, "said", number.to_string() + &text]))
                    .await;
            }
        };
        let reading = async {
            let mut number = 0;
            while number < 100 {
                let frame = reader.next().await;
                if frame[3] == "said" {
                    assert!(frame[4].as_str().unwrap().starts_with(&format!("{number}x")));
                    number += 1;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
        };
        tokio::join!(sending, reading);
        audience.shutdown().await;
    }
}

#[tokio::test]
async fn a_paste_of_a_mebibyte_arrives_whole_at_a_slow_reader() {
    let relay = Running::start(roomy()).await;
    let room = Room::proven("one");
    let mut reader = of_little_room(&relay, &room).await;
    let mut sender = Client::seated(&relay, &room, "sender").await;
    assert_eq!(reader.next().await[3], "presence_diff");
    for number in 0..16u8 {
        let text = char::from(b'a' + number).to_string().repeat(64 * 1024);
        sender.send(json!(["1", "2", room.topic, "paste", text])).await;
        assert_eq!(sender.next().await[4]["status"], "ok");
    }
    for number in 0..16u8 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let text = reader.next().await[4].as_str().unwrap().to_owned();
        assert!(text.len() == 64 * 1024 && text.bytes().all(|byte| byte == b'a' + number));
    }
}

#[tokio::test]
async fn a_reader_that_stops_does_not_hold_up_the_room() {
    let relay = Running::start(Options {
        connection_bytes: 0,
        ..roomy()
    })
    .await;
    let room = Room::proven("one");
    let _stopped = Client::seated(&relay, &room, "stopped").await;
    let mut reader = Client::seated(&relay, &room, "reader").await;
    let mut sender = Client::seated(&relay, &room, "sender").await;
    assert_eq!(reader.next().await[3], "presence_diff");
    let text = "x".repeat(60_000);
    let mut left = false;
    // 30 MB: much more than any buffer on the way to who has stopped.
    for number in 0..500 {
        sender
            .send(json!(["1", null, room.topic, number.to_string(), text]))
            .await;
        let mut frame = reader.next().await;
        if frame[3] == "presence_diff" {
            left = true;
            frame = reader.next().await;
        }
        assert_eq!(frame[3], number.to_string());
    }
    assert!(left, "who has stopped was cut");
}

/// 99 of 100 round trips between two in a room take no longer than this.
async fn p99(anna: &mut Client, ben: &mut Client, topic: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..200 {
        let sent = Instant::now();
        anna.send(json!(["1", null, topic, "ask", {}])).await;
        assert_eq!(ben.next().await[3], "ask");
        ben.send(json!(["1", null, topic, "answer", {}])).await;
        assert_eq!(anna.next().await[3], "answer");
        times.push(sent.elapsed());
    }
    times.sort();
    times[197]
}

/// Deliveries a second of one connection in the comparison.
const BUDGET: u64 = 1_000;

/// Says as much as the relay takes, to somebody who reads all of it; what a new connection has at once is used up.
async fn flood(relay: &Running, room: &Room, tasks: &mut JoinSet<()>) {
    let (mut reader, mut flooder) = (
        Client::seated(relay, room, "reader").await,
        Client::seated(relay, room, "flooder").await,
    );
    let frame = Message::text(json!(["1", null, room.topic, "flood", "x".repeat(200)]).to_string());
    tasks.spawn(async move { while flooder.socket.send(frame.clone()).await.is_ok() {} });
    for _ in 0..BUDGET + BUDGET / 10 {
        reader.next_raw().await;
    }
    tasks.spawn(async move { while reader.socket.next().await.is_some_and(|message| message.is_ok()) {} });
}

/// A busy machine may spoil one comparison, but hardly five.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_flooders_leave_an_honest_pair_its_round_trips() {
    let relay = Running::start(Options {
        connection_deliveries: BUDGET,
        ..roomy()
    })
    .await;
    let room = Room::proven("honest");
    let mut anna = Client::seated(&relay, &room, "anna").await;
    let mut ben = Client::seated(&relay, &room, "ben").await;
    assert_eq!(anna.next().await[3], "presence_diff");
    let mut seen = Vec::new();
    for round in 0..5 {
        let quiet = p99(&mut anna, &mut ben, &room.topic).await;
        let mut flooders = JoinSet::new();
        for flooder in 0..2 {
            flood(
                &relay,
                &Room::proven(&format!("flood {round} {flooder}")),
                &mut flooders,
            )
            .await;
        }
        let beside = tokio::time::timeout(SOON, p99(&mut anna, &mut ben, &room.topic)).await;
        flooders.shutdown().await;
        let beside = beside.expect("an honest pair is served");
        // Below a millisecond it is the machine that is measured, not the relay.
        if beside <= 3 * quiet.max(Duration::from_millis(1)) {
            return;
        }
        seen.push((quiet, beside));
    }
    panic!("quiet and beside two flooders: {seen:?}");
}
