//! The way from a connection to a WebSocket: one HTTP request.

use std::{
    convert::Infallible,
    io,
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{CONNECTION, HeaderName, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tungstenite::{Error, error::ProtocolError, handshake::server::create_response_with_body};

use crate::{
    counters::NotAdmitted, hub::Hub, limit::slot::Slot, limits, net::client_addr::Source,
    net::proxy_protocol, socket::Stream,
};

/// Where a watchman looks.
const HEALTH_PATH: &str = "/healthz";
/// Where Phoenix clients connect.
const SOCKET_PATH: &str = "/socket/websocket";

/// Tells a connection that it is not let in, without hearing it.
///
/// What it says meanwhile is read and thrown away for a moment: a reset would overtake the answer.
pub(crate) async fn turn_away(stream: TcpStream, tls: Option<TlsAcceptor>, why: NotAdmitted) {
    let status = match why {
        NotAdmitted::TooOften => "429 Too Many Requests\r\nretry-after: 60",
        NotAdmitted::Full => "503 Service Unavailable",
    };
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    let _ = tokio::time::timeout(limits::TURN_AWAY_TIME, async {
        let mut stream = secure(stream, tls).await?;
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(limits::HEAD as u64), &mut tokio::io::sink()).await
    })
    .await;
}

/// Serves HTTP on a connection until it becomes a WebSocket; then gives it back, with the bytes that were read
/// beyond the request, counted among those of its address that hold no seat. `None` when it ended otherwise.
pub(crate) async fn open(
    hub: &Hub,
    mut stream: TcpStream,
    peer: IpAddr,
    tls: Option<TlsAcceptor>,
) -> Option<(Stream, Bytes, Slot)> {
    let latest = Instant::now() + hub.head_time;
    let source = hub.client_addrs.source(peer);
    let mut address = peer;
    if source == Source::ProxyHeader {
        let said = timeout_at(latest, proxy_protocol::read(&mut stream))
            .await
            .ok()?
            .ok()?;
        address = said.unwrap_or(peer);
        if !hub
            .quotas
            .connections
            .take(hub.slots.of(address), hub.clock.now())
        {
            hub.counters.turned_away(NotAdmitted::TooOften);
            turn_away(stream, tls, NotAdmitted::TooOften).await;
            return None;
        }
    }
    // Of the request that became a WebSocket.
    let slot = Mutex::new(hub.slots.of(address));
    let stream = timeout_at(latest, secure(stream, tls)).await.ok()?.ok()?;
    let left = latest.saturating_duration_since(Instant::now());
    let upgraded = AtomicBool::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        let headers = request.headers();
        let mut is_admitted = true;
        if source == Source::Request {
            let from = hub.slots.of(hub.client_addrs.of_request(peer, headers));
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = from;
            let is_watched = request.uri().path() == HEALTH_PATH;
            is_admitted = is_watched || hub.quotas.connections.take(from, hub.clock.now());
        } else if source == Source::Peer {
            hub.client_addrs.watch(peer, headers);
        }
        let from = *slot.lock().unwrap_or_else(PoisonError::into_inner);
        let response = if is_admitted { Some(answer(&request)) } else { None };
        // One that becomes a socket is counted with those that hold no seat.
        let response = response.filter(|response| {
            response.status() != StatusCode::SWITCHING_PROTOCOLS || hub.quotas.unseated.take(from)
        });
        let response = response.unwrap_or_else(|| {
            hub.counters.turned_away(NotAdmitted::TooOften);
            let wait = Some((RETRY_AFTER, "60"));
            refuse(StatusCode::TOO_MANY_REQUESTS, "too many connections", wait)
        });
        upgraded.store(response.status() == StatusCode::SWITCHING_PROTOCOLS, Relaxed);
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(left)
        .max_buf_size(limits::HEAD)
        .max_headers(limits::HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .without_shutdown();
    let parts = tokio::time::timeout(limits::HEALTH_TIME, connection).await;
    let slot = *slot.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(Ok(parts)) = parts else {
        if upgraded.load(Relaxed) {
            hub.quotas.unseated.give_back(slot);
        }
        return None;
    };
    let mut stream = parts.io.into_inner();
    if upgraded.load(Relaxed) {
        return Some((stream, parts.read_buf, slot));
    }
    let _ = stream.shutdown().await;
    None
}

/// With TLS, if the relay speaks it. The rest of a handshake's failure is between the two TLS libraries.
async fn secure(stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<Stream> {
    match tls {
        None => Ok(stream.into()),
        Some(acceptor) => acceptor.accept(stream).await.map(Stream::tls),
    }
}

fn answer(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    match request.uri().path() {
        HEALTH_PATH if matches!(*request.method(), Method::GET | Method::HEAD) => {
            Response::new(Full::from("ok\n"))
        }
        SOCKET_PATH if !speaks_phoenix(request.uri().query()) => {
            refuse(StatusCode::FORBIDDEN, "connect with ?vsn=2.0.0", None)
        }
        SOCKET_PATH => upgrade(request),
        _ => refuse(StatusCode::NOT_FOUND, "not found", None),
    }
}

/// Phoenix Channels V2: `vsn=2.0.` and a number.
fn speaks_phoenix(query: Option<&str>) -> bool {
    query
        .unwrap_or_default()
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("vsn="))
        .and_then(|vsn| vsn.strip_prefix("2.0."))
        .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|digit| digit.is_ascii_digit()))
}

fn upgrade(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    // Bytes of a body would be taken for frames.
    if !request.body().is_end_stream() {
        return refuse(StatusCode::BAD_REQUEST, "a websocket has no body", None);
    }
    match create_response_with_body(request, Full::default) {
        Ok(response) => response,
        Err(Error::Protocol(ProtocolError::MissingSecWebSocketVersionHeader)) => refuse(
            StatusCode::UPGRADE_REQUIRED,
            "connect with version 13 of websocket",
            Some((SEC_WEBSOCKET_VERSION, "13")),
        ),
        Err(Error::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader | ProtocolError::MissingUpgradeWebSocketHeader,
        )) => refuse(
            StatusCode::UPGRADE_REQUIRED,
            "connect with a websocket",
            Some((UPGRADE, "websocket")),
        ),
        Err(_) => refuse(StatusCode::BAD_REQUEST, "not a websocket request", None),
    }
}

/// An answer after which the connection ends.
fn refuse(
    status: StatusCode,
    reason: &'static str,
    header: Option<(HeaderName, &'static str)>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("{reason}\n")));
    *response.status_mut() = status;
    for (name, value) in [(CONNECTION, "close")].into_iter().chain(header) {
        response
            .headers_mut()
            .append(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_2_0_of_channels_is_spoken() {
        for query in ["vsn=2.0.0", "a=b&vsn=2.0.17", "vsn=2.0.0&token=x"] {
            assert!(speaks_phoenix(Some(query)), "{query}");
        }
        for query in [
            "",
            "vsn=",
            "vsn=1.0.0",
            "vsn=2.0",
            "vsn=2.0.",
            "vsn=2.0.x",
            "vsn=2.1.0",
            "xvsn=2.0.0",
        ] {
            assert!(!speaks_phoenix(Some(query)), "{query}");
        }
        assert!(!speaks_phoenix(None));
    }
}
