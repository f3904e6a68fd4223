//! The first connection: what a run ends with that cannot begin.

use std::time::Duration;

use sotto_protocol::frame::Status;

use super::super::{RelayError, Timing, Update};
use super::fake::Relay;
use super::{failed, joined, open, quick, until};
use crate::exit::Exit;

/// What the client says of a server that answers the upgrade like this.
async fn answered(bytes: &[u8]) -> RelayError {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let (why, ()) = tokio::join!(failed(&mut updates), relay.answers(bytes));
    why
}

fn says(why: &RelayError, exit: Exit, words: &str) {
    assert_eq!(why.exit(), exit, "{why}");
    assert!(why.to_string().contains(words), "{why}");
}

#[tokio::test]
async fn a_server_that_answers_garbage_is_no_relay() {
    says(
        &answered(b"\x16\x03\x01 \xff\xfe\r\n\r\n").await,
        Exit::Unreachable,
        "is not HTTP",
    );
    says(
        &answered(b"SSH-2.0-OpenSSH_9.6\r\n").await,
        Exit::Unreachable,
        "is not HTTP",
    );
}

#[tokio::test]
async fn a_web_server_is_no_relay() {
    let page = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    says(
        &answered(page).await,
        Exit::Unreachable,
        "ordinary web server (HTTP 200)",
    );
    let missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    says(&answered(missing).await, Exit::Unreachable, "HTTP 404");
    let broken = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
    says(&answered(broken).await, Exit::Unreachable, "HTTP 502");
}

#[tokio::test]
async fn a_relay_that_forbids_the_connection_has_refused() {
    let forbidden = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    says(&answered(forbidden).await, Exit::Refused, "HTTP 403");
}

#[tokio::test]
async fn a_server_that_closes_during_the_upgrade_is_no_relay() {
    says(&answered(b"").await, Exit::Unreachable, "closed the connection");
    says(
        &answered(b"HTTP/1.1 101 Swi").await,
        Exit::Unreachable,
        "closed the connection",
    );
}

#[tokio::test]
async fn a_wrong_accept_key_is_no_upgrade() {
    let wrong = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    says(
        &answered(wrong).await,
        Exit::Unreachable,
        "does not speak like a relay",
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_no_longer_than_the_limit() {
    let relay = Relay::listen().await;
    let timing = Timing {
        upgrade: Duration::from_millis(100),
        ..quick()
    };
    let (_room, mut updates) = open(&relay.url(), timing);
    let (why, _silent) = tokio::join!(failed(&mut updates), relay.accept());
    says(
        &why,
        Exit::Unreachable,
        "no answer to the WebSocket upgrade within 0.1 s",
    );
}

#[tokio::test]
async fn a_port_without_a_server_is_said() {
    let relay = Relay::listen().await;
    let url = relay.url();
    drop(relay);
    let (_room, mut updates) = open(&url, quick());
    says(
        &failed(&mut updates).await,
        Exit::Unreachable,
        "connection refused",
    );
}

#[tokio::test]
async fn a_host_without_a_name_is_said() {
    let (_room, mut updates) = open("ws://sotto.invalid:4000/", quick());
    says(&failed(&mut updates).await, Exit::Unreachable, "sotto.invalid");
}

#[tokio::test]
async fn tls_to_a_relay_without_is_said() {
    let relay = Relay::listen().await;
    let url = relay.url().replace("ws://", "wss://");
    let (_room, mut updates) = open(&url, quick());
    let plain = async {
        use tokio::io::AsyncWriteExt;
        let mut tcp = relay.accept().await;
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        tcp
    };
    let (why, _tcp) = tokio::join!(failed(&mut updates), plain);
    says(&why, Exit::Unreachable, "begins with ws://");
}

#[tokio::test]
async fn a_join_that_is_refused_ends_the_run() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let refuse = async {
        let mut client = relay.upgraded().await;
        let join = client.pushed().await;
        client
            .reply(&join, Status::Error, r#"{"reason":"unauthorized"}"#)
            .await;
        client
    };
    let (why, _client) = tokio::join!(failed(&mut updates), refuse);
    says(&why, Exit::Refused, "check passphrase and room name");
    assert_eq!(why.word(), "unauthorized");
}

#[tokio::test]
async fn a_reason_that_a_relay_gives_is_made_safe_for_the_terminal() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    let refuse = async {
        let mut client = relay.upgraded().await;
        let join = client.pushed().await;
        client
            .reply(&join, Status::Error, r#"{"reason":"\u001b[2J"}"#)
            .await;
        client
    };
    let (why, _client) = tokio::join!(failed(&mut updates), refuse);
    says(&why, Exit::Refused, r"\u{1b}[2J");
}

#[tokio::test]
async fn a_full_room_is_waited_for() {
    let relay = Relay::listen().await;
    let (_room, mut updates) = open(&relay.url(), quick());
    for reason in ["room_full", "relay_full", "rate_limited"] {
        let mut client = relay.upgraded().await;
        let join = client.pushed().await;
        let response = format!(r#"{{"reason":"{reason}"}}"#);
        client.reply(&join, Status::Error, &response).await;
        let said = until(&mut updates, |update| match update {
            Update::Waiting { why, .. } => Some(why.word()),
            _ => None,
        });
        assert_eq!(said.await, reason);
    }
    relay
        .answers(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
        .await;
    let (_client, ..) = relay.joined().await;
    joined(&mut updates).await;
}

#[tokio::test]
async fn the_time_that_a_relay_asks_to_stay_away_is_kept_and_told() {
    for (status, word, said, asked) in [
        ("429 Too Many Requests", "too_many_connections", "7", 7),
        ("503 Service Unavailable", "unavailable", "60", 60),
        ("503 Service Unavailable", "unavailable", "4000000000", 600),
    ] {
        let relay = Relay::listen().await;
        let (_room, mut updates) = open(&relay.url(), quick());
        let answer = format!("HTTP/1.1 {status}\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n");
        relay.answers(answer.as_bytes()).await;
        let told = until(&mut updates, |update| match update {
            Update::Waiting { why, wait } => Some((why.word(), *wait)),
            _ => None,
        });
        let (found, wait) = told.await;
        let asked = Duration::from_secs(asked);
        assert_eq!(found, word);
        assert!(
            (asked..asked + Duration::from_secs(1)).contains(&wait),
            "{wait:?}"
        );
    }
}

#[tokio::test]
async fn a_join_without_an_answer_is_waited_for_no_longer_than_the_limit() {
    let relay = Relay::listen().await;
    let timing = Timing {
        join: Duration::from_millis(100),
        ..quick()
    };
    let (_room, mut updates) = open(&relay.url(), timing);
    let (why, _client) = tokio::join!(failed(&mut updates), relay.upgraded());
    says(&why, Exit::Unreachable, "did not answer the join");
}

#[tokio::test]
async fn frames_of_another_version_are_said() {
    for frame in [
        r#"{"topic":"phoenix","event":"phx_reply","payload":{},"ref":"1"}"#,
        "hello",
        r#"["1","1","t","phx_reply",{"status":"maybe","response":{}}]"#,
    ] {
        let relay = Relay::listen().await;
        let (_room, mut updates) = open(&relay.url(), quick());
        let other = async {
            let mut client = relay.upgraded().await;
            client.text(frame).await;
            client
        };
        let (why, _client) = tokio::join!(failed(&mut updates), other);
        says(&why, Exit::Unreachable, "not of the protocol");
    }
}
