//! What the input is for: something new, an answer to a message, or other words for one of ours.

use sotto_protocol::instance::Target;
use sotto_protocol::message::MessageId;
use zeroize::Zeroizing;

use super::Conversation;
use crate::screen::text::visible::visible_line;

/// The characters of a message that the event line shows.
const SHOWN: usize = 200;

/// What the input is for.
#[derive(Debug, Default)]
pub(crate) enum Purpose {
    /// Something new.
    #[default]
    New,
    /// An answer.
    Reply(Target),
    /// Other words for a message of ours.
    Edit {
        /// Which one.
        id: MessageId,
        /// The draft that waits meanwhile.
        draft: Zeroizing<String>,
    },
}

impl Conversation {
    /// The input is for an answer from now on.
    pub(crate) fn reply(&mut self, to: Target) {
        self.give_up();
        self.stop_browsing(false);
        self.list.go_to_newest();
        self.purpose = Purpose::Reply(to);
    }

    /// The input is for other words for a message of ours from now on; its text is in it.
    pub(crate) fn edit(&mut self, id: MessageId) {
        let number = self.list.find(None, id);
        let Some(text) = number
            .and_then(|number| self.list.said(number))
            .map(|said| said.text.clone())
        else {
            return;
        };
        self.give_up();
        self.stop_browsing(false);
        let draft = Zeroizing::new(self.draft.take());
        self.draft.set(&text);
        self.purpose = Purpose::Edit { id, draft };
    }

    /// The input is for something new again, and the draft that waited comes back. False when it was all the time.
    pub(crate) fn give_up(&mut self) -> bool {
        match std::mem::take(&mut self.purpose) {
            Purpose::New => return false,
            Purpose::Reply(_) => {}
            Purpose::Edit { draft, .. } => self.draft.set(&draft),
        }
        true
    }

    /// What the event line says about it.
    pub(crate) fn purpose_told(&self) -> Option<String> {
        match &self.purpose {
            Purpose::New => None,
            Purpose::Edit { .. } => Some("editing: Enter saves, Esc gives up".to_owned()),
            Purpose::Reply(target) => {
                let said = self
                    .list
                    .target(*target)
                    .and_then(|number| self.list.said(number));
                let (name, text) = said.map_or(("somebody", String::new()), |said| {
                    (&said.name, said.text.chars().take(SHOWN).collect())
                });
                let line = text.lines().next().unwrap_or_default();
                Some(format!(
                    "Esc gives up · to {}: {}",
                    visible_line(name),
                    visible_line(line)
                ))
            }
        }
    }
}
