//! What happens in a room, as JSON.

use std::time::Duration;

use serde::Serialize;
use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::instance::{Departure, Event, Receipt, Recognition, Target};
use sotto_protocol::mail::mailbox::{self, Left};
use sotto_protocol::message::InstanceId;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{COPIED, CROWDED, IMPOSTOR, NEWER, NOT_BROUGHT, REFUSED};

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
    #[serde(rename = "message")]
    KeptMessage {
        from: &'a str,
        id: String,
        text: &'a str,
        at: String,
        kept: bool,
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

pub(super) fn written<'a>(event: &'a Event, name: &'a str, at: OffsetDateTime) -> Written<'a> {
    let at = || stamp(at);
    let about = |peer: &InstanceId| Peer {
        peer: name,
        peer_id: peer.to_string(),
    };
    let by = |peer: &InstanceId| From {
        from: name,
        peer_id: peer.to_string(),
    };
    let from = |receipt: &Receipt| by(&receipt.peer);
    let reference = |target: &Target| Reference {
        peer_id: target.author.to_string(),
        id: target.id.to_string(),
    };
    let error = |reason, message: String, peer: Option<&InstanceId>| {
        Written::Error(Complaint {
            reason,
            message,
            peer: peer.map(about),
            in_ms: None,
        })
    };
    match event {
        Event::PeerJoined {
            peer, words, back, ..
        } => Written::PeerJoined {
            peer: about(peer),
            words: words.to_string(),
            back: *back,
        },
        Event::PeerRenamed { peer, .. } => Written::PeerRenamed(about(peer)),
        Event::Recognised { peer, recognition } => Written::PeerRecognised {
            peer: about(peer),
            who: match recognition {
                Recognition::Stranger => "stranger",
                Recognition::Same { .. } => "same",
                Recognition::Namesake { .. } => "namesake",
                Recognition::Ourselves { .. } => "copy",
            },
        },
        Event::Remembered { peer, .. } => Written::PeerRemembered(about(peer)),
        Event::PeerSilent { peer } => Written::PeerSilent(about(peer)),
        Event::PeerHeard { peer } => Written::PeerHeard(about(peer)),
        Event::PeerLeft { peer, how } => Written::PeerLeft {
            peer: about(peer),
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
            from: from(receipt),
            id: id.to_string(),
            text,
            at: at(),
            reply_to: reply_to.as_ref().map(reference),
            fades_s: fades.map(FadeTime::as_secs),
            age_ms: age.map(millis),
            repeat: *repeat,
        },
        Event::Edited { receipt, id, text } => Written::Edited {
            from: from(receipt),
            id: id.to_string(),
            text,
            at: at(),
        },
        Event::Deleted { receipt, id } => Written::Deleted {
            from: from(receipt),
            id: id.to_string(),
            at: at(),
        },
        Event::Reacted {
            receipt,
            target,
            reaction,
        } => Written::Reacted {
            from: from(receipt),
            to: reference(target),
            reaction,
            at: at(),
        },
        Event::Fading { peer, fading } => Written::Fading {
            from: by(peer),
            seconds: match fading {
                Fading::After(time) => time.as_secs(),
                Fading::Stay | Fading::Cannot => 0,
            },
            cannot: *fading == Fading::Cannot,
        },
        Event::Typing { peer, on } => Written::Typing {
            from: by(peer),
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
            peer: about(peer),
            of: of.as_str(),
            count: *count,
        },
        Event::Lost { id } => Written::Lost { id: id.to_string() },
        Event::Unreached { seats } => Written::Unreached { seats: *seats },
        Event::Disturbed { count } => Written::Disturbed { count: *count },
        Event::Strangers { count } => Written::Strangers { count: *count },
        Event::Copied { .. } => error("copied", COPIED.to_owned(), None),
        Event::Newer => error("newer_peer", NEWER.to_owned(), None),
        Event::Crowded => error("crowded", CROWDED.to_owned(), None),
        Event::Impostor { peer } => error("impostor", format!("{IMPOSTOR} {name}"), Some(peer)),
        Event::Refused { peer } => error("refused", format!("{name} {REFUSED}"), Some(peer)),
    }
}

/// What waits on the relay, or was left there for us; `None` for what is a matter of screens.
pub(super) fn kept(event: &mailbox::Event) -> Option<Written<'_>> {
    let error = |reason, message: String| {
        Written::Error(Complaint {
            reason,
            message,
            ..Complaint::default()
        })
    };
    Some(match event {
        mailbox::Event::Kept { id, until, durable } => Written::Kept {
            id: id.to_string(),
            until: last_day(*until),
            durable: *durable,
        },
        mailbox::Event::NotKept { why, .. } => error("not_kept", why.to_string()),
        mailbox::Event::Gone { id, taken } => Written::Gone {
            id: id.to_string(),
            taken: *taken,
        },
        mailbox::Event::TooLate { id } => Written::TooLate { id: id.to_string() },
        // A later run cannot know what an earlier one has shown.
        mailbox::Event::Left(left) => left_for_us(left, true),
        mailbox::Event::LeftByFriend {
            left, deletes: true, ..
        } => Written::Gone {
            id: left.id.to_string(),
            taken: false,
        },
        mailbox::Event::LeftByFriend { left, repeat, .. } => left_for_us(left, *repeat),
        mailbox::Event::Read { id, .. } => Written::Gone {
            id: id.to_string(),
            taken: true,
        },
        mailbox::Event::Copied { .. } => error("copied", COPIED.to_owned()),
        mailbox::Event::Newer => error("newer_peer", NEWER.to_owned()),
        mailbox::Event::Looked { whole: true } => return None,
        mailbox::Event::Looked { whole: false } => error("not_brought", NOT_BROUGHT.to_owned()),
    })
}

fn left_for_us(left: &Left, repeat: bool) -> Written<'_> {
    Written::KeptMessage {
        from: left.author.as_str(),
        id: left.id.to_string(),
        text: &left.text,
        at: stamp(written_at(left)),
        kept: true,
        repeat,
        differs: left.differs,
        clock_ahead_days: left.clock_ahead,
        reply_to: left.reply_to.as_ref().map(|target| Reference {
            peer_id: target.author.to_string(),
            id: target.id.to_string(),
        }),
        fades_s: left.fades.map(FadeTime::as_secs),
    }
}

/// When something was written that was left for us.
pub(super) fn written_at(left: &Left) -> OffsetDateTime {
    let at = i128::from(left.written) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A day as RFC 3339 has it.
fn last_day(day: u32) -> String {
    let at = OffsetDateTime::from_unix_timestamp(i64::from(day) * 86_400);
    at.map_or_else(|_| String::new(), |at| at.date().to_string())
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
