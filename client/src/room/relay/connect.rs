//! From an address to an open WebSocket: names, TCP, TLS, upgrade; each with a limit and a sentence of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_socks::tcp::Socks5Stream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::http::header::RETRY_AFTER;
use tokio_tungstenite::{Connector, client_async_tls_with_config};

use super::socket::{self, Socket, Upgraded};
use super::trust;
use crate::relay_url::proxy::Proxy;
use crate::relay_url::{Address, USUAL_PORT};
use crate::room::{RelayError, Timing, told};
use crate::visible::shortened;

/// A relay that asks for more than this is asked sooner.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// The addresses of a host that are tried, at most.
const MAX_ADDRESSES: usize = 8;

/// Opens a WebSocket.
pub(crate) async fn connect(address: &Address, timing: &Timing) -> Result<Socket, RelayError> {
    open(address, timing, trust(address).await?).await
}

/// What is trusted at an address; `None` without TLS.
pub(crate) async fn trust(address: &Address) -> Result<Option<Arc<ClientConfig>>, RelayError> {
    match address.pin() {
        _ if !address.is_secure() => Ok(None),
        Some(pin) => trust::pinned(pin).map(Some),
        None => trust::system().await.map(Some),
    }
}

/// Opens a WebSocket to a relay that TLS, if there is any, trusts so.
pub(crate) async fn open(
    address: &Address,
    timing: &Timing,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Socket, RelayError> {
    let tcp = reach(address, timing).await?;
    upgrade(address, timing, tcp, tls).await
}

/// TLS and the upgrade, on a TCP connection.
pub(crate) async fn upgrade(
    address: &Address,
    timing: &Timing,
    tcp: TcpStream,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Socket, RelayError> {
    let connector = tls.map_or(Connector::Plain, Connector::Rustls);
    // Small frames are what there is to send, and each is written whole. A socket that refuses works as well.
    let _ = tcp.set_nodelay(true);
    let (tcp, received) = socket::counted(tcp);
    let upgrade =
        client_async_tls_with_config(address.socket_url(), tcp, Some(socket::config()), Some(connector));
    upgraded(address, timing, upgrade, received).await
}

/// Waits for the relay's answer to an upgrade.
pub(crate) async fn upgraded<Answer>(
    address: &Address,
    timing: &Timing,
    upgrade: impl Future<Output = Result<(Upgraded, Answer), Error>>,
    received: Arc<AtomicU64>,
) -> Result<Socket, RelayError> {
    match timeout(timing.upgrade, upgrade).await {
        Ok(Ok((stream, _))) => Ok(Socket::new(stream, received)),
        Ok(Err(error)) => Err(not_upgraded(error, address)),
        Err(_) => Err(no_relay(
            address,
            format!(
                "no answer to the WebSocket upgrade within {}",
                seconds(timing.upgrade)
            ),
        )),
    }
}

/// A TCP connection to the first of the host's addresses that takes one.
/// Behind a proxy, from it: then the name of the relay's host is never looked up here.
pub(crate) async fn reach(address: &Address, timing: &Timing) -> Result<TcpStream, RelayError> {
    if let Some(proxy) = address.proxy() {
        return through(proxy, address, timing).await;
    }
    if address.is_onion() {
        return Err(RelayError::Onion);
    }
    let addresses = resolve(address, timing).await?;
    let mut why = "the host has no address".to_owned();
    for socket_address in addresses {
        why = match timeout(timing.connect, TcpStream::connect(socket_address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                "connection refused".to_owned()
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {}", seconds(timing.connect)),
        };
    }
    Err(RelayError::NoAnswer {
        address: with_port(address),
        why,
    })
}

/// A TCP connection to the relay, made by a proxy.
async fn through(proxy: &Proxy, address: &Address, timing: &Timing) -> Result<TcpStream, RelayError> {
    let failed = |why: String| RelayError::Proxy {
        proxy: proxy.to_string(),
        why,
    };
    let near = timeout(
        timing.connect,
        TcpStream::connect((proxy.host.as_str(), proxy.port)),
    );
    let tcp = match near.await {
        Ok(Ok(tcp)) => tcp,
        Ok(Err(error)) => return Err(failed(error.to_string())),
        Err(_) => return Err(failed(format!("no answer within {}", seconds(timing.connect)))),
    };
    // An address is handed over as a number, all else as the name that it is.
    let host = address.host();
    let target = (host.as_str(), address.port());
    // It may take as long as a name and several addresses do.
    let limit = timing.resolve + timing.upgrade;
    let far = timeout(limit, async {
        match &proxy.user {
            None => Socks5Stream::connect_with_socket(tcp, target).await,
            Some((user, word)) => {
                Socks5Stream::connect_with_password_and_socket(tcp, target, user, word).await
            }
        }
    });
    match far.await {
        Ok(Ok(stream)) => Ok(stream.into_inner()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("no connection within {}", seconds(limit)))),
    }
}

pub(crate) async fn resolve(address: &Address, timing: &Timing) -> Result<Vec<SocketAddr>, RelayError> {
    let host = address.host();
    let unknown = |why| RelayError::UnknownHost {
        host: host.clone(),
        why,
    };
    match timeout(timing.resolve, lookup_host((host.as_str(), address.port()))).await {
        Ok(Ok(addresses)) => Ok(in_turn(addresses)),
        Ok(Err(error)) => Err(unknown(error.to_string())),
        Err(_) => Err(unknown(format!("no answer within {}", seconds(timing.resolve)))),
    }
}

/// Both families in turn, beginning with the one that the system prefers: where one leads nowhere, the other is
/// next.
fn in_turn(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<SocketAddr> = addresses.collect();
    let preferred = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == preferred);
    let mut turns = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        match (first.next(), second.next()) {
            (None, None) => break,
            (one, other) => turns.extend(one.into_iter().chain(other)),
        }
    }
    turns.truncate(MAX_ADDRESSES);
    turns
}

