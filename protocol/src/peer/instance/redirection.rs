//! Whom a message goes to that the one it was for did not acknowledge: `SPEC.md`, sections 10.1 and 10.5.

use std::time::Duration;

use super::limits::{BURNED, STRANGER_AFTER};
use super::outbox::{Outbox, StreamItem};
use super::pair::Pair;
use super::{Event, Instance, Recognition};
use crate::peer::bond::{BondId, Bonds};
use crate::peer::message::InstanceId;

/// Who may get what an absent peer does not hold.
enum Heir {
    /// A later run of the same person, as far as a name can tell.
    LaterRun(InstanceId),
    /// The user has to say whether this is the one.
    Perhaps(InstanceId),
}

impl Instance {
    /// Whom a text goes to that is said now: everybody who is here, once those who sit in the room were met; else the one
    /// whose words were compared and who was heard last; else nobody in particular, but those who come.
    pub(super) fn addressees(&mut self) -> Vec<InstanceId> {
        let here = self.announced();
        if !here.is_empty() {
            let bonds = &self.bonds;
            let is_certain = |pair: &Pair| {
                pair.is_announced() && (pair.person.compared || pair.whole_bond(bonds).is_some())
            };
            // What is meant for somebody certain is not left to whoever comes if that one goes meanwhile.
            let waits = self.gathering_since.is_some() && !self.pairs.values().any(is_certain);
            // What waits for those who come is not overtaken; a namesake does not get that.
            return if (self.outbox.is_waiting() || waits) && !self.welcomed().is_empty() {
                Vec::new()
            } else {
                here
            };
        }
        let bonds = &self.bonds;
        let known = |pair: &&mut Pair| pair.person.compared || pair.whole_bond(bonds).is_some();
        let absent = self.pairs.values_mut().filter(known);
        let last = absent.max_by_key(|pair| pair.signs.decrypted_at);
        last.map(|pair| {
            pair.streams.typed_alone = true;
            pair.id
        })
        .into_iter()
        .collect()
    }

    /// Those who are here and have said their names.
    pub(super) fn announced(&self) -> Vec<InstanceId> {
        let announced = self.pairs.values().filter(|pair| pair.is_announced());
        announced.map(|pair| pair.id).collect()
    }

    /// Those of them who are not only of the name of one who is remembered.
    fn welcomed(&self) -> Vec<InstanceId> {
        let mut here = self.announced();
        here.retain(|id| {
            let pair = self.pairs.get(id);
            !pair.is_some_and(|pair| pair.is_namesake(&self.bonds))
        });
        here
    }

    /// When what waits for those who come goes to those who have: once everybody who sits in the room is among them, or
    /// had the time to be.
    pub(super) fn gathered_at(&self) -> Option<Duration> {
        let since = self.gathering_since?;
        if self.strangers == 0 {
            return Some(since);
        }
        Some((since + STRANGER_AFTER).min(self.strangers_since + STRANGER_AFTER))
    }

    /// Waits for those who sit in the room, the first time that somebody is here and whenever something waits for those
    /// who come, and gives it to them.
    pub(super) fn gather(&mut self, at: Duration) {
        let is_wanted = !self.has_gathered || self.outbox.is_waiting();
        if !is_wanted || self.welcomed().is_empty() {
            self.gathering_since = None;
            return;
        }
        self.gathering_since.get_or_insert(at);
        if self.gathered_at().is_some_and(|due| at >= due) {
            self.gathered();
        }
    }

    /// Gives what waits for those who come to those who are here, if anybody is.
    pub(super) fn gathered(&mut self) {
        let here = self.welcomed();
        if here.is_empty() {
            return;
        }
        self.gathering_since = None;
        self.has_gathered = true;
        if self.outbox.is_waiting() && self.strangers > 0 {
            self.own.tell(Event::Unreached {
                seats: self.strangers,
            });
        }
        self.address(&here);
    }

    /// What was typed while alone is for these.
    pub(super) fn address(&mut self, peers: &[InstanceId]) {
        for key in self.outbox.address(peers) {
            for pair in self.pairs.values_mut().filter(|pair| peers.contains(&pair.id)) {
                pair.streams
                    .outgoing
                    .push(StreamItem::Entry { key, repeat: false });
            }
        }
    }

    /// Gives what those who are away do not hold to later runs of theirs, before anything newer, or asks.
    pub(super) fn redirect(&mut self) {
        let absent = self
            .pairs
            .values()
            .filter(|pair| !pair.is_here() && pair.owed() > 0);
        let mut absent: Vec<_> = absent.map(|pair| (pair.signs.decrypted_at, pair.id)).collect();
        absent.sort();
        // The oldest comes first in an heir's stream, so it is put there last.
        for (_, id) in absent.into_iter().rev() {
            match self.heir_of(id) {
                Some(Heir::LaterRun(heir)) => self.hand_over(id, heir),
                Some(Heir::Perhaps(heir)) => self.withhold(id, heir),
                None => {}
            }
        }
    }

