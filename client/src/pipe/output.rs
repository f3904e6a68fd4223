//! What happens in a room, as lines: for people, or as JSON.

use serde::Serialize;
use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::instance::{Departure, Event};
use sotto_protocol::message::InstanceId;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::room::{Trouble, Update};
use crate::visible::{on_one_line, visible};

/// Where a line goes, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// To standard output.
    Out(String),
    /// To standard error.
    Err(String),
}

/// How lines look.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// JSON Lines.
    pub json: bool,
    /// Standard output is a terminal, which would obey what a peer wrote.
    pub terminal: bool,
}

/// A line of JSON. New kinds and fields may be added, these keep their form.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Written<'a> {
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
struct Reference {
    peer_id: String,
    id: String,
}

impl From<&sotto_protocol::instance::Target> for Reference {
    fn from(target: &sotto_protocol::instance::Target) -> Self {
        Self {
            peer_id: target.author.to_string(),
            id: target.id.to_string(),
        }
    }
}

impl Format {
    /// The line of an update; `None` for one that says nothing here. `at` is when it came.
    pub fn update(&self, update: &Update, at: OffsetDateTime) -> Option<Line> {
        match update {
            Update::Event { event, name } if self.json => json(&written(event, name, at)),
            Update::Event { event, name } => self.plain(event, name),
            Update::Joined => self.either(&Written::Joined, || "joined the room".to_owned()),
            Update::Reconnecting { why, wait } => {
                let in_ms = millis(*wait);
                let written = Written::Reconnecting {
                    in_ms,
                    reason: why.word(),
                    message: why.to_string(),
                };
                self.either(&written, || {
                    format!("{why}; trying again in {:.1} s", wait.as_secs_f64())
                })
            }
            Update::Waiting { why, wait } => {
                let written = Written::Error {
                    reason: why.word(),
                    message: why.to_string(),
                    peer: None,
                    peer_id: None,
                    in_ms: Some(millis(*wait)),
                };
                self.either(&written, || {
                    format!("{why}; trying again in {:.1} s", wait.as_secs_f64())
                })
            }
            Update::Expired => self.either(&Written::Expired, || {
                "somebody destroyed the room; joining it again".to_owned()
            }),
            Update::RecordingFailed(error) => {
                self.error("recording", &format!("cannot write the recording: {error}"))
            }
            Update::Failed(why) => self.failed(why),
            Update::Left { undelivered } if self.json => json(&Written::Left {
                undelivered: *undelivered,
            }),
            Update::Left { undelivered: 0 } | Update::Connecting | Update::Slept | Update::Undelivered(_) => {
                None
            }
            Update::Left { undelivered: 1 } => Some(Line::Err("1 message was not delivered".to_owned())),
            Update::Left { undelivered } => {
                Some(Line::Err(format!("{undelivered} messages were not delivered")))
            }
        }
    }

    /// The line of something that went wrong on this side.
    pub fn error(&self, reason: &str, message: &str) -> Option<Line> {
        let written = Written::Error {
            reason,
            message: message.to_owned(),
            peer: None,
            peer_id: None,
            in_ms: None,
        };
        self.either(&written, || message.to_owned())
    }

    fn failed(&self, why: &Trouble) -> Option<Line> {
        self.error(why.word(), &why.to_string())
    }

    fn either(&self, written: &Written<'_>, plain: impl FnOnce() -> String) -> Option<Line> {
        if self.json {
            json(written)
        } else {
            Some(Line::Err(plain()))
        }
    }

    /// A message is a line of output, all else a word beside it.
    fn plain(&self, event: &Event, name: &str) -> Option<Line> {
        let name = visible(name);
        let text = |text: &str| {
            if self.terminal {
                visible(text).into_owned()
            } else {
                on_one_line(text).into_owned()
            }
        };
        Some(Line::Err(match event {
            Event::Message { text: said, .. } => return Some(Line::Out(format!("{name}: {}", text(said)))),
            Event::PeerJoined { words, .. } => format!("{name} is here; safety words: {words}"),
            Event::PeerRenamed { .. } => format!("a peer is now called {name}"),
            Event::PeerSilent { .. } => format!("{name} has been silent for a while"),
            Event::PeerHeard { .. } => format!("{name} is heard again"),
            Event::PeerLeft {
                how: Departure::Left, ..
            } => format!("{name} left"),
            Event::PeerLeft {
                how: Departure::Gone, ..
            } => format!("{name} is gone"),
            Event::Edited { text, .. } => format!("{name} changed a message: {}", visible(text)),
            Event::Deleted { .. } => format!("{name} deleted a message"),
            Event::Reacted { reaction, .. } if reaction.is_empty() => format!("{name} took a reaction back"),
            Event::Reacted { reaction, .. } => format!("{name} reacted with {}", visible(reaction)),
            Event::Fading {
                fading: Fading::After(time),
                ..
            } => {
                format!("{name} asks that messages fade after {time}, which lines cannot")
            }
            Event::Fading { .. } => format!("{name} wants that messages stay"),
            Event::Withheld { count, of, .. } => {
                format!("{count} messages for {of} wait, as {name} may be somebody else")
            }
            Event::Lost { .. } => "a message was not delivered, and cannot be any more".to_owned(),
            Event::Refused { .. } => format!("{name} {REFUSED}"),
            Event::Disturbed { count } => format!("{count} times, something came that does not open"),
            Event::Newer => NEWER.to_owned(),
            Event::Impostor { .. } => format!("{IMPOSTOR} {name}"),
            Event::Crowded => CROWDED.to_owned(),
            Event::Strangers { count: 0 } => "every seat of the room is a peer's".to_owned(),
            Event::Strangers { count } => format!("{count} seats of the room say nothing"),
            Event::Typing { .. } | Event::Sent { .. } | Event::Delivered { .. } | Event::Read { .. } => {
                return None;
            }
        }))
    }
}

const NEWER: &str = "a peer speaks a newer version of the protocol: a newer sotto is needed to talk to it";
const IMPOSTOR: &str = "somebody with the passphrase tried to pose as";
const REFUSED: &str = "hears us and answers no handshake: one of the two has to start again";
const CROWDED: &str = "there are more peers than sotto talks to; the further ones are ignored";

fn written<'a>(event: &'a Event, name: &'a str, at: OffsetDateTime) -> Written<'a> {
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

fn json(written: &Written<'_>) -> Option<Line> {
    // Strings, numbers and options of them are always JSON.
    serde_json::to_string(written).ok().map(Line::Out)
}

/// RFC 3339 in UTC, to the millisecond.
fn stamp(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC).truncate_to_millisecond();
    // Every time from year 0 to 9999 has this form.
    at.format(&Rfc3339).unwrap_or_default()
}

fn millis(duration: std::time::Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
