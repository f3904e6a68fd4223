//! What the user leaves for who is away, and what he does to it afterwards.

use super::event::{Event, KeepError, Letter};
use super::own::Entry;
use super::{Mailbox, today};
use crate::kept::Token;
use crate::peer::instance::Now;
use crate::peer::mail::note::{Body, MAX_KEPT_TEXT, Note};
use crate::peer::message::MessageId;
use crate::peer::name::Name;

impl Mailbox {
    /// Leaves something for who is away.
    ///
    /// # Errors
    /// [`KeepError`]; nothing was taken then.
    pub fn keep(&mut self, letter: Letter, now: Now) -> Result<(), KeepError> {
        let days = self.days.ok_or(KeepError::KeepsNothing)?;
        if self.own.is_full() {
            return Err(KeepError::Full);
        }
        let note = Note {
            author: self.name.clone(),
            to: letter.to,
            written: letter.written,
            until: today(now).saturating_add(days.into()),
            fades: letter.fades,
            index: self.own.next,
            replaces: None,
            lowest: self.own.lowest(),
            body: Body::Text {
                id: letter.id,
                reply_to: letter.reply_to,
                text: letter.text,
            },
        };
        self.seal(letter.id, note, None)
    }

    /// A message of ours says something else: so does what was left of it. What was taken already cannot be changed, which
    /// is told.
    ///
    /// # Errors
    /// [`KeepError`]; what was left is as before then.
    pub fn edit(&mut self, id: MessageId, new: &str, now: Now) -> Result<(), KeepError> {
        fits(new)?;
        self.change_under(id, Some(new));
        if self.own.is_gone(id) {
            self.events.push_back(Event::TooLate { id });
        }
        for entry in self.own.withdraw(id, None) {
            let mut note = entry.note.clone();
            if let Body::Text { text, .. } = &mut note.body {
                new.clone_into(text);
            }
            let replaced = if entry.may_be_there() {
                note.replaces = Some(note.index);
                note.index = self.own.next;
                note.lowest = self.own.lowest();
                note.until = today(now).saturating_add(self.days.unwrap_or(1).into());
                Some((entry.sealed.token.clone(), entry.is_kept()))
            } else {
                entry.replaces.clone()
            };
            self.seal(id, note, replaced)?;
        }
        Ok(())
    }

    /// A message of ours is deleted: so is what was left of it.
    pub fn delete(&mut self, id: MessageId) {
        self.change_under(id, None);
        if self.own.is_gone(id) {
            self.events.push_back(Event::TooLate { id });
        }
        for entry in self.own.withdraw(id, None) {
            let told = entry.is_kept().then_some(id);
            self.drop_entry(&entry, told);
        }
    }

    /// Somebody of this name holds a message of ours: what was left of it for him is of no more use.
    pub fn delivered(&mut self, id: MessageId, to: &Name) {
        for entry in self.own.withdraw(id, Some(to)) {
            self.drop_entry(&entry, None);
        }
    }

    fn drop_entry(&mut self, entry: &Entry, told: Option<MessageId>) {
        // What it stands for may be there as well, if the one that should have dropped it has not arrived.
        let replaced = entry.replaces.iter().map(|(token, _)| (token.clone(), None));
        self.drops.extend(replaced);
        if entry.may_be_there() {
            self.drops.push((entry.sealed.token.clone(), told));
        }
    }

    /// Whether a message was given to be kept for somebody of this name, or for whoever comes, whatever became of it.
    pub fn knows(&self, id: MessageId, to: Option<&Name>) -> bool {
        self.own.knows(id, to)
    }

    /// Whether a message of ours waits on the relay, or was taken there.
    pub fn is_safe(&self, id: MessageId) -> bool {
        self.own.is_safe(id)
    }

    /// How many of ours are on their way to the relay.
    pub fn unsettled(&self, now: Now) -> usize {
        self.own.unsettled(now.monotonic)
    }

    fn seal(&mut self, id: MessageId, note: Note, replaces: Option<(Token, bool)>) -> Result<(), KeepError> {
        if let Body::Text { text, .. } = &note.body {
            fits(text)?;
        }
        // Its length was all that could be wrong.
        if let Some(sealed) = self.key.seal(&note, &mut *self.rng) {
            self.own.add(Entry::new(id, note, sealed, replaces));
        }
        Ok(())
    }
}

pub(super) fn fits(text: &str) -> Result<(), KeepError> {
    let over = text.len().saturating_sub(MAX_KEPT_TEXT);
    if over == 0 {
        Ok(())
    } else {
        Err(KeepError::TooLong { over })
    }
}
