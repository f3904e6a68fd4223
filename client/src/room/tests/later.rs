//! What happens once there was a seat.

use std::time::{Duration, Instant};

use sotto_protocol::frame::Status;
use sotto_protocol::instance::Event;
use sotto_protocol::message::MessageId;
use sotto_protocol::{Name, Root};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::super::{Command, CommandError, RelayError, Timing, Update};
use super::fake::Relay;
use super::peer::Peer;
use super::{LIMIT, joined, open, quick, reconnecting, until};

#[tokio::test]
async fn a_plain_phoenix_server_is_enough() {
    let relay = Relay::listen().await;
    let timing = Timing {
        heartbeat_min: Duration::from_millis(50),
        heartbeat_max: Duration::from_millis(60),
        ..quick()
    };
    let (room, mut updates) = open(&relay.url(), timing);
    let (mut client, join, sender) = relay.joined().await;
    joined(&mut updates).await;
    let room_hash = Root::from_bytes([7; 32]).room_hash().to_hex();
    assert_eq!(join.topic, format!("anon_room:{}", room_hash.as_str()));
    assert_eq!(join.join_ref, join.reference);
    assert_eq!(sender.len(), 64);
    for _ in 0..3 {
        let beat = client.pushed().await;
        assert_eq!(
            (beat.topic.as_str(), beat.event.as_str()),
            ("phoenix", "heartbeat")
        );
        assert!(beat.join_ref.is_null());
        client.reply(&beat, Status::Ok, "{}").await;
    }
    room.command(Command::Leave {
        timeout: Duration::ZERO,
    })
    .await
    .unwrap();
    loop {
        let push = client.pushed().await;
        client.reply(&push, Status::Ok, "{}").await;
        if push.event == "phx_leave" {
            assert_eq!(push.join_ref, join.join_ref);
            break;
        }
    }
    assert!(client.next().await.is_none(), "the client closes");
    until(&mut updates, |update| {
        matches!(update, Update::Left { undelivered: 0, .. }).then_some(())
    })
    .await;
    assert!(updates.next().await.is_none());
    assert_eq!(
        room.command(Command::Typing(true)).await.unwrap_err(),
        CommandError::Left
    );
}

#[tokio::test]
async fn a_lost_connection_is_made_again_with_the_same_sender() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let (client, _, first) = relay.joined().await;
    joined(&mut updates).await;
    drop(client);
    assert!(matches!(reconnecting(&mut updates).await, RelayError::Lost(_)));
    let (mut client, _, second) = relay.joined().await;
    joined(&mut updates).await;
    assert_eq!(first, second);
    let frame = CloseFrame {
        code: 1012.into(),
        reason: "restart".into(),
    };
    client.send(Message::Close(Some(frame))).await;
    let why = reconnecting(&mut updates).await;
    assert!(why.to_string().contains("code 1012: restart"), "{why}");
    relay.joined().await;
    joined(&mut updates).await;
}

