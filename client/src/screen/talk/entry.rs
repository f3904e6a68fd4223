//! One entry of the message list.

use std::time::Duration;

use sotto_protocol::instance::{Receipt, Target};
use sotto_protocol::kept::DropHash;
use sotto_protocol::message::{InstanceId, MessageId};
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

pub(crate) use super::clock::Clock;
use super::clock::{TimeFormat, short_day};
use super::expiry::Fades;

/// The longest reaction that is shown, in graphemes, whatever a peer sends.
const MAX_REACTION: usize = 16;
/// The most reactions that a message shows.
const MAX_REACTIONS: usize = 16;
/// The author of what was left on the relay: no instance.
pub(crate) const NOBODY: InstanceId = InstanceId([0; 16]);

/// An entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// When it came.
    pub(crate) at: Clock,
    /// What it is.
    pub(crate) content: Content,
}

/// What an entry is.
#[derive(Debug, Clone)]
pub enum Content {
    /// Somebody's message.
    Said(Said),
    /// What happened, in few words; what happens in a row stands in one line.
    Quiet(Vec<String>),
    /// What must not be missed.
    Loud(String),
    /// An answer to a command: a text of its own.
    Answer(String),
    /// What is to be handed over: heading and lines, each alone and without anything before it.
    Copyable(Vec<Copyable>),
}

/// A piece of what is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copyable {
    /// What the next lines are.
    Heading(String),
    /// To be copied as it is.
    Verbatim(String),
}

/// A message.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its author's id for it.
    pub(crate) id: MessageId,
    pub(crate) author: Author,
    /// What the author was called then.
    pub(crate) name: String,
    pub(crate) text: Zeroizing<String>,
    /// What it answers.
    pub(crate) reply_to: Option<Target>,
    /// The author changed it.
    pub(crate) edited: bool,
    /// The author deleted it; the text is gone.
    pub(crate) deleted: bool,
    /// Whether it goes by itself, and when.
    pub(crate) fades: Fades,
    /// Name and reaction of those who reacted.
    pub(crate) reactions: Vec<(String, String)>,
}

/// Who said something.
#[derive(Debug, Clone)]
pub(crate) enum Author {
    /// We did, and this became of it.
    Me(Marks),
    /// A peer did.
    Peer {
        /// Where in its stream.
        receipt: Receipt,
        /// Which of those whom we have met here: each has a colour.
        accent: usize,
        /// How long it waited on the way, where that is worth a word.
        age: Option<Duration>,
        /// It may be a repeat.
        repeat: bool,
    },
    /// Somebody left it on the relay, who is not known to be who he says; what names it there.
    Left(DropHash),
}

/// What became of a message of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) sent: bool,
    /// To how many it was said; at least one, who may be still to come.
    pub(crate) to: usize,
    pub(crate) delivered: Vec<InstanceId>,
    pub(crate) read: Vec<InstanceId>,
    /// Nobody has it, and nobody will get it.
    pub(crate) lost: bool,
    /// What became of it on the relay, where it was left there.
    pub(crate) kept: Option<OnRelay>,
}

/// What became of a message of ours on the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnRelay {
    /// It waits there until that day, in days since 1970-01-01.
    Until(u32),
    /// Somebody took it.
    Taken,
    /// It is not there any more, and nobody knows why.
    Gone,
}

impl OnRelay {
    fn shown(self) -> String {
        match self {
            Self::Until(day) => format!("kept until {}", short_day(day)),
            Self::Taken => "taken".to_owned(),
            Self::Gone => "no longer on the relay".to_owned(),
        }
    }
}

impl Marks {
    /// The mark: `…` waiting, `✓` sent, `✓✓` delivered, `read`, or `lost`; counted while not all of several have it.
    pub(crate) fn shown(&self) -> String {
        let counted = |mark: &str, of: usize| {
            if of < self.to {
                format!("{mark} {of} of {}", self.to)
            } else {
                mark.to_owned()
            }
        };
        if self.lost {
            return "lost".to_owned();
        }
        if let (Some(kept), true) = (self.kept, self.delivered.is_empty()) {
            return kept.shown();
        }
        match (self.read.len(), self.delivered.len(), self.sent) {
            (0, 0, false) => "…".to_owned(),
            (0, 0, true) => "✓".to_owned(),
            (0, delivered, _) => counted("✓✓", delivered),
            (read, _, _) => counted("read", read),
        }
    }

    /// Whether everybody holds it who should.
    pub(crate) fn all_have_it(&self) -> bool {
        self.delivered.len() >= self.to
    }

    /// The columns of the widest mark that it may come to have: its place is kept, so that nothing moves.
    pub(crate) fn widest(&self) -> usize {
        match self.to {
            0 | 1 => "read".len(),
            to => format!("read {} of {to}", to - 1).len(),
        }
    }
}

/// What the rows of an entry depend on beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Measure {
    pub(crate) width: usize,
    /// The widest name in the room.
    pub(crate) name: usize,
    pub(crate) time: TimeFormat,
    /// Only texts, for the terminal's own selection: no names, times, marks, and nothing of what happened.
    pub(crate) bare: bool,
}

impl Said {
    /// Who wrote it, as a key: `None` is us.
    pub(crate) fn by(&self) -> Option<InstanceId> {
        match &self.author {
            Author::Me(_) => None,
            Author::Peer { receipt, .. } => Some(receipt.peer),
            Author::Left(_) => Some(NOBODY),
        }
    }

    /// It says something else now.
    pub(crate) fn edit(&mut self, text: String) {
        self.text = text.into();
        self.edited = true;
    }

    /// It says nothing any more.
    pub(crate) fn delete(&mut self) {
        self.text = Zeroizing::default();
        self.deleted = true;
    }

    /// Somebody reacts to it, or with nothing takes that back.
    pub(crate) fn react(&mut self, name: String, reaction: &str) {
        self.reactions.retain(|(by, _)| *by != name);
        if !reaction.is_empty() && self.reactions.len() < MAX_REACTIONS {
            let reaction = reaction.graphemes(true).take(MAX_REACTION).collect();
            self.reactions.push((name, reaction));
        }
    }

    /// What it tells that its author does, if it is that: `/me waves`.
    pub(crate) fn deed(&self) -> Option<&str> {
        self.text.strip_prefix("/me ").filter(|_| !self.deleted)
    }
}

impl Entry {
    /// What it takes in memory, in bytes, roughly.
    pub(crate) fn weight(&self) -> usize {
        let text = match &self.content {
            Content::Said(said) => said.text.len() + said.name.len() + 32 * said.reactions.len(),
            Content::Quiet(parts) => parts.iter().map(String::len).sum(),
            Content::Loud(text) | Content::Answer(text) => text.len(),
            Content::Copyable(_) => 0,
        };
        size_of::<Self>() + text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_mean_what_they_say() {
        let one = InstanceId([1; 16]);
        let two = InstanceId([2; 16]);
        let mut marks = Marks {
            to: 2,
            ..Marks::default()
        };
        assert_eq!(marks.shown(), "…");
        marks.sent = true;
        assert_eq!(marks.shown(), "✓");
        marks.delivered.push(one);
        assert_eq!(marks.shown(), "✓✓ 1 of 2");
        marks.delivered.push(two);
        assert_eq!(marks.shown(), "✓✓");
        marks.read.push(two);
        assert_eq!(marks.shown(), "read 1 of 2");
        marks.read.push(one);
        assert_eq!(marks.shown(), "read");
    }
}