fn not_upgraded(error: Error, address: &Address) -> RelayError {
    let other_scheme = if address.is_secure() {
        "is it ws:// perhaps?"
    } else {
        "is it wss:// perhaps?"
    };
    let why = match error {
        Error::Http(response) => match response.status().as_u16() {
            429 => {
                return RelayError::TooMany {
                    after: retry_after(&response),
                };
            }
            503 => {
                return RelayError::Unavailable {
                    after: retry_after(&response),
                };
            }
            status @ (401 | 403) => return RelayError::Forbidden(status),
            404 => "it has nothing at this path (HTTP 404)".to_owned(),
            status @ 200..=299 => format!("it is an ordinary web server (HTTP {status})"),
            status => format!("it answers HTTP {status}"),
        },
        Error::Io(error) => match trust::refusal(&error) {
            Some(why) => {
                return RelayError::Tls {
                    host: address.host(),
                    why,
                };
            }
            None => format!(
                "the connection broke during the upgrade: {} ({other_scheme})",
                told(&error)
            ),
        },
        Error::Protocol(ProtocolError::HandshakeIncomplete) | Error::ConnectionClosed => {
            "it closed the connection during the upgrade".to_owned()
        }
        Error::Protocol(ProtocolError::HttparseError(_)) => {
            format!("its answer is not HTTP ({other_scheme})")
        }
        other => shortened(&other.to_string(), 200),
    };
    no_relay(address, why)
}

/// How long an answer asks to stay away (RFC 9110, section 10.2.3), as far as that is in seconds: by whose clock a date
/// would be is not known.
fn retry_after(answer: &Response<Option<Vec<u8>>>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

fn no_relay(address: &Address, why: String) -> RelayError {
    RelayError::NoRelay {
        address: with_port(address),
        why,
    }
}

/// The URL; one that names no port says which was taken.
pub(crate) fn with_port(address: &Address) -> String {
    if address.has_default_port() {
        let port = address.port();
        format!("{address} (port {port}, as the URL names none; a relay's own is {USUAL_PORT})")
    } else {
        address.to_string()
    }
}

pub(crate) fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_are_tried_in_turn_beginning_with_the_systems_first() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts
                .iter()
                .map(|text| format!("{text}:1").parse().unwrap())
                .collect()
        };
        let found = addresses(&["[::1]", "[::2]", "[::3]", "10.0.0.1", "10.0.0.2"]);
        let turns = addresses(&["[::1]", "10.0.0.1", "[::2]", "10.0.0.2", "[::3]"]);
        assert_eq!(in_turn(found.into_iter()), turns);
        assert!(in_turn(std::iter::empty()).is_empty());
        let many = (1..=100).map(|port| SocketAddr::from(([10, 0, 0, 1], port)));
        assert_eq!(in_turn(many).len(), MAX_ADDRESSES);
    }
}
