//! A relay behind a proxy: whose address counts.

use sotto_relay::{Options, ProxyOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::client::{Running, SOON, roomy};

/// The status line of the answer to an upgrade, after `before`, with these headers.
async fn status(relay: &Running, before: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(relay.addr).await.unwrap();
    let request = format!(
        "{before}GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let read = tokio::time::timeout(SOON, stream.read_exact(&mut answer)).await;
    match read.unwrap() {
        Ok(_) => String::from_utf8_lossy(&answer[9..]).into_owned(),
        Err(_) => "cut".to_owned(),
    }
}

async fn relay(trusted: &[&str], proxy_protocol: bool) -> Running {
    Running::start(Options {
        address_connections: 2,
        proxy: ProxyOptions {
            trusted_proxy: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            proxy_protocol,
            onion: false,
        },
        ..roomy()
    })
    .await
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_address_has_its_own_limit() {
    let relay = relay(&["127.0.0.0/8"], false).await;
    let from = |address: &str| format!("x-forwarded-for: 203.0.113.1, {address}\r\n");
    for expected in ["101", "101", "429"] {
        assert_eq!(status(&relay, "", &from("192.0.2.1")).await, expected);
    }
    assert_eq!(status(&relay, "", &from("192.0.2.2")).await, "101");
}

#[tokio::test]
async fn what_a_peer_says_that_is_not_trusted_is_not_believed() {
    let relay = relay(&[], false).await;
    for (number, expected) in [(1, "101"), (2, "101"), (3, "429")] {
        let header = format!("x-forwarded-for: 192.0.2.{number}\r\n");
        assert_eq!(status(&relay, "", &header).await, expected);
    }
}

#[tokio::test]
async fn with_the_proxy_protocol_the_header_names_the_address() {
    let relay = relay(&["127.0.0.0/8"], true).await;
    let from = |address: &str| format!("PROXY TCP4 {address} 192.0.2.99 1000 4000\r\n");
    for expected in ["101", "101", "429"] {
        assert_eq!(status(&relay, &from("192.0.2.1"), "").await, expected);
    }
    assert_eq!(status(&relay, &from("192.0.2.2"), "").await, "101");
    assert_eq!(status(&relay, "", "").await, "cut");
}

#[tokio::test]
async fn each_circuit_of_an_onion_service_has_its_own_limit() {
    let relay = Running::start(Options {
        address_connections: 2,
        proxy: ProxyOptions {
            onion: true,
            ..ProxyOptions::default()
        },
        ..roomy()
    })
    .await;
    // As Tor writes it: the circuit's number is in the last bits of the address, and in the port.
    let of = |circuit: &str| format!("PROXY TCP6 fc00:dead:beef:4dad::{circuit} ::1 42 80\r\n");
    for expected in ["101", "101", "429"] {
        assert_eq!(status(&relay, &of("0:2a"), "").await, expected);
    }
    assert_eq!(status(&relay, &of("0:2b"), "").await, "101");
    assert_eq!(status(&relay, &of("1:2a"), "").await, "101");
    // Who comes around Tor is not taken for it.
    assert_eq!(status(&relay, "", "").await, "cut");
}
