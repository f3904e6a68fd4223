use std::net::SocketAddr;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use sotto_relay::TlsOptions;
use sotto_relay::{CancellationToken, Options, Relay};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::exit::Exit;
use crate::relay_url::Invitation;
use crate::room::relay::connect::{connect, open};
use crate::room::{RelayError, Timing};

const WRONG: &str = "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f";

/// A relay with a key of its own making; the URL that it hands over.
async fn relay(directory: &std::path::Path) -> String {
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        tls: TlsOptions {
            tls_self_signed: Some(directory.to_owned()),
            ..TlsOptions::default()
        },
        ..Options::default()
    };
    let relay = Relay::bind(options).await.unwrap();
    let url = relay.invites().remove(0);
    tokio::spawn(relay.run(CancellationToken::new()));
    url
}

async fn at(url: &str) -> Result<(), RelayError> {
    let invitation: Invitation = url.parse().unwrap();
    connect(&invitation.address, &Timing::default()).await.map(drop)
}

/// A server with a certificate of these parameters, and a client that trusts it, if `vouched`, at `127.0.0.1`.
async fn shown(parameters: CertificateParams, is_vouched: bool) -> RelayError {
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: SocketAddr = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let _ = acceptor.accept(tcp).await;
    });
    let mut roots = RootCertStore::empty();
    if is_vouched {
        roots.add(certificate.der().clone()).unwrap();
    }
    let address = format!("wss://{addr}").parse().unwrap();
    let tls = vouched(roots).unwrap();
    let timing = Timing::default();
    let opened = tokio::time::timeout(Duration::from_secs(20), open(&address, &timing, Some(tls)));
    opened.await.unwrap().map(drop).unwrap_err()
}

fn parameters(host: &str) -> CertificateParams {
    CertificateParams::new([host.to_owned()]).unwrap()
}

fn says(why: &RelayError, words: &str) {
    assert_eq!((why.exit(), why.word()), (Exit::Unreachable, "tls"), "{why}");
    assert!(why.to_string().contains(words), "{why}");
}

#[tokio::test]
async fn the_invite_of_a_relay_that_makes_its_own_key_is_all_that_is_needed() {
    let directory = tempfile::tempdir().unwrap();
    let url = relay(directory.path()).await;
    at(&url).await.unwrap();
    // The key is the same after a restart, so the invite is as well.
    let again = relay(directory.path()).await;
    assert_eq!(url.split_once('#').unwrap().1, again.split_once('#').unwrap().1);
    at(&again).await.unwrap();
}

#[tokio::test]
async fn another_key_than_the_pinned_one_is_refused_and_said() {
    let directory = tempfile::tempdir().unwrap();
    let url = relay(directory.path()).await;
    let (url, _) = url.split_once('#').unwrap();
    let why = at(&format!("{url}#pin={WRONG}")).await.unwrap_err();
    says(&why, "its key is not the one that the invite pins");
}

#[tokio::test]
async fn who_has_the_certificate_but_not_its_key_is_refused() {
    // The pinned certificate, shown by one who has another key: rustls itself would not serve it.
    let key = KeyPair::generate().unwrap();
    let other = KeyPair::generate().unwrap();
    let certificate = parameters("sotto-relay").self_signed(&key).unwrap();
    let signer = rustls::crypto::ring::sign::any_supported_type(
        &PrivatePkcs8KeyDer::from(other.serialize_der()).into(),
    )
    .unwrap();
    let shown = rustls::sign::CertifiedKey::new(vec![certificate.der().clone()], signer);
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(shown)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let _ = TlsAcceptor::from(Arc::new(config)).accept(tcp).await;
    });
    let certificate = EndEntityCert::try_from(certificate.der()).unwrap();
    let pin = Pin::of(certificate.subject_public_key_info().as_ref());
    let why = at(&format!("wss://{addr}/#pin={pin}")).await.unwrap_err();
    says(&why, "BadSignature");
}

#[tokio::test]
async fn an_expired_certificate_is_said_to_be() {
    let mut expired = parameters("127.0.0.1");
    expired.not_after = date_time_ymd(2020, 1, 1);
    says(&shown(expired, true).await, "its certificate has expired");
}

#[tokio::test]
async fn a_certificate_of_the_future_is_said_to_be() {
    let mut early = parameters("127.0.0.1");
    early.not_before = date_time_ymd(4000, 1, 1);
    says(&shown(early, true).await, "not valid yet");
}

#[tokio::test]
async fn a_certificate_of_another_host_is_said_to_be() {
    let other = parameters("relay.example");
    says(&shown(other, true).await, "its certificate is for another host");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_said_to_be() {
    let unknown = parameters("127.0.0.1");
    // Something has to be trusted for others not to be.
    says(
        &shown(unknown, false).await,
        "signed by nobody whom this system trusts",
    );
}

#[tokio::test]
async fn a_relay_without_tls_is_said_to_be() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut tcp, answer)
            .await
            .unwrap();
        // Not closed before the client has read it.
        let _ = tokio::io::copy(&mut tcp, &mut tokio::io::sink()).await;
    });
    let why = at(&format!("wss://{addr}/#pin={WRONG}")).await.unwrap_err();
    says(&why, "does not speak TLS");
}

#[test]
fn the_days_of_a_certificate_are_counted() {
    let key = KeyPair::generate().unwrap();
    let mut parameters = parameters("relay.example");
    parameters.not_after = (std::time::SystemTime::now() + Duration::from_secs(90 * 86_400 + 3600)).into();
    let certificate = parameters.self_signed(&key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let host = ServerName::try_from("relay.example").unwrap();
    assert_eq!(days_left(&[certificate.der().clone()], &host, roots), Some(90));
}