#[tokio::test]
async fn a_relay_that_is_away_is_tried_again_and_again() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let (client, ..) = relay.joined().await;
    joined(&mut updates).await;
    drop(client);
    for _ in 0..3 {
        relay
            .answers(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            .await;
    }
    let mut client = relay.upgraded().await;
    let join = client.pushed().await;
    client
        .reply(&join, Status::Error, r#"{"reason":"unauthorized"}"#)
        .await;
    until(&mut updates, |update| match update {
        Update::Reconnecting { why, .. } => (why.word() == "unauthorized").then_some(()),
        _ => None,
    })
    .await;
    let (_client, ..) = relay.joined().await;
    joined(&mut updates).await;
}

#[tokio::test]
async fn one_that_is_unseated_while_alive_comes_back_as_another() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let (mut client, join, first) = relay.joined().await;
    client.notice(&join, "phx_close", "{}").await;
    assert_eq!(reconnecting(&mut updates).await, RelayError::Unseated);
    let (_client, _, second) = relay.joined().await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_channel_that_broke_is_joined_again() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let (mut client, join, first) = relay.joined().await;
    client.notice(&join, "phx_error", "{}").await;
    assert_eq!(reconnecting(&mut updates).await, RelayError::ChannelClosed);
    let (_client, _, second) = relay.joined().await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_stale_close_and_foreign_topics_mean_nothing() {
    let relay = Relay::listen().await;
    let timing = Timing {
        heartbeat_min: Duration::from_millis(50),
        heartbeat_max: Duration::from_millis(60),
        ..quick()
    };
    let (_room, mut updates) = open(&relay.url(), timing);
    let (mut client, join, _) = relay.joined().await;
    client
        .text(&format!(r#"["999","999","{}","phx_close",{{}}]"#, join.topic))
        .await;
    client
        .text(r#"[null,null,"anon_room:other","phx_close",{}]"#)
        .await;
    client
        .text(r#"[null,"77","phoenix","phx_reply",{"status":"ok","response":{}}]"#)
        .await;
    client
        .text(&format!(r#"[null,null,"{}","sealed",{{}}]"#, join.topic))
        .await;
    client
        .text(&format!(r#"[null,null,"{}","presence_state",[1]]"#, join.topic))
        .await;
    client.sealed(&join, b"not ours").await;
    joined(&mut updates).await;
    let beat = client.pushed().await;
    assert_eq!(beat.event, "heartbeat");
}

#[tokio::test]
async fn a_destroyed_room_is_said_and_joined_again() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let (mut client, join, _) = relay.joined().await;
    client.notice(&join, "room_expired", "{}").await;
    client.notice(&join, "phx_close", "{}").await;
    until(&mut updates, |update| {
        matches!(update, Update::Expired).then_some(())
    })
    .await;
    relay.joined().await;
    joined(&mut updates).await;
}

#[tokio::test]
async fn the_relay_says_whether_a_room_is_destroyed() {
    let relay = Relay::listen().await;
    let (room, mut updates) = open(&relay.url(), quick());
    assert_eq!(
        room.command(Command::Expire).await.unwrap_err(),
        CommandError::Offline
    );
    let (mut client, ..) = relay.joined().await;
    joined(&mut updates).await;
    let answer = async |client: &mut super::fake::Client, status, response: &str| {
        let push = client.pushed().await;
        assert_eq!(push.event, "expire_room");
        client.reply(&push, status, response).await;
    };
    let (refused, ()) = tokio::join!(
        room.command(Command::Expire),
        answer(&mut client, Status::Error, r#"{"reason":"unauthorized"}"#)
    );
    assert_eq!(refused.unwrap_err(), CommandError::NotExpired);
    let (done, ()) = tokio::join!(
        room.command(Command::Expire),
        answer(&mut client, Status::Ok, "{}")
    );
    assert_eq!(done, Ok(()));
    until(&mut updates, |update| {
        matches!(update, Update::Left { .. }).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_stops_answering_is_left() {
    let relay = Relay::listen().await;
    let timing = Timing {
        heartbeat_min: Duration::from_millis(50),
        heartbeat_max: Duration::from_millis(60),
        heartbeat_answer: Duration::from_millis(100),
        ..quick()
    };
    let (_room, mut updates) = open(&relay.url(), timing);
    let (_silent, ..) = relay.joined().await;
    assert_eq!(reconnecting(&mut updates).await, RelayError::Silent);
}

#[tokio::test]
async fn a_jump_of_the_clock_probes_the_connection() {
    let relay = Relay::listen().await;
    // Every look at the clock comes too late for these: each is a jump.
    let timing = Timing {
        jump: Duration::ZERO,
        tick: Duration::from_millis(30),
        probe_answer: Duration::from_millis(200),
        ..quick()
    };
    let (_room, mut updates) = open(&relay.url(), timing);
    let (mut client, ..) = relay.joined().await;
    assert_eq!(client.pushed().await.event, "heartbeat");
    joined(&mut updates).await;
}

#[tokio::test]
async fn one_that_looks_like_us_has_a_number_until_we_have_another_name() {
    let relay = Relay::listen().await;
    let (room, mut updates) = open(&relay.url(), quick());
    let (mut client, join, _) = relay.joined().await;
    Peer::new("Anna").meet(&mut client, &join).await;
    let name = until(&mut updates, |update| match update {
        Update::Event {
            event: Event::PeerJoined { .. },
            name,
        } => Some(name.clone()),
        _ => None,
    });
    assert_eq!(name.await, "Anna~2");
    room.command(Command::Rename(Name::new("zoe").unwrap()))
        .await
        .unwrap();
    let name = until(&mut updates, |update| match update {
        Update::Event {
            event: Event::PeerRenamed { .. },
            name,
        } => Some(name.clone()),
        _ => None,
    });
    assert_eq!(name.await, "Anna");
}

#[tokio::test]
async fn a_message_beyond_the_limit_ends_the_connection_and_not_the_process() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let (mut client, ..) = relay.joined().await;
    joined(&mut updates).await;
    // The client may close before all of it is written.
    let flood = async {
        use futures_util::SinkExt;
        let _ = client
            .stream()
            .send(Message::binary(vec![0; 3 * 1024 * 1024]))
            .await;
    };
    let (why, ()) = tokio::join!(reconnecting(&mut updates), flood);
    assert!(matches!(why, RelayError::Garbage(_)), "{why}");
}

#[tokio::test]
async fn a_room_that_nobody_holds_is_left() {
    let relay = Relay::listen().await;
    let (room, mut updates) = open(&relay.url(), quick());
    let (mut client, ..) = relay.joined().await;
    joined(&mut updates).await;
    drop(room);
    assert_eq!(client.pushed().await.event, "phx_leave");
    // Without an answer the client does not stay.
    let began = Instant::now();
    until(&mut updates, |update| {
        matches!(update, Update::Left { .. }).then_some(())
    })
    .await;
    assert!(began.elapsed() < LIMIT / 2);
}

#[tokio::test]
async fn leaving_does_not_wait_for_a_relay_that_is_away() {
    let relay = Relay::listen().await;
    let timing = Timing {
        retry_min: LIMIT * 2,
        retry_max: LIMIT * 2,
        ..quick()
    };
    let (room, mut updates) = open(&relay.url(), timing);
    let (client, ..) = relay.joined().await;
    drop(client);
    reconnecting(&mut updates).await;
    room.command(Command::Leave {
        timeout: Duration::ZERO,
    })
    .await
    .unwrap();
    until(&mut updates, |update| {
        matches!(update, Update::Left { .. }).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_became_of_an_order_is_told_before_anything_else_about_it() {
    let relay = Relay::listen().await;
    let (room, mut updates) = open(&relay.url(), quick());
    let (_client, ..) = relay.joined().await;
    room.order_text("hello".to_owned(), None);
    room.order(Command::Typing(true));
    let (id, text) = (MessageId([9; 16]), "other words".to_owned());
    room.order(Command::Edit { id, text });
    let mut told = Vec::new();
    until(&mut updates, |update| {
        told.push(match update {
            Update::Said(Ok(_)) => "said",
            Update::Undelivered(1) => "waits",
            Update::Done { answer: Ok(()), .. } => "done",
            Update::Done { answer: Err(_), .. } => "not done",
            _ => return None,
        });
        matches!(update, Update::Done { .. }).then_some(())
    })
    .await;
    assert_eq!(told, ["said", "waits", "not done"]);
}
