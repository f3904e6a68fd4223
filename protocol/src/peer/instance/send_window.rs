//! How much is on the way: a slow link must not meet the relay's bound, and no peer starves another.

use super::limits::{
    PEERS, UNANSWERED_PUSHES, WINDOW_FIRST, WINDOW_LARGEST, WINDOW_MESSAGES, WINDOW_SMALLEST,
};
use super::outbox::StreamItem;
use super::{Instance, Now};
use crate::peer::message::{Content, FIXED_LEN, InstanceId, Kind};
use crate::peer::session::sealed_len;

/// Bytes that may be unacknowledged on the way in a room.
#[derive(Debug)]
pub(super) struct Window(usize);

impl Window {
    pub(super) fn new() -> Self {
        Self(WINDOW_FIRST)
    }

    /// So much was acknowledged.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.0 = (self.0 + bytes).min(WINDOW_LARGEST);
    }

    /// An acknowledgement is overdue.
    pub(super) fn halve(&mut self) {
        self.0 = (self.0 / 2).max(WINDOW_SMALLEST);
    }
}

impl Instance {
    /// Sends what the window allows, to each peer in turn.
    pub(super) fn pump(&mut self, now: Now) {
        if self.own.nonce.is_none() {
            return;
        }
        let open: Vec<InstanceId> = self
            .pairs
            .values()
            .filter(|pair| pair.is_here() && pair.is_open())
            .map(|pair| pair.id)
            .collect();
        // Whose large message was acknowledged after all, or taken out, waits for nothing any more.
        let waits = |turn: &InstanceId| {
            let pair = self.pairs.get(turn);
            open.contains(turn) && pair.is_some_and(|pair| pair.streams.outgoing.next().is_some())
        };
        self.turn = self.turn.filter(waits);
        let mut progress = true;
        while progress {
            progress = false;
            for &id in &open {
                progress |= self.pump_one(id, open.len(), now);
            }
        }
    }

    /// Sends a peer the next of its stream, if the window has room for it.
    fn pump_one(&mut self, id: InstanceId, peers: usize, now: Now) -> bool {
        let flying: usize = self
            .pairs
            .values()
            .map(|pair| pair.streams.outgoing.bytes_flying())
            .sum();
        let Some(pair) = self.pairs.get_mut(&id) else {
            return false;
        };
        let Some((number, item)) = pair.streams.outgoing.next() else {
            return false;
        };
        // Before it has introduced itself, a peer is told who we are only: what waits for an earlier run goes first.
        let introduces = |item: &StreamItem| {
            let (name, proof) = (StreamItem::is_name, StreamItem::is_proof);
            name(item) || proof(item) || matches!(item, StreamItem::Empty | StreamItem::Leave)
        };
        if !pair.is_introduced() && !introduces(item) {
            return false;
        }
        let content_len = match item {
            StreamItem::Entry { key, .. } => self.outbox.encoded_len(*key),
            other => other.content().encoded_len(),
        };
        let size = sealed_len(FIXED_LEN + content_len);
        let share = self.window.0 / peers.clamp(1, PEERS);
        let messages = WINDOW_MESSAGES / peers.clamp(1, PEERS);
        let fits =
            pair.streams.outgoing.bytes_flying() + size <= share && pair.streams.outgoing.flying() < messages;
        // What is larger than a share goes to one peer at a time; meanwhile the others wait, else it never would.
        let large = size > share;
        if self.turn.is_some_and(|turn| turn != id) {
            return false;
        }
        if large && flying > 0 {
            self.turn = Some(id);
            return false;
        }
        if !fits && !large {
            return false;
        }
        if self.turn == Some(id) {
            self.turn = None;
        }
        if pair.streams.outgoing.flying() == 0 {
            pair.signs.progress_at = now.monotonic;
        }
        let item = item.clone();
        pair.streams.outgoing.sent(size, now.monotonic);
        let content = match &item {
            StreamItem::Entry { key, repeat } => self.outbox.content(*key, *repeat, now.monotonic),
            other => other.content(),
        };
        let is_text = matches!(content, Content::Text(_));
        let tag = pair.send(&mut self.own, Kind::Numbered(number, content));
        if let StreamItem::Entry { key, .. } = item {
            self.outbox.handed(key);
            if let (true, Some(tag)) = (is_text, tag) {
                self.tags.push_back((tag, key));
                if self.tags.len() > UNANSWERED_PUSHES {
                    self.tags.pop_front();
                }
            }
        }
        true
    }
}
