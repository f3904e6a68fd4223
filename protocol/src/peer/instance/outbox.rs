//! What the user has said and not everybody holds who should. Each message stands here once; the streams of
//! the pairs refer to it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::SayError;
use super::limits::{OUTBOX_BYTES, OUTBOX_MESSAGES, REMEMBERED};
use crate::peer::bond::{Held, Proof};
use crate::peer::message::fading::Fading;
use crate::peer::message::{Content, InstanceId, MessageId, Text};
use crate::peer::name::Name;
use crate::peer::secret::Secret;

/// Names an entry of the outbox.
pub(super) type Key = u64;

/// What a stream to a peer is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamItem {
    /// Our name.
    Name(Name),
    /// What we want of messages that fade.
    Fading(Fading),
    /// Which bonds we remember.
    Proof(Box<Proof>),
    /// Our part of a generation of a bond.
    Exchange { generation: u32, bytes: Secret },
    /// A generation is on our disk.
    Held(Held),
    /// Something of the outbox. `repeat`: an earlier run of the peer may have it.
    Entry { key: Key, repeat: bool },
    /// A number whose message went elsewhere.
    Empty,
    /// The last.
    Leave,
}

impl StreamItem {
    /// What is sent of it. Of an entry the outbox knows that.
    pub(super) fn content(&self) -> Content {
        match self {
            Self::Name(name) => Content::Name(name.clone()),
            Self::Fading(fading) => Content::Fading(*fading),
            Self::Proof(proof) => Content::Proof(proof.clone()),
            Self::Exchange { generation, bytes } => Content::Exchange {
                generation: *generation,
                bytes: bytes.clone(),
            },
            Self::Held(held) => Content::Held(*held),
            Self::Entry { .. } | Self::Empty => Content::Empty,
            Self::Leave => Content::Leave,
        }
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self, Self::Name(_))
    }

    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::Proof(_))
    }

    /// Whether a stream begins with it, before anything that was said.
    pub(super) fn begins(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Proof(_) | Self::Fading(_))
    }
}

/// Something said.
#[derive(Debug)]
struct Entry {
    content: Content,
    /// When it was typed, or taken over from an earlier run, by the monotonic clock.
    typed: Duration,
    /// How long it had waited by then.
    waited: Duration,
    /// It was given to a socket: what it says is out of our hands.
    handed: bool,
    /// The relay has it, and the user was told.
    sent: bool,
    /// Who holds it.
    held_by: Vec<InstanceId>,
    /// The streams, and the queue for whoever comes first, that refer to it.
    holders: usize,
}

impl Entry {
    fn text_id(&self) -> Option<MessageId> {
        match &self.content {
            Content::Text(text) => Some(text.id),
            _ => None,
        }
    }
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: BTreeMap<Key, Entry>,
    next: Key,
    bytes: usize,
    /// For those who come.
    unaddressed: VecDeque<Key>,
    /// Our last texts and whom they were addressed to, oldest first.
    remembered: VecDeque<(MessageId, Vec<InstanceId>)>,
}

impl Outbox {
    /// Takes something said, for the streams of `to`; with none, for those who come.
    pub(super) fn add(
        &mut self,
        content: Content,
        to: &[InstanceId],
        typed: Duration,
    ) -> Result<Key, SayError> {
        let bytes = length(&content);
        if self.entries.len() >= OUTBOX_MESSAGES || self.bytes + bytes > OUTBOX_BYTES {
            return Err(SayError::Full);
        }
        self.supersede(&content);
        let key = self.next;
        self.next += 1;
        self.bytes += bytes;
        if let Content::Text(text) = &content {
            self.remembered.push_back((text.id, to.to_vec()));
            if self.remembered.len() > REMEMBERED {
                self.remembered.pop_front();
            }
        }
        let entry = Entry {
            content,
            typed,
            waited: Duration::ZERO,
            handed: false,
            sent: false,
            held_by: Vec::new(),
            holders: to.len().max(1),
        };
        self.entries.insert(key, entry);
        if to.is_empty() {
            self.unaddressed.push_back(key);
        }
        Ok(key)
    }

