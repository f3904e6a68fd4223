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
use hyper::{
    Request, StatusCode, body::Incoming, header::RETRY_AFTER, server::conn::http1, service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsAcceptor;

use super::handshake::{HEALTH_PATH, answer, refuse};
use crate::{
    counters::NotAdmitted, hub::Hub, limit::slot::Slot, limits, net::acme, net::client_addr::Source,
    net::proxy_protocol, socket::Stream,
};

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
        let response = if is_admitted {
            Some(answer(&request, hub.rooms.is_degraded()))
        } else {
            None
        };
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
        Some(acceptor) => {
            let stream = acceptor.accept(stream).await?;
            // The authority has seen what it looked for (RFC 8737, 3).
            if stream.get_ref().1.alpn_protocol() == Some(acme::PROTOCOL) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Ok(Stream::tls(stream))
        }
    }
}
