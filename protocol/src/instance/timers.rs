//! What happens because time passes. Everything that waits has its moment here, and is looked at after every input.

use std::time::Duration;

use super::limits::{ANSWER_LIMIT, DISTURBED_EVERY, GONE, SILENT, STRANGER_AFTER};
use super::pair::Pair;
use super::{Crowded, Departure, Event, Instance, Now};
use crate::message::Kind;

impl Instance {
    /// When [`timeout`](Self::timeout) wants to be called, by the monotonic clock.
    pub fn next_timeout(&self) -> Option<Duration> {
        let told = self.disturbed_told.filter(|&(_, told)| told < self.disturbed);
        let pairs = self.pairs.values().filter(|pair| pair.is_here());
        let connected = self.own.nonce.is_some();
        [
            self.next_hello(),
            self.next_handshake(),
            told.map(|(at, _)| at + DISTURBED_EVERY),
            (self.strangers != self.strangers_told).then_some(self.strangers_since + STRANGER_AFTER),
            pairs
                .filter(|_| connected)
                .flat_map(Pair::moments)
                .flatten()
                .min(),
            self.pairs
                .values()
                .filter(|_| connected)
                .filter_map(Pair::acknowledge_at)
                .min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Time has passed.
    pub fn timeout(&mut self, now: Now) {
        self.drive(now);
    }

    /// Does everything that is due. Called at the end of every input.
    pub(super) fn drive(&mut self, now: Now) {
        let at = now.monotonic;
        if self
            .disturbed_told
            .is_some_and(|(told, count)| count < self.disturbed && at >= told + DISTURBED_EVERY)
        {
            self.tell_disturbed(at);
        }
        if self.crowded == Crowded::Untold {
            self.crowded = Crowded::Told;
            self.own.tell(Event::Crowded);
        }
        let here = self.pairs.values().filter(|pair| pair.is_here()).count();
        let strangers = self.seats.map_or(0, |seats| seats.saturating_sub(1 + here));
        if strangers != self.strangers {
            (self.strangers, self.strangers_since) = (strangers, at);
        }
        if self.strangers != self.strangers_told && at >= self.strangers_since + STRANGER_AFTER {
            self.strangers_told = self.strangers;
            self.own.tell(Event::Strangers {
                count: self.strangers,
            });
        }
        if self.own.nonce.is_none() {
            return;
        }
        let here: Vec<_> = self
            .pairs
            .values()
            .filter(|pair| pair.is_here())
            .map(|pair| pair.id)
            .collect();
        for id in here {
            self.drive_pair(id, now);
        }
        self.send_hellos(at);
        self.drive_handshakes(at);
        self.pump(now);
        // Last: whatever was sent in the meantime has acknowledged.
        for pair in self.pairs.values_mut() {
            if pair.acknowledge_at().is_some_and(|due| at >= due) {
                pair.send(&mut self.own, Kind::Nothing);
            }
        }
    }

    /// Pings, silence and departure of one who is here.
    fn drive_pair(&mut self, id: crate::message::InstanceId, now: Now) {
        let at = now.monotonic;
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        if at >= pair.gone_at() {
            return self.depart(id, Departure::Gone, now);
        }
        if !pair.silent && at >= pair.heard_at + SILENT {
            pair.silent = true;
            if pair.name.is_some() {
                self.own.tell(Event::PeerSilent { peer: id });
            }
        }
        if pair.ping.take_if(|ping| at >= ping.at + ANSWER_LIMIT).is_some() {
            pair.ask(at);
        }
        if pair.ping_at().is_some_and(|due| at >= due) {
            if pair.overdue_at().is_some_and(|due| at >= due) {
                self.window.halve();
                pair.progress_at = at;
            }
            pair.send_ping(&mut self.own, at);
        }
    }
}

impl Pair {
    /// When it is given up, unless it is heard.
    fn gone_at(&self) -> Duration {
        let silence = self.heard_at + GONE;
        self.doubted
            .map_or(silence, |doubted| silence.min(doubted + ANSWER_LIMIT))
    }

    /// When acknowledgements are overdue, if any are owed to us.
    fn overdue_at(&self) -> Option<Duration> {
        (self.outgoing.flying() > 0).then_some(self.progress_at + ANSWER_LIMIT)
    }

    /// When an acknowledgement goes out: to one who has just left, too.
    fn acknowledge_at(&self) -> Option<Duration> {
        self.ack_at.filter(|_| self.is_open())
    }

    /// When it is pinged: not while a ping waits, or a handshake that would answer as well.
    fn ping_at(&self) -> Option<Duration> {
        if !self.is_open() || self.ping.is_some() || self.wanted || self.open.is_some() {
            return None;
        }
        Some(
            self.overdue_at()
                .map_or(self.keepalive_at(), |overdue| overdue.min(self.keepalive_at())),
        )
    }

    /// Every moment at which something is to happen with one who is here.
    fn moments(&self) -> [Option<Duration>; 4] {
        [
            Some(self.gone_at()),
            (!self.silent).then_some(self.heard_at + SILENT),
            self.ping.as_ref().map(|ping| ping.at + ANSWER_LIMIT),
            self.ping_at(),
        ]
    }
}
