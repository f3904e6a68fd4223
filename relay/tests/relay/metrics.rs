//! Figures for a watchman.

use serde_json::json;
use sotto_relay::{CancellationToken, Options, Relay};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::client::{Client, Room, Running, SOON, roomy};

#[tokio::test]
async fn figures_are_sums_and_name_nobody() {
    let relay = Relay::bind(Options {
        metrics: Some(([127, 0, 0, 1], 0).into()),
        ..roomy()
    });
    let relay = relay.await.unwrap();
    let metrics = relay.metrics_addr().unwrap();
    let shutdown = CancellationToken::new();
    let relay = Running {
        addr: relay.local_addr(),
        shutdown: shutdown.clone(),
        task: tokio::spawn(relay.run(shutdown)),
    };
    let room = Room::proven("figures");
    let mut anna = Client::seated(&relay, &room, "anna").await;
    let mut other = Client::connect(&relay).await;
    let refused = other.ask_join("1", &room.forged(), "ben").await;
    assert_eq!(refused[4]["status"], "error");
    anna.send(json!(["1", "2", room.topic, "said", {}])).await;
    assert_eq!(anna.next().await[4]["status"], "ok");

    let mut stream = TcpStream::connect(metrics).await.unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut text = String::new();
    tokio::time::timeout(SOON, stream.read_to_string(&mut text))
        .await
        .unwrap()
        .unwrap();
    for line in [
        "sotto_relay_sockets 2",
        "sotto_relay_rooms 1",
        "sotto_relay_seats 1",
        "sotto_relay_kept 0",
        "sotto_relay_kept_bytes 0",
        "sotto_relay_joins_total{outcome=\"ok\"} 1",
        "sotto_relay_joins_total{outcome=\"unauthorized\"} 1",
        "sotto_relay_messages_total 3",
        "sotto_relay_queue_overflows_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    for figure in ["tasks", "resident_bytes"] {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("sotto_relay_{figure} ")));
        assert!(value.unwrap().parse::<u64>().unwrap() > 1, "{text}");
    }
    for telltale in [&room.topic, &room.access, "127.0.0.1", "said"] {
        assert!(!text.contains(telltale), "{text}");
    }
}

#[tokio::test]
async fn what_the_package_watches_is_a_figure() {
    let directory = tempfile::tempdir().unwrap();
    crate::tls::issue(directory.path());
    let relay = Relay::bind(Options {
        metrics: Some(([127, 0, 0, 1], 0).into()),
        ..crate::tls::options(directory.path())
    });
    let relay = relay.await.unwrap();
    let metrics = relay.metrics_addr().unwrap();
    let shutdown = CancellationToken::new();
    let _relay = Running {
        addr: relay.local_addr(),
        shutdown: shutdown.clone(),
        task: tokio::spawn(relay.run(shutdown)),
    };
    let mut stream = TcpStream::connect(metrics).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut text = String::new();
    let read = tokio::time::timeout(SOON, stream.read_to_string(&mut text)).await;
    read.unwrap().unwrap();
    let files = concat!(
        include_str!("../../package/grafana.json"),
        include_str!("../../package/alerts.yml")
    );
    let words = files.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let figures: Vec<_> = words.filter(|word| word.starts_with("sotto_relay_")).collect();
    assert!(figures.len() > 10, "{figures:?}");
    for figure in figures {
        assert!(text.contains(&format!("# TYPE {figure} ")), "{figure}: {text}");
    }
}
