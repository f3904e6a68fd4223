use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::exit::Exit;
use crate::relay_url::Address;
use crate::room::Timing;
use crate::room::relay::connect::connect;

fn proxy(text: &str) -> Result<Proxy, ProxyError> {
    text.parse()
}

#[test]
fn a_proxy_is_a_socks_url() {
    for (text, shown) in [
        ("socks5h://127.0.0.1:9050", "socks5h://127.0.0.1:9050"),
        ("socks5://localhost", "socks5h://localhost:1080"),
        ("socks5h://[::1]:9050", "socks5h://[::1]:9050"),
        ("socks5h://me:secret@localhost", "socks5h://localhost:1080"),
    ] {
        let proxy = proxy(text).unwrap();
        assert_eq!(proxy.to_string(), shown);
        assert!(!format!("{proxy:?}").contains("secret"));
    }
    for (text, words) in [
        ("127.0.0.1:9050", "socks5h://HOST:PORT"),
        ("http://127.0.0.1:8080", "http:// is of a kind"),
        ("socks4://127.0.0.1", "socks4:// is of a kind"),
        ("socks5h://", "it names no host"),
        ("socks5h://me@localhost", "1 to 255 bytes"),
    ] {
        let error = proxy(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn the_environment_names_a_proxy_that_must_not_be_gone_around() {
    let with =
        |value: &'static str| from_environment(move |name| (name == "ALL_PROXY").then(|| value.to_owned()));
    assert_eq!(with("").unwrap(), None);
    assert_eq!(with("socks5://h:1").unwrap(), proxy("socks5h://h:1").ok());
    let error = with("http://h:1").unwrap_err().to_string();
    assert!(error.contains("ALL_PROXY in the environment: http://"), "{error}");
}

#[tokio::test]
async fn an_onion_address_is_not_looked_up_without_a_proxy() {
    let address = "ws://abcdefgh.onion:4000".parse().unwrap();
    let why = connect(&address, &Timing::default()).await.map(drop).unwrap_err();
    assert_eq!((why.exit(), why.word()), (Exit::Usage, "onion"));
    assert!(
        why.to_string().contains("--proxy socks5h://127.0.0.1:9050"),
        "{why}"
    );
}

/// A proxy that reads a request, notes its target, and answers with this code.
async fn fake(code: u8) -> (SocketAddr, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let target = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 2];
        tcp.read_exact(&mut greeting).await.unwrap();
        tcp.read_exact(&mut vec![0; greeting[1].into()]).await.unwrap();
        tcp.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 5];
        tcp.read_exact(&mut request).await.unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3], "a connection to a name");
        let mut target = vec![0; usize::from(request[4]) + 2];
        tcp.read_exact(&mut target).await.unwrap();
        tcp.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let _ = tokio::io::copy(&mut tcp, &mut tokio::io::sink()).await;
        target
    });
    (addr, target)
}

#[tokio::test]
async fn a_name_goes_to_the_proxy_and_is_never_looked_up_here() {
    // No system finds a name under .invalid (RFC 6761): it could only fail here.
    for name in ["relay.invalid", "abcdefgh.onion"] {
        let (addr, target) = fake(4).await;
        let address = format!("ws://{name}:4000").parse::<Address>().unwrap();
        let address = address.through(Some(proxy(&format!("socks5h://{addr}")).unwrap()));
        let why = connect(&address, &Timing::default()).await.map(drop).unwrap_err();
        assert_eq!((why.exit(), why.word()), (Exit::Unreachable, "proxy"), "{why}");
        let target = target.await.unwrap();
        assert_eq!(&target[..name.len()], name.as_bytes());
        assert_eq!(target[name.len()..], 4000_u16.to_be_bytes());
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_said_and_not_gone_around() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let address = "ws://127.0.0.1:4000".parse::<Address>().unwrap();
    let address = address.through(Some(proxy(&format!("socks5h://{free}")).unwrap()));
    let why = connect(&address, &Timing::default()).await.map(drop).unwrap_err();
    assert!(
        why.to_string()
            .contains(&format!("through the proxy socks5h://{free}")),
        "{why}"
    );
}