    /// Who of those who are here may get what is for one who is away.
    fn heir_of(&self, absent: InstanceId) -> Option<Heir> {
        let absent = self.pairs.get(&absent)?;
        let mut here: Vec<&Pair> = self.pairs.values().filter(|pair| pair.is_announced()).collect();
        here.sort_by_key(|pair| (pair.signs.met_at, pair.id));
        let mut namesakes = here.iter().filter(|pair| pair.is_namesake_of(absent));
        if let Some(bond) = absent.whole_bond(&self.bonds) {
            // A name proves nothing where there is a proof: the same person, or whose words were compared since.
            let same = here.iter().find(|pair| pair.bonding.bond == Some(bond));
            let compared = namesakes.find(|pair| pair.person.compared);
            return match same {
                Some(same) => Some(Heir::LaterRun(same.id)),
                None => compared.map(|pair| Heir::Perhaps(pair.id)),
            };
        }
        // Met before the last sign of the other: two of one name, or a sign that was held back on its way.
        let later = namesakes
            .clone()
            .find(|pair| pair.signs.met_at >= absent.signs.decrypted_at);
        let heir = match later {
            Some(later) if !absent.person.compared => Heir::LaterRun(later.id),
            Some(later) => Heir::Perhaps(later.id),
            None => match namesakes.next() {
                Some(namesake) => Heir::Perhaps(namesake.id),
                // What was typed while alone might have been meant for whoever comes.
                None => Heir::Perhaps(here.first().filter(|_| absent.streams.typed_alone)?.id),
            },
        };
        Some(heir)
    }

    /// Asks whether an instance may get what one who is away does not hold, where it has not got it anyway.
    fn withhold(&mut self, absent: InstanceId, heir: InstanceId) {
        let (Some(pair), Some(to)) = (self.pairs.get(&absent), self.pairs.get(&heir)) else {
            return;
        };
        let owed = pair.streams.outgoing.undelivered();
        let count = owed.filter(|(item, _)| to.lacks(item, &self.outbox)).count();
        let Some(pair) = self.pairs.get_mut(&absent) else {
            return;
        };
        if count == 0 || pair.streams.withheld_for.replace(heir) == Some(heir) {
            return;
        }
        if let Some(of) = pair.person.name.clone() {
            self.own.tell(Event::Withheld {
                peer: heir,
                of,
                count,
            });
        }
    }

    /// Moves what a peer does not hold into another's stream. A number that it had is kept empty.
    pub(super) fn hand_over(&mut self, from: InstanceId, to: InstanceId) {
        let Some(pair) = self.pairs.get_mut(&from) else {
            return;
        };
        pair.streams.withheld_for = None;
        pair.streams.typed_alone = false;
        let taken = pair.streams.outgoing.take(is_entry, || StreamItem::Empty);
        let mut items = Vec::new();
        let Some(heir) = self.pairs.get_mut(&to) else {
            return;
        };
        for (item, was_sent) in taken {
            let StreamItem::Entry { key, repeat } = item else {
                continue;
            };
            // What was addressed to both is in the other's stream already, or has arrived there.
            if heir.lacks(&item, &self.outbox) {
                self.outbox.remember(key, to);
                items.push(StreamItem::Entry {
                    key,
                    repeat: repeat || was_sent,
                });
            } else {
                self.outbox.release(key);
            }
        }
        heir.streams.outgoing.push_first(items, StreamItem::begins);
    }

    /// Forgets a pair and what only it was to get, which the user is told. Who was met is not met again in this run: a
    /// later meeting could prove nothing of the earlier one.
    pub(super) fn forget(&mut self, id: InstanceId) {
        let Some(mut pair) = self.pairs.remove(&id) else {
            return;
        };
        for (item, _) in pair.streams.outgoing.take(is_entry, || StreamItem::Empty) {
            if let StreamItem::Entry { key, .. } = item
                && let Some(id) = self.outbox.release(key)
            {
                self.own.tell(Event::Lost { id });
            }
        }
        if pair.was_met() {
            self.burned.push_back(id);
            if self.burned.len() > BURNED {
                self.burned.pop_front();
            }
        }
    }
}

impl Pair {
    /// How many of our messages it does not hold.
    pub(super) fn owed(&self) -> usize {
        let undelivered = self.streams.outgoing.undelivered();
        undelivered.filter(|(item, _)| is_entry(item)).count()
    }

    /// Whether it neither holds a message of ours nor has it on its way.
    fn lacks(&self, item: &StreamItem, outbox: &Outbox) -> bool {
        let StreamItem::Entry { key, .. } = item else {
            return false;
        };
        let is_it = |item: &StreamItem| matches!(item, StreamItem::Entry { key: its, .. } if its == key);
        let mut undelivered = self.streams.outgoing.undelivered();
        let has = outbox.is_held_by(*key, self.id) || undelivered.any(|(item, _)| is_it(item));
        !has && !outbox.is_superseded(*key)
    }

    /// The bond that it has shown or made, where both are known to have it.
    pub(super) fn whole_bond(&self, bonds: &Bonds) -> Option<BondId> {
        let bond = bonds.get(self.bonding.bond?)?;
        bond.is_whole().then_some(bond.id())
    }

    /// Whether it only has the name of one who is remembered.
    pub(super) fn is_namesake(&self, bonds: &Bonds) -> bool {
        matches!(self.recognition(bonds), Recognition::Namesake { .. })
    }

    /// Whether both call themselves what looks alike.
    fn is_namesake_of(&self, other: &Self) -> bool {
        match (&self.person.name, &other.person.name) {
            (Some(one), Some(other)) => one.skeleton() == other.skeleton(),
            _ => false,
        }
    }
}

fn is_entry(item: &StreamItem) -> bool {
    matches!(item, StreamItem::Entry { .. })
}
