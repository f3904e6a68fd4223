//! What became of our messages.

use std::time::Duration;

use sotto_protocol::message::{InstanceId, MessageId};

use super::Conversation;
use crate::screen::talk::entry::{Author, Marks, OnRelay};

/// One thing that becomes of a message.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    Sent,
    Delivered(InstanceId),
    Read(InstanceId),
    Lost,
    /// It waits on the relay, or did.
    Kept(OnRelay),
}

impl Conversation {
    pub(super) fn mark(&mut self, id: MessageId, mark: Mark, now: Duration) {
        let number = self.list.find(None, id);
        let marked = number.and_then(|number| {
            self.list.change(number, |said| match &mut said.author {
                Author::Me(marks) => {
                    marks.set(mark);
                    marks.all_have_it()
                }
                Author::Peer { .. } | Author::Left(_) => false,
            })
        });
        if let (Some(number), Some(true)) = (number, marked) {
            self.list.fade_from(number, now);
        }
    }
}

impl Marks {
    fn set(&mut self, mark: Mark) {
        let (list, who) = match mark {
            Mark::Sent => return self.sent = true,
            Mark::Lost => return self.lost = true,
            Mark::Kept(what) => return self.kept = Some(what),
            Mark::Delivered(to) => (&mut self.delivered, to),
            Mark::Read(by) => (&mut self.read, by),
        };
        if !list.contains(&who) {
            list.push(who);
        }
    }
}
