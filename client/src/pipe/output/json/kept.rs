//! What waits on the relay for those who are away.

use sotto_protocol::fading::FadeTime;
use sotto_protocol::mail::mailbox::{self, Left};
use time::OffsetDateTime;

use super::{Complaint, Reference, Written, stamp};
use crate::pipe::output::{COPIED, NEWER, NOT_BROUGHT};

/// What waits on the relay, or was left there for us; `None` for what is a matter of screens.
pub(in crate::pipe::output) fn kept(event: &mailbox::Event) -> Option<Written<'_>> {
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
        mailbox::Event::Left(left) => kept_message(left, true, false),
        mailbox::Event::LeftByFriend { left, repeat, .. } => kept_message(left, *repeat, true),
        mailbox::Event::Read { id, .. } => Written::KeptRead { id: id.to_string() },
        mailbox::Event::Copied { .. } => error("copied", COPIED.to_owned()),
        mailbox::Event::Newer => error("newer_peer", NEWER.to_owned()),
        mailbox::Event::Looked { whole: true } => return None,
        mailbox::Event::Looked { whole: false } => error("not_brought", NOT_BROUGHT.to_owned()),
    })
}

/// `known`: it is proven who has left it.
fn kept_message(left: &Left, repeat: bool, known: bool) -> Written<'_> {
    Written::KeptMessage {
        from: left.author.as_str(),
        id: left.id.to_string(),
        text: &left.text,
        at: stamp(written_at(left)),
        kept: true,
        known,
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
pub(in crate::pipe::output) fn written_at(left: &Left) -> OffsetDateTime {
    let at = i128::from(left.written) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A day as RFC 3339 has it.
fn last_day(day: u32) -> String {
    let at = OffsetDateTime::from_unix_timestamp(i64::from(day) * 86_400);
    at.map_or_else(|_| String::new(), |at| at.date().to_string())
}
