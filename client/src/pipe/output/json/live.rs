//! What happens among those who are here.

use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::instance::{Departure, Event, Receipt, Recognition, Target};
use sotto_protocol::message::InstanceId;
use time::OffsetDateTime;

use super::{Complaint, From, Peer, Reference, Written, millis, stamp};
use crate::pipe::output::{COPIED, CROWDED, IMPOSTOR, NEWER, REFUSED};

pub(in crate::pipe::output) fn written<'a>(
    event: &'a Event,
    name: &'a str,
    at: OffsetDateTime,
) -> Written<'a> {
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
