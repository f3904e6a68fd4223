//! What happens in a room, and how the conversation changes by it.

use std::time::Duration;

use sotto_protocol::fading::Fading;
use sotto_protocol::instance::{Departure, Event, Target};

use super::marks::Mark;
use super::{Conversation, Link};
use crate::room::{Command, Update};
use crate::screen::talk::clock::Clock;
use crate::screen::talk::entry::{Author, Content, Said};

/// How long a peer was silent when it is called so.
const SILENT: Duration = Duration::from_secs(40);

impl Conversation {
    /// Something has happened in the room. Gives back what the room is to be told.
    pub(crate) fn apply(&mut self, update: Update, now: Duration, at: Clock) -> Option<Command> {
        match &update {
            Update::Event {
                event: Event::Message { .. },
                ..
            } => self.unread += 1,
            Update::Event {
                event:
                    Event::Typing { .. } | Event::Sent { .. } | Event::Delivered { .. } | Event::Read { .. },
                ..
            }
            | Update::Connecting
            | Update::Slept
            | Update::Again { .. }
            | Update::Keeps(_)
            | Update::Mail(_)
            | Update::Undelivered(_) => {}
            _ => self.stirred = true,
        }
        match update {
            Update::Connecting => self.link = Link::Connecting,
            Update::Joined => {
                if self.was_up {
                    self.list.quiet(at, "connected again".to_owned());
                }
                if !self.was_up {
                    self.alone_since = Some(now);
                }
                self.was_up = true;
                self.link = Link::Up;
            }
            Update::Reconnecting { why, wait } => {
                if self.link == Link::Up {
                    self.list.quiet(at, why.to_string());
                }
                self.link = Link::Down {
                    why: why.to_string(),
                    until: now + wait,
                    busy: false,
                };
            }
            Update::Waiting { why, wait } => {
                self.link = Link::Down {
                    why: why.to_string(),
                    until: now + wait,
                    busy: true,
                };
            }
            Update::Undelivered(count) => self.undelivered = count,
            Update::Again { event, name } => return self.again(event, name),
            Update::Differs(_) => self.two_texts(at),
            Update::Keeps(days) => {
                self.kept.days = days;
                if self.undelivered > 0 {
                    self.offer_to_keep(at);
                }
            }
            Update::CannotKeep(why) => self.list.quiet(at, format!("not kept: {why}")),
            Update::Mail(event) => self.mail(event, now, at),
            Update::Waits(waiting) => self.waits(&waiting, at),
            Update::Expired => {
                self.list.push(
                    at,
                    Content::Loud(
                        "the room was ended, by a member or by the relay's operator; joining anew".to_owned(),
                    ),
                );
            }
            Update::Remembered(told) => self.remembered(told, at),
            Update::RecordingFailed(why) => self.list.quiet(at, format!("the recording ends here: {why}")),
            Update::Event { event, name } => return self.event(event, name, now, at),
            // The last updates end the chat; nothing of it is shown.
            Update::Failed(_) | Update::Left { .. } | Update::Slept => {}
            // The state takes them: they go on to what was typed.
            Update::Said(_) | Update::Done { .. } => {}
        }
        None
    }

