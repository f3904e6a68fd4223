//! A relay with a certificate of its own.

use std::{fs, path::Path, sync::Arc, time::Duration};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    version::{TLS12, TLS13},
};
use serde_json::json;
use sotto_relay::{CancellationToken, Options, Relay, TlsOptions};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{Connector, client_async_tls_with_config, tungstenite::Message};

use crate::client::{Client, Room, Running, SOON, refused, roomy};

/// Writes a new certificate and key of "localhost" to where `options` reads them.
pub fn issue(directory: &Path) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs::write(directory.join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(directory.join("cert.pem"), certificate.pem()).unwrap();
}

pub fn options(directory: &Path) -> Options {
    Options {
        tls: TlsOptions {
            tls_cert: Some(directory.join("cert.pem")),
            tls_key: Some(directory.join("key.pem")),
            ..TlsOptions::default()
        },
        ..roomy()
    }
}

/// A client that trusts the certificate that is in the directory now.
fn trusting(directory: &Path) -> Arc<ClientConfig> {
    speaking(&[&TLS13, &TLS12], roots(directory))
}

fn roots(directory: &Path) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(directory.join("cert.pem")).unwrap())
        .unwrap();
    roots
}

/// A client that speaks these versions of TLS.
fn speaking(versions: &[&'static SupportedProtocolVersion], roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

async fn connect(
    relay: &Running,
    config: Arc<ClientConfig>,
) -> Result<Socket, tokio_tungstenite::tungstenite::Error> {
    let stream = TcpStream::connect(relay.addr).await.unwrap();
    let url = format!("wss://localhost:{}/socket/websocket?vsn=2.0.0", relay.addr.port());
    let connector = Connector::Rustls(config);
    let opened = client_async_tls_with_config(url, stream, None, Some(connector)).await;
    opened.map(|(socket, _)| socket)
}

async fn seated(relay: &Running, config: Arc<ClientConfig>, room: &Room, name: &str) -> Client {
    let socket = connect(relay, config).await.unwrap();
    let mut client = Client { socket };
    client.join(room, name).await;
    client
}

#[tokio::test]
async fn two_clients_talk_over_tls_in_messages_of_any_length() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(options(directory.path())).await;
    let (config, room) = (trusting(directory.path()), Room::proven("tls"));
    let mut anna = seated(&relay, config.clone(), &room, "anna").await;
    let mut ben = seated(&relay, config, &room, "ben").await;
    assert_eq!(anna.next().await[3], "presence_diff");
    for length in [1, 1_000, 16_384, 60_000] {
        let text = "x".repeat(length);
        anna.send(json!(["1", "9", room.topic, "said", {"text": text}]))
            .await;
        assert_eq!(anna.next().await[4]["status"], "ok");
        assert_eq!(ben.next().await[4]["text"], text);
    }
}

#[tokio::test]
async fn a_client_that_speaks_one_version_of_tls_is_served() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(options(directory.path())).await;
    for version in [&TLS12, &TLS13] {
        let config = speaking(&[version], roots(directory.path()));
        seated(&relay, config, &Room::proven("old"), "anna").await;
    }
}

#[tokio::test]
async fn a_reader_that_rests_gets_all_in_order_when_it_reads_again() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(options(directory.path())).await;
    let (config, room) = (trusting(directory.path()), Room::proven("rest"));
    let mut anna = seated(&relay, config.clone(), &room, "anna").await;
    let mut ben = seated(&relay, config, &room, "ben").await;
    assert_eq!(anna.next().await[3], "presence_diff");
    // More than the kernel's and TLS's own buffers take, less than the bound of a queue.
    let text = "x".repeat(50_000);
    for number in 0..25 {
        let payload = json!({"number": number, "text": text});
        anna.send(json!(["1", "9", room.topic, "said", payload])).await;
        assert_eq!(anna.next().await[4]["status"], "ok");
    }
    for number in 0..25 {
        assert_eq!(ben.next().await[4]["number"], number);
    }
}

#[tokio::test]
async fn the_end_of_a_relay_is_told_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(options(directory.path())).await;
    let room = Room::proven("end");
    let mut anna = seated(&relay, trusting(directory.path()), &room, "anna").await;
    relay.shutdown.cancel();
    assert_eq!(anna.close_code().await, 1012);
}

#[tokio::test]
async fn a_message_over_the_limit_is_answered_1009_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(options(directory.path())).await;
    let socket = connect(&relay, trusting(directory.path())).await.unwrap();
    let mut anna = Client { socket };
    anna.send_raw(Message::text("x".repeat(200_000))).await;
    assert_eq!(anna.close_code().await, 1009);
}

#[tokio::test]
async fn a_certificate_that_is_replaced_is_shown_to_new_connections_and_drops_no_old_one() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Relay::bind(options(directory.path())).await.unwrap();
    let tls = relay.tls().unwrap();
    let shutdown = CancellationToken::new();
    let relay = Running {
        addr: relay.local_addr(),
        shutdown: shutdown.clone(),
        task: tokio::spawn(relay.run(shutdown)),
    };
    let room = Room::proven("renewed");
    let old = trusting(directory.path());
    let mut anna = seated(&relay, old.clone(), &room, "anna").await;

    fs::write(directory.path().join("cert.pem"), "half a certifica").unwrap();
    tls.reload();
    assert!(connect(&relay, old.clone()).await.is_ok());

    issue(directory.path());
    tls.reload();
    assert!(connect(&relay, old).await.is_err());
    assert!(connect(&relay, trusting(directory.path())).await.is_ok());
    anna.expect_silence().await;
}

#[tokio::test]
async fn a_connection_that_begins_no_tls_is_cut_in_time() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(Options {
        head_time: 1,
        ..options(directory.path())
    })
    .await;
    let mut silent = TcpStream::connect(relay.addr).await.unwrap();
    let read = tokio::time::timeout(SOON, silent.read(&mut [0; 16])).await;
    assert_eq!(read.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_request_that_does_not_come_after_the_tls_handshake_has_the_rest_of_the_same_time() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(Options {
        head_time: 1,
        ..options(directory.path())
    })
    .await;
    let stream = TcpStream::connect(relay.addr).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(trusting(directory.path()));
    let mut silent = connector.connect(name, stream).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), silent.read_to_end(&mut answer)).await;
    // Whether it says goodbye or not.
    assert!(read.is_ok(), "it is still open");
}

#[tokio::test]
async fn who_connects_too_often_is_told_so_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    issue(directory.path());
    let relay = Running::start(Options {
        address_connections: 1,
        ..options(directory.path())
    })
    .await;
    let config = trusting(directory.path());
    assert!(connect(&relay, config.clone()).await.is_ok());
    assert_eq!(refused(connect(&relay, config).await), 429);
}
