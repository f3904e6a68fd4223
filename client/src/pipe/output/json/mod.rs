//! What happens in a room, as JSON.

mod kept;
mod live;

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) use self::kept::{kept, written_at};
pub(super) use self::live::written;

/// A line of JSON. New kinds and fields may be added, these keep their form.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Written<'a> {
    Joined,
    PeerJoined {
        #[serde(flatten)]
        peer: Peer<'a>,
        words: String,
        back: bool,
    },
    PeerRenamed(Peer<'a>),
    PeerRecognised {
        #[serde(flatten)]
        peer: Peer<'a>,
        who: &'static str,
    },
    PeerRemembered(Peer<'a>),
    PeerSilent(Peer<'a>),
    PeerHeard(Peer<'a>),
    PeerLeft {
        #[serde(flatten)]
        peer: Peer<'a>,
        how: &'static str,
    },
    Message {
        #[serde(flatten)]
        from: From<'a>,
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
        #[serde(flatten)]
        from: From<'a>,
        id: String,
        text: &'a str,
        at: String,
    },
    Deleted {
        #[serde(flatten)]
        from: From<'a>,
        id: String,
        at: String,
    },
    Reacted {
        #[serde(flatten)]
        from: From<'a>,
        to: Reference,
        reaction: &'a str,
        at: String,
    },
    Fading {
        #[serde(flatten)]
        from: From<'a>,
        seconds: u32,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        cannot: bool,
    },
    Typing {
        #[serde(flatten)]
        from: From<'a>,
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
        #[serde(flatten)]
        peer: Peer<'a>,
        of: &'a str,
        count: usize,
    },
    Waiting {
        ids: Vec<String>,
    },
    Lost {
        id: String,
    },
    Unreached {
        seats: usize,
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
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        to: &'a [String],
    },
    Kept {
        id: String,
        until: String,
        durable: bool,
    },
    Gone {
        id: String,
        taken: bool,
    },
    TooLate {
        id: String,
    },
    KeptRead {
        id: String,
    },
    #[serde(rename = "message")]
    KeptMessage {
        from: &'a str,
        id: String,
        text: &'a str,
        at: String,
        kept: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        known: bool,
        repeat: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        differs: bool,
        #[serde(skip_serializing_if = "is_zero")]
        clock_ahead_days: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<Reference>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fades_s: Option<u32>,
    },
    Error(Complaint<'a>),
}

/// Whom something is about.
#[derive(Serialize)]
pub(super) struct Peer<'a> {
    peer: &'a str,
    peer_id: String,
}

/// Who has done something.
#[derive(Serialize)]
pub(super) struct From<'a> {
    from: &'a str,
    peer_id: String,
}

/// Names a message of anybody's.
#[derive(Serialize)]
pub(super) struct Reference {
    peer_id: String,
    id: String,
}

/// What went wrong.
#[derive(Serialize, Default)]
pub(super) struct Complaint<'a> {
    pub(super) reason: &'a str,
    pub(super) message: String,
    #[serde(flatten)]
    pub(super) peer: Option<Peer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) in_ms: Option<u64>,
}

fn is_zero(days: &i64) -> bool {
    *days == 0
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
