//! The way from a connection to a WebSocket.

use std::time::Duration;

use sotto_relay::Options;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::connect_async;

use crate::client::{Client, Running, SOON, refused, roomy};

/// All that the relay answers until it closes.
async fn answer(relay: &Running, request: &str) -> String {
    let mut stream = TcpStream::connect(relay.addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Bytes that it did not read make it reset the connection: what was answered counts.
    let _ = tokio::time::timeout(SOON, stream.read_to_end(&mut answer))
        .await
        .expect("it closes");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn only_version_2_0_of_channels_is_let_in() {
    let relay = Running::start(roomy()).await;
    for (path, status) in [
        ("/socket/websocket", 403),
        ("/socket/websocket?vsn=1.0.0", 403),
        ("/socket/websocket?vsn=2.1.0", 403),
        ("/socket/websocket/?vsn=2.0.0", 404),
        ("/", 404),
    ] {
        let url = format!("ws://{}{path}", relay.addr);
        assert_eq!(refused(connect_async(url).await), status, "{path}");
    }
    let url = format!("ws://{}/socket/websocket?token=x&vsn=2.0.7", relay.addr);
    assert!(connect_async(url).await.is_ok());
}

#[tokio::test]
async fn what_is_no_upgrade_is_told_what_is() {
    let relay = Running::start(roomy()).await;
    let path = "/socket/websocket?vsn=2.0.0";
    let upgrade = "host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n";
    for (request, status) in [
        (format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"), "426"),
        (
            format!("GET {path} HTTP/1.1\r\n{upgrade}sec-websocket-version: 8\r\n\r\n"),
            "426",
        ),
        (
            format!("GET {path} HTTP/1.1\r\n{upgrade}sec-websocket-version: 13\r\n\r\n"),
            "400",
        ),
        (format!("POST {path} HTTP/1.1\r\n{upgrade}\r\n"), "400"),
    ] {
        let answer = answer(&relay, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}{answer}"
        );
    }
}

#[tokio::test]
async fn health_is_asked_again_on_one_connection_and_nothing_else_is() {
    let relay = Running::start(roomy()).await;
    let health = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let other = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let answers = answer(&relay, &format!("{health}{health}{other}{health}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
    assert_eq!(answers.matches("HTTP/1.1 404 Not Found").count(), 1);
}

#[tokio::test]
async fn a_request_head_has_its_limits() {
    let relay = Running::start(roomy()).await;
    let long = format!("GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(8 * 1024));
    let many = format!("GET /healthz HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(33));
    for request in [long, many] {
        assert!(answer(&relay, &request).await.starts_with("HTTP/1.1 431 "));
    }
}

#[tokio::test]
async fn a_request_that_does_not_come_ends_the_connection() {
    let relay = Running::start(Options {
        head_time: 1,
        ..roomy()
    })
    .await;
    answer(&relay, "GET /healthz HTT").await;
    answer(&relay, "").await;
}

#[tokio::test]
async fn frames_that_come_with_the_request_are_not_lost() {
    let relay = Running::start(roomy()).await;
    let mut request = format!(
        "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: {}==\r\n\r\n",
        "A".repeat(22)
    )
    .into_bytes();
    let heartbeat = br#"[null,"1","phoenix","heartbeat",{}]"#;
    request.extend([0x81, 0x80 | heartbeat.len() as u8, 0, 0, 0, 0]);
    request.extend(heartbeat);
    let mut stream = TcpStream::connect(relay.addr).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, async {
        while !answer.ends_with(br#"["status":"ok"#) && !answer.ends_with(b"{}}]") {
            stream.read_buf(&mut answer).await.unwrap();
        }
    })
    .await
    .unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 101 ") && answer.contains("phx_reply"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_relay_with_all_its_connections_turns_others_away_until_one_ends() {
    let relay = Running::start(Options {
        max_connections: Some(1),
        ..roomy()
    })
    .await;
    let first = Client::connect(&relay).await;
    assert!(answer(&relay, "").await.starts_with("HTTP/1.1 503 "));
    drop(first);
    let url = format!("ws://{}/socket/websocket?vsn=2.0.0", relay.addr);
    tokio::time::timeout(SOON, async {
        while connect_async(&url).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
}

/// The head of the answer to a raw request.
async fn head(relay: &Running, request: &str) -> String {
    let mut stream = TcpStream::connect(relay.addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, async {
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{request}");
        }
    })
    .await
    .unwrap();
    String::from_utf8(answer).unwrap().to_ascii_lowercase()
}

const HOST: &str = "host: x\r\n";
const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\n";
const VERSION: &str = "sec-websocket-version: 13\r\n";
const KEY: &str = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

#[tokio::test]
async fn a_handshake_is_read_as_http_and_websocket_have_it() {
    let relay = Running::start(roomy()).await;
    let path = "/socket/websocket?vsn=2.0.0";
    for (path, headers, status) in [
        (path, [HOST, UPGRADE, VERSION, KEY], 101),
        // Lines of one name are one list.
        (
            path,
            [
                HOST,
                "connection: keep-alive\r\nCONNECTION: upgrade\r\nupgrade: websocket\r\n",
                VERSION,
                KEY,
            ],
            101,
        ),
        (
            path,
            [
                HOST,
                "connection: keep-alive ,\tUpgrade\r\nupgrade: h2c, WebSocket\r\n",
                VERSION,
                KEY,
            ],
            101,
        ),
        (
            path,
            [
                HOST,
                "connection: upgrade\r\nupgrade: h2c\r\nupgrade: websocket\r\n",
                VERSION,
                KEY,
            ],
            101,
        ),
        (
            path,
            [
                HOST,
                UPGRADE,
                "sec-websocket-version: 8\r\nsec-websocket-version: 13\r\n",
                KEY,
            ],
            101,
        ),
        (
            path,
            [HOST, UPGRADE, "sec-websocket-version: 13, 8\r\n", KEY],
            101,
        ),
        // A part of a word is not the word.
        (
            path,
            [
                HOST,
                "connection: upgraded\r\nupgrade: websocket\r\n",
                VERSION,
                KEY,
            ],
            426,
        ),
        (
            path,
            [
                HOST,
                "connection: upgrade\r\nupgrade: websocket2\r\n",
                VERSION,
                KEY,
            ],
            426,
        ),
        (path, [HOST, UPGRADE, "sec-websocket-version: 130\r\n", KEY], 426),
        // What may stand there once.
        (path, ["", UPGRADE, VERSION, KEY], 400),
        (path, ["host: x\r\nhost: x\r\n", UPGRADE, VERSION, KEY], 400),
        (path, ["host: a b\r\n", UPGRADE, VERSION, KEY], 400),
        (
            path,
            [
                HOST,
                UPGRADE,
                VERSION,
                "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-key: BAAAAAAAAAAAAAAAAAAAAA==\r\n",
            ],
            400,
        ),
        (path, [HOST, UPGRADE, VERSION, "sec-websocket-key: AAAA\r\n"], 400),
        (
            path,
            [
                HOST,
                UPGRADE,
                VERSION,
                "sec-websocket-key: ????????????????????????\r\n",
            ],
            400,
        ),
        (path, [HOST, UPGRADE, VERSION, ""], 400),
        (
            path,
            [
                HOST,
                UPGRADE,
                VERSION,
                "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\ncontent-length: 1\r\n",
            ],
            400,
        ),
        // A query is percent-encoded.
        (
            "/socket/websocket?vsn=2%2E0%2e0",
            [HOST, UPGRADE, VERSION, KEY],
            101,
        ),
        (
            "/socket/websocket?token=%zz&%76sn=2.0.0",
            [HOST, UPGRADE, VERSION, KEY],
            101,
        ),
        (
            "/socket/websocket?vsn=2%2E1%2E0",
            [HOST, UPGRADE, VERSION, KEY],
            403,
        ),
        ("/healthz", ["", "", "", ""], 400),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", headers.concat());
        let answer = head(&relay, &request).await;
        assert!(
            answer.starts_with(&format!("http/1.1 {status} ")),
            "{status}: {request}{answer}"
        );
        let accept = "sec-websocket-accept: icx+yqv66kxgm0fcwalwlflwtai=";
        assert_eq!(answer.contains(accept), status == 101, "{answer}");
    }
    assert!(
        head(&relay, "GET /healthz HTTP/1.0\r\n\r\n")
            .await
            .starts_with("http/1.0 200 ")
    );
}

#[tokio::test]
async fn the_subprotocol_of_phoenix_is_chosen_where_it_is_offered() {
    let relay = Running::start(roomy()).await;
    for (offer, chosen) in [
        ("", None),
        ("sec-websocket-protocol: phoenix\r\n", Some("phoenix")),
        (
            "sec-websocket-protocol: base64url.bearer.phx.c2VjcmV0, phoenix\r\n",
            Some("phoenix"),
        ),
        (
            "sec-websocket-protocol: base64url.bearer.phx.c2VjcmV0\r\nsec-websocket-protocol: phoenix\r\n",
            Some("phoenix"),
        ),
        ("sec-websocket-protocol: graphql-ws, phoenix2\r\n", None),
    ] {
        let request =
            format!("GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n{HOST}{UPGRADE}{VERSION}{KEY}{offer}\r\n");
        let answer = head(&relay, &request).await;
        let found = answer
            .lines()
            .find_map(|line| line.strip_prefix("sec-websocket-protocol: "));
        assert!(
            answer.starts_with("http/1.1 101 ") && found == chosen,
            "{request}{answer}"
        );
    }
}
