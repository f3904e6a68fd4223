//! The one HTTP request of a connection, and its answer (RFC 9110, RFC 9112; RFC 6455, section 4.2).

use bytes::Bytes;
use data_encoding::BASE64;
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    body::Body,
    header::{
        CONNECTION, HOST, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
        SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
    http::uri::Authority,
};
use percent_encoding::percent_decode_str;
use tungstenite::handshake::derive_accept_key;

/// Where a watchman looks.
pub(super) const HEALTH_PATH: &str = "/healthz";
/// Where Phoenix clients connect.
const SOCKET_PATH: &str = "/socket/websocket";
/// What phoenix.js offers beside its token, of which a server without users takes no notice.
const SUBPROTOCOL: &str = "phoenix";

/// The answer to a request; with [`StatusCode::SWITCHING_PROTOCOLS`] the connection is a WebSocket.
pub(super) fn answer(request: &Request<impl Body>, is_degraded: bool) -> Response<Full<Bytes>> {
    // Without it nobody knows which of several servers is meant; with two, a proxy may know another than we.
    if request.version() >= Version::HTTP_11 && !names_one_host(request.headers()) {
        return refuse(StatusCode::BAD_REQUEST, "one host is to be named", None);
    }
    match request.uri().path() {
        HEALTH_PATH if matches!(*request.method(), Method::GET | Method::HEAD) => health(is_degraded),
        SOCKET_PATH if !speaks_phoenix(request.uri().query()) => {
            refuse(StatusCode::FORBIDDEN, "connect with ?vsn=2.0.0", None)
        }
        SOCKET_PATH => upgrade(request),
        _ => refuse(StatusCode::NOT_FOUND, "not found", None),
    }
}

fn health(is_degraded: bool) -> Response<Full<Bytes>> {
    if is_degraded {
        let reason = "degraded: the room database cannot be written";
        return refuse(StatusCode::SERVICE_UNAVAILABLE, reason, None);
    }
    Response::new(Full::from("ok\n"))
}

fn names_one_host(headers: &HeaderMap) -> bool {
    only(headers, HOST).is_some_and(|host| host.is_empty() || Authority::try_from(host.as_bytes()).is_ok())
}

/// Phoenix Channels V2: `vsn=2.0.` and a number.
fn speaks_phoenix(query: Option<&str>) -> bool {
    query
        .unwrap_or_default()
        .split('&')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| percent_decode_str(name).eq(*b"vsn"))
        .and_then(|(_, vsn)| percent_decode_str(vsn).decode_utf8().ok())
        .is_some_and(|vsn| {
            vsn.strip_prefix("2.0.")
                .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|digit| digit.is_ascii_digit()))
        })
}

fn upgrade(request: &Request<impl Body>) -> Response<Full<Bytes>> {
    let headers = request.headers();
    // Bytes of a body would be taken for frames.
    if !request.body().is_end_stream() {
        return refuse(StatusCode::BAD_REQUEST, "a websocket has no body", None);
    }
    if *request.method() != Method::GET || request.version() < Version::HTTP_11 {
        return refuse(StatusCode::BAD_REQUEST, "not a websocket request", None);
    }
    if !lists(headers, CONNECTION, "upgrade") || !lists(headers, UPGRADE, "websocket") {
        let header = Some((UPGRADE, "websocket"));
        return refuse(StatusCode::UPGRADE_REQUIRED, "connect with a websocket", header);
    }
    if !lists(headers, SEC_WEBSOCKET_VERSION, "13") {
        let header = Some((SEC_WEBSOCKET_VERSION, "13"));
        return refuse(
            StatusCode::UPGRADE_REQUIRED,
            "connect with version 13 of websocket",
            header,
        );
    }
    let key = only(headers, SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let is_nonce = |key: &&[u8]| BASE64.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    let accept = key.filter(is_nonce).map(derive_accept_key);
    let Some(Ok(accept)) = accept.map(|accept| HeaderValue::from_str(&accept)) else {
        return refuse(StatusCode::BAD_REQUEST, "not a websocket request", None);
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let to = response.headers_mut();
    to.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    to.insert(UPGRADE, HeaderValue::from_static("websocket"));
    to.insert(SEC_WEBSOCKET_ACCEPT, accept);
    // Who offers one and gets none hangs up.
    if lists(headers, SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        to.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    response
}

/// Whether a word is in a list, of which each line of that name has a part (RFC 9110, section 5.3).
fn lists(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(word))
}

/// The value of a header that stands there exactly once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut lines = headers.get_all(name).into_iter();
    let first = lines.next();
    first.filter(|_| lines.next().is_none())
}

/// An answer after which the connection ends.
pub(super) fn refuse(
    status: StatusCode,
    reason: &'static str,
    header: Option<(HeaderName, &'static str)>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("{reason}\n")));
    *response.status_mut() = status;
    for (name, value) in [(CONNECTION, "close")].into_iter().chain(header) {
        response
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_2_0_of_channels_is_spoken() {
        for query in [
            "vsn=2.0.0",
            "%76sn=2%2E0%2e0",
            "a=b&vsn=2.0.17",
            "vsn=2.0.0&token=x",
        ] {
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
