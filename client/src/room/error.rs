//! What can go wrong between here and the relay, as sentences.

use std::io;
use std::time::Duration;

use crate::exit::Exit;

/// Why there is no connection, or no seat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// The host's name is not known.
    #[error("cannot find the host {host}: {why}")]
    UnknownHost {
        /// As in the URL.
        host: String,
        /// The system's words.
        why: String,
    },
    /// None of the host's addresses took the connection.
    #[error("nothing answers at {address}: {why}")]
    NoAnswer {
        /// The relay's URL, with what there is to say about its port.
        address: String,
        /// What the last address did.
        why: String,
    },
    /// No TLS session could be agreed.
    #[error("no secure connection to {host}: {why}")]
    Tls {
        /// As in the URL.
        host: String,
        /// The words of the TLS library.
        why: String,
    },
    /// The proxy does not answer, or not as one, or refuses.
    #[error("no connection through the proxy {proxy}: {why}")]
    Proxy {
        /// Its URL.
        proxy: String,
        /// What it did.
        why: String,
    },
    /// An onion service, and no proxy: its name must not be asked of anybody but Tor.
    #[error("an onion address is reached only through Tor: add --proxy socks5h://127.0.0.1:9050")]
    Onion,
    /// The system has no certificates to check the relay's against.
    #[error("cannot check the relay's certificate: the system's root certificates cannot be read ({0})")]
    NoRoots(String),
    /// Something answers, but not as a relay.
    #[error("{address} does not speak like a relay: {why}")]
    NoRelay {
        /// The relay's URL.
        address: String,
        /// What it did.
        why: String,
    },
    /// The relay answered the upgrade with HTTP 401 or 403.
    #[error("the relay refuses connections (HTTP {0})")]
    Forbidden(u16),
    /// HTTP 429.
    #[error("the relay has too many connections from this address just now (HTTP 429)")]
    TooMany {
        /// When to come back, as it said.
        after: Option<Duration>,
    },
    /// HTTP 503.
    #[error("the relay takes no connections just now (HTTP 503)")]
    Unavailable {
        /// When to come back, as it said.
        after: Option<Duration>,
    },
    /// The join was refused for good.
    #[error("{}", refusal(.0))]
    Refused(String),
    /// `room_full`.
    #[error("the room is full")]
    RoomFull,
    /// `relay_full`.
    #[error("the relay has no place for another room just now")]
    RelayFull,
    /// `rate_limited`.
    #[error("the relay asks to wait: too many joins from this address")]
    RateLimited,
    /// No answer to a join in time.
    #[error("the relay did not answer the join within {} s", .0.as_secs())]
    JoinUnanswered(Duration),
    /// No answer to a heartbeat in time.
    #[error("the relay does not answer any more")]
    Silent,
    /// The connection ended without a word.
    #[error("the connection to the relay was lost: {0}")]
    Lost(String),
    /// The relay closed the connection with a WebSocket close code.
    #[error("the relay closed the connection (code {code}{})", with_reason(.reason))]
    Closed {
        /// RFC 6455, section 7.4.
        code: u16,
        /// The relay's words, made visible; may be empty.
        reason: String,
    },
    /// A frame that is none of the protocol's.
    #[error("the relay sent something that is not of the protocol: {0}")]
    Garbage(String),
    /// The relay closed our channel, or it broke.
    #[error("the relay closed the room's channel")]
    ChannelClosed,
    /// Somebody took our seat (a client with the same sender hash).
    #[error("the seat in the room was taken by another connection")]
    Unseated,
    /// Somebody destroyed the room, or the operator ended it: the relay does not say who.
    #[error("the room was ended, by a member or by the relay's operator")]
    Expired,
}

/// What the system or the TLS library says of a connection, in words for people.
pub(crate) fn told(error: &io::Error) -> String {
    match error.kind() {
        // Rustls has an address of its documentation for it.
        io::ErrorKind::UnexpectedEof => "it was cut off".to_owned(),
        _ => error.to_string(),
    }
}

fn refusal(reason: &str) -> String {
    match reason {
        "unauthorized" => {
            "the relay refused the join: it does not know this room, or holds it under another \
             access hash; check passphrase and room name, or ask the relay's operator to add the room"
                .to_owned()
        }
        other => format!("the relay refused the join: {other}"),
    }
}

fn with_reason(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}

impl RelayError {
    /// A word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::UnknownHost { .. } => "unknown_host",
            Self::NoAnswer { .. } => "no_answer",
            Self::Tls { .. } | Self::NoRoots(_) => "tls",
            Self::Proxy { .. } => "proxy",
            Self::Onion => "onion",
            Self::NoRelay { .. } => "no_relay",
            Self::Forbidden(_) => "forbidden",
            Self::TooMany { .. } => "too_many_connections",
            Self::Unavailable { .. } => "unavailable",
            Self::Refused(reason) if reason == "unauthorized" => "unauthorized",
            Self::Refused(_) => "refused",
            Self::RoomFull => "room_full",
            Self::RelayFull => "relay_full",
            Self::RateLimited => "rate_limited",
            Self::JoinUnanswered(_) => "join_unanswered",
            Self::Silent => "silent",
            Self::Lost(_) => "lost",
            Self::Closed { .. } => "closed",
            Self::Garbage(_) => "garbage",
            Self::ChannelClosed => "channel_closed",
            Self::Unseated => "unseated",
            Self::Expired => "expired",
        }
    }

    /// The refusal of a join, by the relay's word for it.
    pub(in crate::room) fn refused(reason: &str) -> Self {
        match reason {
            "room_full" => Self::RoomFull,
            "relay_full" => Self::RelayFull,
            "rate_limited" => Self::RateLimited,
            other => Self::Refused(crate::visible::shortened(other, 100)),
        }
    }

    /// The relay has no place for us now, but may have later: worth waiting even before the first join.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::TooMany { .. }
                | Self::Unavailable { .. }
                | Self::RoomFull
                | Self::RelayFull
                | Self::RateLimited
        )
    }

    /// How long the relay asks to stay away.
    pub(in crate::room) fn asks_to_wait(&self) -> Option<Duration> {
        match self {
            Self::TooMany { after } | Self::Unavailable { after } => *after,
            _ => None,
        }
    }

    /// How a run ends whose first join met this.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Refused(_) | Self::Forbidden(_) => Exit::Refused,
            Self::Onion => Exit::Usage,
            _ => Exit::Unreachable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_is_cut_is_said_in_words() {
        let cut = "peer closed connection without sending TLS close_notify: https://docs.rs/rustls";
        let cut = io::Error::new(io::ErrorKind::UnexpectedEof, cut);
        assert_eq!(told(&cut), "it was cut off");
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(told(&reset), reset.to_string());
    }
}