    /// What waits may be given to somebody after what is said now: it must not undo that.
    fn supersede(&mut self, newer: &Content) {
        for entry in self.entries.values_mut() {
            let now = match (&entry.content, newer) {
                // Whoever was to get the old edit gets the new one as well.
                (Content::Edit { id: of, .. }, Content::Edit { id, .. } | Content::Delete { id })
                    if of == id =>
                {
                    Content::Empty
                }
                (Content::Reaction { target: to, .. }, Content::Reaction { target, .. }) if to == target => {
                    newer.clone()
                }
                _ => continue,
            };
            self.bytes -= length(&entry.content);
            entry.content = now;
        }
    }

    /// Whether something waits for those who come.
    pub(super) fn is_waiting(&self) -> bool {
        !self.unaddressed.is_empty()
    }

    /// How much waits for those who come.
    pub(super) fn waiting(&self) -> usize {
        self.unaddressed.len()
    }

    /// What waits for those who come is for these: the keys, in order.
    pub(super) fn address(&mut self, peers: &[InstanceId]) -> Vec<Key> {
        let keys: Vec<Key> = self.unaddressed.drain(..).collect();
        for key in &keys {
            for &peer in peers {
                self.remember(*key, peer);
            }
            if let Some(entry) = self.entries.get_mut(key) {
                entry.holders = peers.len();
            }
        }
        keys
    }

    /// Whom one of our texts was addressed to; `None` for a text that is not ours or no longer known.
    pub(super) fn recipients(&self, id: MessageId) -> Option<&[InstanceId]> {
        self.remembered
            .iter()
            .rev()
            .find(|(known, _)| *known == id)
            .map(|(_, to)| &to[..])
    }

    /// Notes that the text of an entry is addressed to a peer as well: what is said of it later goes there too.
    pub(super) fn remember(&mut self, key: Key, peer: InstanceId) {
        let Some(id) = self.entries.get(&key).and_then(Entry::text_id) else {
            return;
        };
        if let Some((_, to)) = self.remembered.iter_mut().rev().find(|(known, _)| *known == id)
            && !to.contains(&peer)
        {
            to.push(peer);
        }
    }

    /// Whether a peer holds an entry that others do not hold yet.
    pub(super) fn is_held_by(&self, key: Key, peer: InstanceId) -> bool {
        self.entries
            .get(&key)
            .is_some_and(|entry| entry.held_by.contains(&peer))
    }

    /// Whether what an entry said has been said anew since.
    pub(super) fn is_superseded(&self, key: Key) -> bool {
        self.entries
            .get(&key)
            .is_some_and(|entry| entry.content == Content::Empty)
    }

    /// The entry of a text that no socket has had yet.
    pub(super) fn unhanded(&self, id: MessageId) -> Option<Key> {
        let is_it = |entry: &Entry| !entry.handed && entry.text_id() == Some(id);
        self.entries
            .iter()
            .find(|(_, entry)| is_it(entry))
            .map(|(&key, _)| key)
    }

    /// Changes the text of an entry that no socket has had yet.
    pub(super) fn rewrite(&mut self, key: Key, new: &str) -> Result<(), SayError> {
        let Some(Entry {
            content: Content::Text(Text { text, .. }),
            ..
        }) = self.entries.get_mut(&key)
        else {
            return Err(SayError::Unknown);
        };
        let bytes = self.bytes - text.len() + new.len();
        if bytes > OUTBOX_BYTES {
            return Err(SayError::Full);
        }
        self.bytes = bytes;
        text.replace_range(.., new);
        Ok(())
    }

    /// Forgets a text that no socket has had and that is taken out of every stream.
    pub(super) fn withdraw(&mut self, key: Key) {
        self.unaddressed.retain(|unaddressed| *unaddressed != key);
        if let Some(entry) = self.entries.remove(&key) {
            self.bytes -= length(&entry.content);
            if let Content::Text(text) = &entry.content {
                self.remembered.retain(|(id, _)| *id != text.id);
            }
        }
    }

