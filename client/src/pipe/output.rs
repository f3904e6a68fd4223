//! What happens in a room, as lines: for people, or as JSON.

mod json;

use sotto_protocol::fading::Fading;
use sotto_protocol::instance::{Departure, Event, Recognition};
use sotto_protocol::mail::mailbox;
use time::OffsetDateTime;

use self::json::{Complaint, Written, kept, millis, written, written_at};
use crate::memory::{Found, LOST, OLDER};
use crate::room::{RelayError, Remembered, Update};
use crate::visible::{on_one_line, visible};

/// Where a line goes, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// To standard output.
    Out(String),
    /// To standard error.
    Err(String),
}

/// How lines look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// JSON Lines.
    pub(crate) json: bool,
    /// Standard output is a terminal, which would obey what a peer wrote.
    pub(crate) terminal: bool,
}

impl Format {
    /// The line of an update; `None` for one that says nothing here. `at` is when it came.
    pub(crate) fn update(&self, update: &Update, at: OffsetDateTime) -> Option<Line> {
        match update {
            Update::Event { event, name } if self.json => json(&written(event, name, at)),
            Update::Event { event, name } => self.plain(event, name),
            Update::Mail(event) if self.json => kept(event).as_ref().and_then(json),
            Update::Mail(event) => self.plain_kept(event),
            Update::CannotKeep(why) => self.error("not_kept", &why.to_string()),
            Update::Differs(id) => self.error("differs", &format!("{DIFFERS} ({id})")),
            Update::Joined => self.either(&Written::Joined, || "joined the room".to_owned()),
            Update::Reconnecting { why, wait } | Update::Waiting { why, wait } => {
                let (in_ms, reason, message) = (millis(*wait), why.word(), why.to_string());
                let written = match update {
                    Update::Waiting { .. } => Written::Error(Complaint {
                        reason,
                        message,
                        in_ms: Some(in_ms),
                        ..Complaint::default()
                    }),
                    _ => Written::Reconnecting {
                        in_ms,
                        reason,
                        message,
                    },
                };
                self.either(&written, || {
                    format!("{why}; trying again in {:.1} s", wait.as_secs_f64())
                })
            }
            Update::Expired => self.either(&Written::Expired, || {
                "the room was ended, by a member or by the relay's operator; joining it again".to_owned()
            }),
            Update::RecordingFailed(error) => {
                self.error("recording", &format!("cannot write the recording: {error}"))
            }
            Update::Remembered(told) => self.remembered(told),
            Update::Failed(why) => self.failed(why),
            Update::Left { undelivered, to } if self.json => json(&Written::Left {
                undelivered: *undelivered,
                to,
            }),
            Update::Left { undelivered: 0, .. }
            | Update::Connecting
            | Update::Slept
            | Update::Undelivered(_)
            | Update::Again { .. }
            | Update::Keeps(_)
            | Update::Waits(_)
            | Update::Said(_)
            | Update::Done { .. } => None,
            Update::Left { undelivered, to } => {
                let what = match undelivered {
                    1 => "1 message was not delivered".to_owned(),
                    count => format!("{count} messages were not delivered"),
                };
                let to: Vec<_> = to.iter().map(|name| visible(name)).collect();
                let whom = if to.is_empty() { "" } else { " to " };
                Some(Line::Err(format!("{what}{whom}{}", to.join(", "))))
            }
        }
    }

    /// The line of something that went wrong on this side.
    pub(crate) fn error(&self, reason: &str, message: &str) -> Option<Line> {
        let written = Written::Error(Complaint {
            reason,
            message: message.to_owned(),
            ..Complaint::default()
        });
        self.either(&written, || message.to_owned())
    }

    fn remembered(&self, told: &Remembered) -> Option<Line> {
        match told {
            Remembered::Failed(why) => self.error("memory", &format!("not remembered: {why}")),
            Remembered::Opened { found, .. } if *found == Found::Older => self.error("memory", OLDER),
            Remembered::Opened { found, .. } if *found == Found::Lost => self.error("memory", LOST),
            Remembered::Opened { unsent, .. } if unsent.is_empty() => None,
            Remembered::Opened { unsent, .. } => {
                let count = unsent.len();
                let ids = unsent.iter().map(|unsent| unsent.id.to_string());
                self.either(&Written::Waiting { ids: ids.collect() }, || {
                    format!("{count} of an earlier run wait to be delivered")
                })
            }
            Remembered::Again => None,
        }
    }

