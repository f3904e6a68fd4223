//! What happens in a room, as JSON.

use std::time::Duration;

use serde::Serialize;
use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::instance::{Departure, Event, Target};
use sotto_protocol::message::InstanceId;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{CROWDED, IMPOSTOR, NEWER, REFUSED};

/// A line of JSON. New kinds and fields may be added, these keep their form.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Written<'a> {
    Joined,
    PeerJoined {
        peer: &'a str,
        peer_id: String,
        words: String,
        back: bool,
    },
    PeerRenamed {
        peer: &'a str,
        peer_id: String,
    },
    PeerSilent {
        peer: &'a str,
        peer_id: String,
    },
    PeerHeard {
        peer: &'a str,
        peer_id: String,
    },
    PeerLeft {
        peer: &'a str,
        peer_id: String,
        how: &'static str,
    },
    Message {
        from: &'a str,
        peer_id: String,
        id: String,
        text: &'a str,
        at: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<Reference>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fades_s: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        age_ms: Option<u64>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        repeat: bool,
    },
    Edited {
        from: &'a str,
        peer_id: String,
        id: String,
        text: &'a str,
        at: String,
    },
    Deleted {
        from: &'a str,
        peer_id: String,
        id: String,
        at: String,
    },
    Reacted {
        from: &'a str,
        peer_id: String,
        to: Reference,
        reaction: &'a str,
        at: String,
    },
    Fading {
        from: &'a str,
        peer_id: String,
        seconds: u32,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        cannot: bool,
    },
    Typing {
        from: &'a str,
        peer_id: String,
        on: bool,
    },
    Sent {
        id: String,
    },
    Delivered {
        id: String,
        to: &'a str,
        peer_id: String,
    },
    Read {
        id: String,
        by: &'a str,
        peer_id: String,
    },
    Withheld {
        peer: &'a str,
        peer_id: String,
        of: &'a str,
        count: usize,
    },
    Lost {
        id: String,
    },
    Disturbed {
        count: u64,
    },
    Strangers {
        count: usize,
    },
    Reconnecting {
        in_ms: u64,
        reason: &'static str,
        message: String,
    },
    Expired,
    Left {
        undelivered: usize,
    },
    Error {
        reason: &'a str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        peer: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        peer_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        in_ms: Option<u64>,
    },
}

/// Names a message of anybody's.
#[derive(Serialize)]
pub(super) struct Reference {
    peer_id: String,
    id: String,
}

impl From<&Target> for Reference {
    fn from(target: &Target) -> Self {
        Self {
            peer_id: target.author.to_string(),
            id: target.id.to_string(),
        }
    }
}

pub(super) fn written<'a>(event: &'a Event, name: &'a str, at: OffsetDateTime) -> Written<'a> {
    let at = || stamp(at);
    match event {
        Event::PeerJoined {
            peer, words, back, ..
        } => Written::PeerJoined {
            peer: name,
            peer_id: peer.to_string(),
            words: words.to_string(),
            back: *back,
        },
        Event::PeerRenamed { peer, .. } => Written::PeerRenamed {
            peer: name,
            peer_id: peer.to_string(),
        },
        Event::PeerSilent { peer } => Written::PeerSilent {
            peer: name,
            peer_id: peer.to_string(),
        },
        Event::PeerHeard { peer } => Written::PeerHeard {
            peer: name,
            peer_id: peer.to_string(),
        },
        Event::PeerLeft { peer, how } => Written::PeerLeft {
            peer: name,
            peer_id: peer.to_string(),
            how: match how {
                Departure::Left => "left",
                Departure::Gone => "gone",
            },
        },
        Event::Message {
            receipt,
            id,
            text,
            reply_to,
            fades,
            age,
            repeat,
        } => Written::Message {
            from: name,
            peer_id: receipt.peer.to_string(),
            id: id.to_string(),
            text,
            at: at(),
            reply_to: reply_to.as_ref().map(Reference::from),
            fades_s: fades.map(FadeTime::as_secs),
            age_ms: age.map(millis),
            repeat: *repeat,
        },
        Event::Edited { receipt, id, text } => Written::Edited {
            from: name,
            peer_id: receipt.peer.to_string(),
            id: id.to_string(),
            text,
            at: at(),
        },
        Event::Deleted { receipt, id } => Written::Deleted {
            from: name,
            peer_id: receipt.peer.to_string(),
            id: id.to_string(),
            at: at(),
        },
        Event::Reacted {
            receipt,
            target,
            reaction,
        } => Written::Reacted {
            from: name,
            peer_id: receipt.peer.to_string(),
            to: target.into(),
            reaction,
            at: at(),
        },
        Event::Fading { peer, fading } => Written::Fading {
            from: name,
            peer_id: peer.to_string(),
            seconds: match fading {
                Fading::After(time) => time.as_secs(),
                Fading::Stay | Fading::Cannot => 0,
            },
            cannot: *fading == Fading::Cannot,
        },
        Event::Typing { peer, on } => Written::Typing {
            from: name,
            peer_id: peer.to_string(),
            on: *on,
        },
        Event::Sent { id } => Written::Sent { id: id.to_string() },
        Event::Delivered { id, to } => Written::Delivered {
            id: id.to_string(),
            to: name,
            peer_id: to.to_string(),
        },
        Event::Read { id, by } => Written::Read {
            id: id.to_string(),
            by: name,
            peer_id: by.to_string(),
        },
        Event::Withheld { peer, of, count } => Written::Withheld {
            peer: name,
            peer_id: peer.to_string(),
            of: of.as_str(),
            count: *count,
        },
        Event::Lost { id } => Written::Lost { id: id.to_string() },
        Event::Disturbed { count } => Written::Disturbed { count: *count },
        Event::Strangers { count } => Written::Strangers { count: *count },
        Event::Newer => complaint("newer_peer", NEWER.to_owned()),
        Event::Crowded => complaint("crowded", CROWDED.to_owned()),
        Event::Impostor { peer } => about("impostor", format!("{IMPOSTOR} {name}"), *peer, name),
        Event::Refused { peer } => about("refused", format!("{name} {REFUSED}"), *peer, name),
    }
}

fn about<'a>(reason: &'static str, message: String, peer: InstanceId, name: &'a str) -> Written<'a> {
    Written::Error {
        reason,
        message,
        peer: Some(name),
        peer_id: Some(peer.to_string()),
        in_ms: None,
    }
}

fn complaint(reason: &'static str, message: String) -> Written<'static> {
    Written::Error {
        reason,
        message,
        peer: None,
        peer_id: None,
        in_ms: None,
    }
}

/// RFC 3339 in UTC, to the millisecond.
fn stamp(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC).truncate_to_millisecond();
    // Every time from year 0 to 9999 has this form.
    at.format(&Rfc3339).unwrap_or_default()
}

pub(super) fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