    /// Nothing more is to be said of a text of ours.
    pub(super) fn forget(&mut self, id: MessageId) {
        self.remembered.retain(|(known, _)| *known != id);
    }

    /// A peer holds an entry: its stream needs it no longer. Its message's id, for a text.
    pub(super) fn delivered(&mut self, key: Key, to: InstanceId) -> Option<MessageId> {
        let entry = self.entries.get_mut(&key)?;
        entry.held_by.push(to);
        let id = entry.text_id();
        self.release(key);
        id
    }

    /// One stream needs an entry no longer. Its message's id, for a text that nobody got and no other stream has.
    pub(super) fn release(&mut self, key: Key) -> Option<MessageId> {
        let entry = self.entries.get_mut(&key)?;
        entry.holders -= 1;
        if entry.holders > 0 {
            return None;
        }
        let lost = entry.text_id().filter(|_| entry.held_by.is_empty());
        self.bytes -= length(&entry.content);
        self.entries.remove(&key);
        lost
    }

    /// An entry waited so long before it was added.
    pub(super) fn has_waited(&mut self, key: Key, waited: Duration) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.waited = waited;
        }
    }

    /// All contents, oldest first.
    pub(super) fn contents(&self) -> impl Iterator<Item = (Key, &Content)> {
        self.entries.iter().map(|(key, entry)| (*key, &entry.content))
    }

    /// The bytes of an entry's content.
    pub(super) fn encoded_len(&self, key: Key) -> usize {
        self.entries
            .get(&key)
            .map_or(0, |entry| entry.content.encoded_len())
    }

    /// What an entry says when it is sent now.
    pub(super) fn content(&self, key: Key, repeat: bool, now: Duration) -> Content {
        let Some(entry) = self.entries.get(&key) else {
            return Content::Empty;
        };
        let mut content = entry.content.clone();
        if let Content::Text(text) = &mut content {
            let waited = now.saturating_sub(entry.typed).saturating_add(entry.waited);
            let waited = waited.as_millis();
            text.waited = u32::try_from(waited).unwrap_or(u32::MAX);
            text.repeat |= repeat;
        }
        content
    }

    /// An entry was given to a socket.
    pub(super) fn handed(&mut self, key: Key) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.handed = true;
        }
    }

    /// The relay has an entry: its message's id if that is news.
    pub(super) fn sent(&mut self, key: Key) -> Option<MessageId> {
        let entry = self.entries.get_mut(&key)?;
        let Content::Text(text) = &entry.content else {
            return None;
        };
        (!std::mem::replace(&mut entry.sent, true)).then_some(text.id)
    }

    /// The texts, oldest first, and whether each is addressed to somebody.
    pub(super) fn texts(&self) -> impl Iterator<Item = (Key, &Text, bool)> {
        self.entries
            .iter()
            .filter_map(|(&key, entry)| match &entry.content {
                Content::Text(text) => Some((key, text, !self.unaddressed.contains(&key))),
                _ => None,
            })
    }

    /// Somebody may have a text from elsewhere.
    pub(super) fn doubt(&mut self, id: MessageId) {
        for entry in self.entries.values_mut() {
            if let Content::Text(text) = &mut entry.content
                && text.id == id
            {
                text.repeat = true;
            }
        }
    }

    /// How many messages somebody has yet to hold, but for those about texts that are elsewhere.
    pub(super) fn len_without(&self, is_elsewhere: impl Fn(MessageId) -> bool) -> usize {
        let is_here = |entry: &&Entry| match &entry.content {
            Content::Text(Text { id, .. }) | Content::Edit { id, .. } | Content::Delete { id } => {
                !is_elsewhere(*id)
            }
            _ => true,
        };
        self.entries.values().filter(is_here).count()
    }

    /// How many messages somebody has yet to hold.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// What a content counts in the outbox.
fn length(content: &Content) -> usize {
    match content {
        Content::Text(Text { text, .. }) | Content::Edit { text, .. } => text.len(),
        _ => 0,
    }
}