    fn failed(&self, why: &RelayError) -> Option<Line> {
        self.error(why.word(), &why.to_string())
    }

    fn either(&self, written: &Written<'_>, plain: impl FnOnce() -> String) -> Option<Line> {
        if self.json {
            json(written)
        } else {
            Some(Line::Err(plain()))
        }
    }

    /// What was left for us is a line of output, with its time, all else a word beside it.
    fn plain_kept(&self, event: &mailbox::Event) -> Option<Line> {
        Some(Line::Err(match event {
            mailbox::Event::LeftByFriend { deletes: true, .. } => "a message was withdrawn".to_owned(),
            mailbox::Event::Left(left) | mailbox::Event::LeftByFriend { left, .. } => {
                let (at, author) = (written_at(left), visible(left.author.as_str()));
                let text = self.text(&left.text);
                let stamp = format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute());
                return Some(Line::Out(format!("{stamp} {author}: {text}")));
            }
            mailbox::Event::Kept { .. } => "a message waits on the relay".to_owned(),
            mailbox::Event::NotKept { why, .. } => why.to_string(),
            mailbox::Event::Copied { .. } => COPIED.to_owned(),
            mailbox::Event::Read { .. } => "a message that waited on the relay was read".to_owned(),
            mailbox::Event::Gone { taken: true, .. } => {
                "a message that waited on the relay was taken".to_owned()
            }
            mailbox::Event::Gone { .. } => "a message is no longer on the relay".to_owned(),
            mailbox::Event::TooLate { .. } => {
                "a message had been taken before it was changed or deleted".to_owned()
            }
            mailbox::Event::Newer => NEWER.to_owned(),
            mailbox::Event::Looked { whole: true } => return None,
            mailbox::Event::Looked { whole: false } => NOT_BROUGHT.to_owned(),
        }))
    }

    fn text(&self, text: &str) -> String {
        if self.terminal {
            visible(text).into_owned()
        } else {
            on_one_line(text).into_owned()
        }
    }

    /// A message is a line of output, all else a word beside it.
    fn plain(&self, event: &Event, name: &str) -> Option<Line> {
        let name = visible(name);
        Some(Line::Err(match event {
            Event::Message { text: said, .. } => {
                return Some(Line::Out(format!("{name}: {}", self.text(said))));
            }
            Event::PeerJoined { words, .. } => format!("{name} is here; safety words: {words}"),
            Event::PeerRenamed { .. } => format!("a peer is now called {name}"),
            Event::Recognised { recognition, .. } => match recognition {
                Recognition::Stranger => return None,
                Recognition::Same { .. } => format!("{name} is the same as before"),
                Recognition::Namesake { .. } => format!("{name} is not the one you know"),
                Recognition::Ourselves { .. } => format!("{name} has a copy of your own memory"),
            },
            Event::Remembered { .. } => format!("{name} will be known again"),
            Event::Copied { .. } => COPIED.to_owned(),
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
            Event::Unreached { seats } => unreached(*seats),
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
const COPIED: &str = "what is remembered here or there is an older copy: compare the words again";
const NOT_BROUGHT: &str = "the relay has not brought all that waits there";
const DIFFERS: &str = "the next message has the id of one that was left on the relay, and another text";
const IMPOSTOR: &str = "somebody with the passphrase tried to pose as";
const REFUSED: &str = "hears us and answers no handshake: one of the two has to start again";
const CROWDED: &str = "there are more peers than sotto talks to; the further ones are ignored";

/// Seats that said nothing in time, and so got nothing of what waited for everybody.
fn unreached(seats: usize) -> String {
    match seats {
        1 => "1 seat of the room said nothing in time: what waited was not sent to it".to_owned(),
        seats => format!("{seats} seats of the room said nothing in time: what waited was not sent to them"),
    }
}

fn json(written: &Written<'_>) -> Option<Line> {
    // Strings, numbers and options of them are always JSON.
    serde_json::to_string(written).ok().map(Line::Out)
}

#[cfg(test)]
mod tests;