    fn event(&mut self, event: Event, name: String, now: Duration, at: Clock) -> Option<Command> {
        match event {
            Event::PeerJoined {
                peer,
                name: own,
                words,
                back,
                compared,
            } => {
                let faded = self.fades();
                self.known_as = Some(name.clone());
                self.people.joined(peer, name.clone(), &own, words, compared, now);
                self.alone_since = None;
                self.list.forget_copyable();
                self.joined(&name, back, at);
                if back {
                    self.still_fades(faded, at);
                } else {
                    self.asked_to_fade(&name, faded.is_some(), at);
                }
                if let Some(whom) = self.resembles(&own, compared) {
                    self.list.push(at, Content::Loud(format!("{name} {whom}")));
                }
            }
            Event::PeerRenamed { peer, name: own } => self.renamed(peer, name, &own, at),
            Event::PeerSilent { peer } => {
                if let Some(person) = self.people.get_mut(peer) {
                    person.silent_since = Some((now.saturating_sub(SILENT), at));
                }
                self.list.quiet(at, format!("{name} is silent for 40 s"));
            }
            Event::PeerHeard { peer } => {
                if let Some(person) = self.people.get_mut(peer) {
                    person.silent_since = None;
                }
                self.list.quiet(at, format!("{name} is heard again"));
            }
            Event::PeerLeft { peer, how } => {
                let faded = self.fades();
                self.people.left(peer);
                self.list.quiet(
                    at,
                    match how {
                        Departure::Left => format!("{name} left"),
                        Departure::Gone => format!("{name} is gone without a word"),
                    },
                );
                self.still_fades(faded, at);
            }
            Event::Message {
                receipt,
                id,
                reply_to,
                text,
                fades,
                age,
                repeat,
            } => {
                self.people.typing(receipt.peer, false, now);
                // It had gone to another run meanwhile, and has come back.
                if repeat && self.list.find(Some(receipt.peer), id).is_some() {
                    return Some(Command::Hold(receipt));
                }
                if let Some(time) = fades.filter(|time| self.fading != Fading::After(*time)) {
                    let fades = format!(
                        "what {name} says next fades {time} after it is read, which you have not agreed to"
                    );
                    self.list.quiet(at, fades);
                }
                self.list.push(
                    at,
                    Content::Said(Said {
                        id,
                        author: Author::Peer {
                            receipt,
                            accent: self.people.accent(receipt.peer),
                            age,
                            repeat,
                        },
                        name,
                        text: text.into(),
                        reply_to,
                        edited: false,
                        deleted: false,
                        fades: fades.into(),
                        reactions: Vec::new(),
                    }),
                );
                return Some(Command::Hold(receipt));
            }
            Event::Edited { receipt, id, text } => {
                let number = self.list.find(Some(receipt.peer), id);
                let changed = number.and_then(|number| self.list.change(number, |said| said.edit(text)));
                if changed.is_none() && !self.has_faded {
                    // Too old to be in the list: what it says now is still news.
                    self.list.quiet(at, format!("{name} changed an older message"));
                }
                return Some(Command::Hold(receipt));
            }
            Event::Deleted { receipt, id } => {
                if let Some(number) = self.list.find(Some(receipt.peer), id) {
                    self.list.change(number, Said::delete);
                }
                return Some(Command::Hold(receipt));
            }
            Event::Reacted {
                receipt,
                target,
                reaction,
            } => {
                self.reacted(target, name, reaction);
                return Some(Command::Hold(receipt));
            }
            Event::Fading { peer, fading } => return self.wanted(peer, &name, fading, at),
            Event::Typing { peer, on } => self.people.typing(peer, on, now),
            Event::Sent { id } => self.mark(id, Mark::Sent, now),
            Event::Delivered { id, to } => {
                self.no_longer_kept(id);
                self.mark(id, Mark::Delivered(to), now);
            }
            Event::Read { id, by } => self.mark(id, Mark::Read(by), now),
            Event::Withheld { count, of, .. } => {
                let what = if count == 1 {
                    "1 message for".to_owned()
                } else {
                    format!("{count} messages for")
                };
                self.list.push(
                    at,
                    Content::Loud(format!(
                        "{what} {of} did not arrive, and {name} may be somebody else: \
                         compare the words (/verify), then /release {name} sends"
                    )),
                );
            }
            Event::Lost { id } => {
                self.mark(id, Mark::Lost, now);
                let what = "a message of yours was not delivered, and will not be: whom it was for has been \
                            forgotten, as too many came since. It is marked \"lost\"; say it again if it matters";
                self.list.push(at, Content::Loud(what.to_owned()));
            }
            Event::Unreached { seats } => {
                let what = if seats == 1 { "1 seat" } else { &format!("{seats} seats") };
                self.list.push(
                    at,
                    Content::Loud(format!(
                        "{what} of the room said nothing in time: what waited went to those who are here"
                    )),
                );
            }
            Event::Refused { .. } => self.list.push(
                at,
                Content::Loud(format!(
                    "{name} hears you and has not answered for two minutes: perhaps too many are here, or one of you \
                     has to start sotto again"
                )),
            ),
            Event::Disturbed { count } => {
                if self.disturbed == 0 {
                    self.list.quiet(
                        at,
                        "the relay dropped or changed something, or somebody tried to".to_owned(),
                    );
                }
                self.disturbed = count;
            }
            Event::Recognised { recognition, .. } => self.recognised(&name, recognition, at),
            Event::Remembered { .. } => self.list.quiet(at, format!("{name} will be known again")),
            Event::Copied { .. } => self.is_copied(at),
            Event::Newer if self.newer_said => {}
            Event::Newer => {
                self.newer_said = true;
                self.list.quiet(
                    at,
                    "somebody here has a newer sotto: an update may be needed to talk".to_owned(),
                );
            }
            Event::Impostor { .. } => self.list.push(
                at,
                Content::Loud(format!(
                    "somebody with the passphrase tried to pose as {name}, and was refused; \
                 the passphrase is in other hands"
                )),
            ),
            Event::Crowded => self.list.quiet(
                at,
                "more are here than sotto talks to; the further ones are ignored".to_owned(),
            ),
            Event::Strangers { count } => self.strangers = count,
        }
        None
    }

    fn joined(&mut self, name: &str, back: bool, at: Clock) {
        let what = if back {
            format!("{name} is back")
        } else {
            format!("{name} joined")
        };
        match self.people.len() {
            1 => self.list.quiet(at, what),
            count => self.list.push(at, Content::Loud(format!(
                "{what}: with you {} are here, and each reads everything. Whoever has the passphrase can come in; \
                 /verify shows each one's words",
                count + 1
            ))),
        }
    }

    pub(crate) fn reacted(&mut self, target: Target, name: String, reaction: String) {
        if let Some(number) = self.list.target(target) {
            self.list.change(number, |said| said.react(name, &reaction));
        }
    }
}
