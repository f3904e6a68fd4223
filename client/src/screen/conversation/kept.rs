//! What waits on the relay, ours and theirs, as the conversation shows it.

use std::collections::BTreeMap;
use std::time::Duration;

use sotto_protocol::instance::Event as InstanceEvent;
use sotto_protocol::mail::mailbox::{Event, Left, Waiting};
use sotto_protocol::message::MessageId;

use super::Conversation;
use super::marks::Mark;
use crate::room::Command;
use crate::screen::settings::Keep;
use crate::screen::talk::clock::{Clock, short_day};
use crate::screen::talk::entry::{Author, Content, OnRelay, Said};

/// What the user knows of what waits.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// For how many days the relay keeps what is left on it; `None` where it keeps nothing.
    pub(crate) days: Option<u8>,
    /// It was said what Enter does while nobody is here, and what can be done.
    offered: bool,
    /// It was said who can read what lies there.
    warned: bool,
    /// What has come in this look.
    came: Vec<Left>,
    /// Ours that wait there.
    pub(crate) ours: BTreeMap<MessageId, u32>,
}

impl Conversation {
    /// Something has become of what waits.
    pub(super) fn mail(&mut self, event: Event, now: Duration, at: Clock) {
        match event {
            Event::Kept { id, until, durable } => {
                self.kept.ours.insert(id, until);
                let day = short_day(until);
                self.mark(id, Mark::Kept(OnRelay::Until(until)), now);
                if !std::mem::replace(&mut self.kept.warned, true) {
                    let forgets = match durable {
                        true => "",
                        false => ", and it is lost if the relay restarts",
                    };
                    let what = format!(
                        "it waits on the relay until {day}: whoever has the passphrase, now or later, can read it \
                         there{forgets}"
                    );
                    self.list.push(at, Content::Answer(what));
                }
            }
            Event::NotKept { why, .. } => self.list.quiet(at, format!("not kept: {why}")),
            Event::Gone { id, taken } => {
                self.kept.ours.remove(&id);
                let mark = if taken { OnRelay::Taken } else { OnRelay::Gone };
                self.mark(id, Mark::Kept(mark), now);
            }
            Event::TooLate { id } => {
                self.kept.ours.remove(&id);
                self.mark(id, Mark::Kept(OnRelay::Taken), now);
                let what = "that had been taken from the relay before it was changed or deleted: who took it has it as \
                            it was";
                self.list.push(at, Content::Loud(what.to_owned()));
            }
            Event::Left(left) | Event::LeftByFriend { left, .. } => self.kept.came.push(left),
            Event::Read { id, .. } => {
                self.kept.ours.remove(&id);
                self.mark(id, Mark::Kept(OnRelay::Taken), now);
            }
            Event::Copied { .. } => self.is_copied(at),
            Event::Newer => self.list.quiet(
                at,
                "something waits on the relay that a newer sotto has left: an update may be needed to read it"
                    .to_owned(),
            ),
            Event::Looked { whole } => {
                let came = std::mem::take(&mut self.kept.came);
                self.came(came, at);
                if !whole {
                    self.list.quiet(at, "the relay has not brought all that waits there".to_owned());
                }
            }
        }
    }

    /// Shows what was left for us, under a line that says by whom as far as can be known.
    fn came(&mut self, came: Vec<Left>, at: Clock) {
        if came.is_empty() {
            return;
        }
        let mut authors: Vec<&str> = came.iter().map(|left| left.author.as_str()).collect();
        authors.sort_unstable();
        authors.dedup();
        let by = match authors[..] {
            [author] => format!("somebody who calls himself {author}"),
            _ => format!("some who call themselves {}", authors.join(", ")),
        };
        let count = came.len();
        let what = format!("── {count} from while you were away (by {by}; they may be repeats) ──");
        self.list.push(at, Content::Answer(what));
        self.unread += count;
        for left in came {
            if left.differs {
                self.two_texts(at);
            }
            if left.clock_ahead != 0 {
                let days = left.clock_ahead.abs();
                let way = if left.clock_ahead > 0 {
                    "ahead of"
                } else {
                    "behind"
                };
                let what = format!("the clock of {} is {days} days {way} yours", left.author);
                self.list.quiet(at, what);
            }
            let said = Said {
                id: left.id,
                author: Author::Left(left.handle),
                name: left.author.as_str().to_owned(),
                text: left.text.into(),
                reply_to: left.reply_to,
                edited: false,
                deleted: false,
                fades: left.fades.into(),
                reactions: Vec::new(),
            };
            self.list.push(Clock::of(left.written), Content::Said(said));
        }
    }

    /// Says that one of two memories is not as it was last.
    pub(super) fn is_copied(&mut self, at: Clock) {
        let what = "what is remembered here or there is an older copy: compare the words again (/verify)";
        self.list.push(at, Content::Loud(what.to_owned()));
    }

    /// Says that two texts have come under one id.
    pub(super) fn two_texts(&mut self, at: Clock) {
        let what = "what comes next has the id of another message and says something else: somebody with the passphrase \
                    may have left one in the place of the other";
        self.list.push(at, Content::Loud(what.to_owned()));
    }

    /// What was left for us has come live: it is one on the screen, and now its author's.
    pub(super) fn again(&mut self, event: InstanceEvent, name: String) -> Option<Command> {
        let InstanceEvent::Message { receipt, id, age, .. } = event else {
            return None;
        };
        let accent = self.people.accent(receipt.peer);
        self.list.claim(id, receipt, |said| {
            said.name = name;
            said.author = Author::Peer {
                receipt,
                accent,
                age,
                repeat: false,
            };
        });
        Some(Command::Hold(receipt))
    }

    /// Something was said with nobody here: what becomes of it, once.
    pub(crate) fn offer_to_keep(&mut self, at: Clock) {
        let is_alone = self.people.is_empty() && self.strangers == 0;
        if let (Some(days), true) = (self.kept.days, is_alone && self.keep == Keep::Ask)
            && !std::mem::replace(&mut self.kept.offered, true)
        {
            let what = format!(
                "nobody is here. It is sent when somebody is, while this window is open · /keep leaves it on the relay, \
                 {days} days"
            );
            self.list.push(at, Content::Answer(what));
        }
    }

    /// What waits, both ways.
    pub(super) fn waits(&mut self, waiting: &[Waiting], at: Clock) {
        let line = |waiting: &Waiting| {
            let to = waiting.to.as_ref().map_or("whoever comes", |to| to.as_str());
            let day = short_day(waiting.until);
            let (author, text) = (&waiting.author, &waiting.text);
            match waiting.is_ours {
                true => format!("for {to}, until {day}: {text}"),
                // It is not for us to read here.
                false => format!("for {to}, by {author}, until {day}"),
            }
        };
        let lines: Vec<String> = waiting.iter().map(line).collect();
        let what = match (self.kept.days, lines.is_empty()) {
            (None, _) => "this relay keeps nothing".to_owned(),
            (Some(days), true) => format!("nothing waits on the relay, which keeps for {days} days"),
            (Some(_), false) => format!("on the relay wait:\n{}", lines.join("\n")),
        };
        self.list.push(at, Content::Answer(what));
    }

    /// Ours that is delivered, or deleted, waits no more.
    pub(super) fn no_longer_kept(&mut self, id: MessageId) {
        self.kept.ours.remove(&id);
    }
}
