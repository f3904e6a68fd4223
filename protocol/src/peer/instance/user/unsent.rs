//! What is taken from one run to the next: the texts that somebody has yet to hold.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::peer::instance::outbox::{Key, StreamItem};
use crate::peer::instance::pair::{Pair, Presence};
use crate::peer::instance::{Instance, Now};
use crate::peer::memory::{Addressee, Unsent};
use crate::peer::message::{Content, InstanceId, Text};
use crate::peer::run_key::RunKey;

impl Instance {
    /// The texts that not everybody holds who should, with the edits that wait behind them, for a memory. What else waits
    /// is about texts of this run, and of use to nobody when it is over.
    pub fn unsent(&self) -> Vec<Unsent> {
        let mut texts: BTreeMap<Key, Unsent> = BTreeMap::new();
        for (key, content) in self.outbox.contents() {
            match content {
                Content::Text(text) => drop(texts.insert(key, of(text))),
                Content::Edit { id, text } => {
                    let edited = texts.values_mut().find(|unsent| unsent.id == *id);
                    edited
                        .into_iter()
                        .for_each(|unsent| unsent.text = text.clone().into());
                }
                Content::Delete { id } => texts.retain(|_, unsent| unsent.id != *id),
                _ => {}
            }
        }
        for pair in self.pairs.values() {
            let Some(name) = &pair.person.name else {
                continue;
            };
            for (item, was_sent) in pair.streams.outgoing.undelivered() {
                if let StreamItem::Entry { key, repeat } = item
                    && let Some(unsent) = texts.get_mut(key)
                {
                    unsent.to.push(Addressee {
                        name: name.clone(),
                        compared: pair.person.compared,
                        typed_alone: pair.streams.typed_alone,
                        // To one who is here it goes before it can be written that it went.
                        sent: was_sent || *repeat || pair.is_here(),
                    });
                }
            }
        }
        texts.into_values().collect()
    }

    /// Whether something waits for those who come, whoever they are.
    pub fn is_waiting(&self) -> bool {
        self.outbox.is_waiting()
    }

    /// Takes over what an earlier run of ours did not get delivered, before the first join. Whom it was for are runs that
    /// are gone: it goes to later ones of theirs, by the same rules.
    pub fn take_over(&mut self, unsent: Vec<Unsent>, now: Now) {
        let mut gone: Vec<(Addressee, InstanceId)> = Vec::new();
        for unsent in unsent {
            let mut to: Vec<(InstanceId, bool)> = Vec::new();
            for addressee in &unsent.to {
                let id = match gone.iter().find(|(known, _)| is_same(known, addressee)) {
                    Some((_, id)) => *id,
                    None => {
                        let id = self.leaver(addressee, now.monotonic);
                        gone.push((addressee.clone(), id));
                        id
                    }
                };
                match to.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, sent)) => *sent |= addressee.sent,
                    None => to.push((id, addressee.sent)),
                }
            }
            let waited = Duration::from_millis(now.wall.saturating_sub(unsent.clock));
            let ids: Vec<_> = to.iter().map(|(id, _)| *id).collect();
            // It came out of an outbox of the same bounds.
            let Ok(key) = self.outbox.add(content(unsent), &ids, now.monotonic) else {
                continue;
            };
            self.outbox.has_waited(key, waited);
            for (id, sent) in to {
                if let Some(pair) = self.pairs.get_mut(&id) {
                    pair.streams
                        .outgoing
                        .push(StreamItem::Entry { key, repeat: sent });
                }
            }
        }
    }

    /// An instance that has left, as far as its name tells who it was. Its key is nobody's, so that it never comes back.
    fn leaver(&mut self, who: &Addressee, at: Duration) -> InstanceId {
        let run_key = RunKey::new(&mut *self.own.rng).public();
        let id = run_key.id();
        let mut pair = Pair::new(run_key, at);
        pair.signs.presence = Presence::Left;
        pair.person.name = Some(who.name.clone());
        pair.person.compared = who.compared;
        pair.streams.typed_alone = who.typed_alone;
        self.pairs.insert(id, pair);
        id
    }
}

/// Whether two texts are for one, as far as a memory tells.
fn is_same(one: &Addressee, other: &Addressee) -> bool {
    one.name == other.name && one.compared == other.compared && one.typed_alone == other.typed_alone
}

fn of(text: &Text) -> Unsent {
    Unsent {
        id: text.id,
        clock: text.clock,
        reply_to: text.reply_to,
        fades: text.fades,
        text: text.text.clone().into(),
        to: Vec::new(),
    }
}

fn content(unsent: Unsent) -> Content {
    Content::Text(Text {
        id: unsent.id,
        repeat: false,
        clock: unsent.clock,
        waited: 0,
        reply_to: unsent.reply_to,
        fades: unsent.fades,
        text: unsent.text.to_string(),
    })
}
