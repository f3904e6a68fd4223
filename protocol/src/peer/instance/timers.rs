//! What happens because time passes. Everything that waits has its moment here, and is looked at after every input.

use std::time::Duration;

use super::limits::{ANSWER_LIMIT, DISTURBED_EVERY, NAME_LIMIT, NAMELESS_PAUSE, SILENT, STRANGER_AFTER};
use super::pair::Pair;
use super::{Crowded, Departure, Event, Instance, Now};
use crate::peer::message::Kind;

impl Instance {
    /// When [`timeout`](Self::timeout) wants to be called, by the monotonic clock.
    pub fn next_timeout(&self) -> Option<Duration> {
        let told = self.disturbed_told.filter(|&(_, told)| told < self.disturbed);
        let pairs = self.pairs.values().filter(|pair| pair.is_here());
        let connected = self.own.nonce.is_some();
        let takes = connected && !self.own.is_clogged();
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
                .filter(|_| takes)
                .filter_map(|pair| pair.pong_at().or_else(|| pair.acknowledge_at()))
                .min(),
            self.gathered_at(),
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
        let announced = self.announced().len();
        let strangers = self.seats.map_or(0, |seats| seats.saturating_sub(1 + announced));
        let strangers = strangers.max(here - announced);
        if strangers != self.strangers {
            (self.strangers, self.strangers_since) = (strangers, at);
        }
        if self.strangers != self.strangers_told && at >= self.strangers_since + STRANGER_AFTER {
            self.strangers_told = self.strangers;
            self.own.tell(Event::Strangers {
                count: self.strangers,
            });
        }
        self.gather(at);
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
        for pair in self.pairs.values_mut().filter(|pair| pair.pong_at().is_some()) {
            if !self.own.is_clogged()
                && let Some(token) = pair.signs.pong.take()
            {
                pair.send(&mut self.own, Kind::Pong(token));
            }
        }
        // Last: whatever was sent in the meantime has acknowledged.
        for pair in self.pairs.values_mut() {
            if !self.own.is_clogged() && pair.acknowledge_at().is_some_and(|due| at >= due) {
                pair.send(&mut self.own, Kind::Nothing);
            }
        }
    }

    /// Pings, silence and departure of one who is here.
    fn drive_pair(&mut self, id: crate::peer::message::InstanceId, now: Now) {
        let at = now.monotonic;
        let Some(pair) = self.pairs.get_mut(&id) else {
            return;
        };
        if at >= pair.signs.gone_at() {
            return self.depart(id, Departure::Gone, now);
        }
        if pair.nameless_at().is_some_and(|due| at >= due) {
            self.depart(id, Departure::Gone, now);
            if let Some(pair) = self.pairs.get_mut(&id) {
                pair.pause(at + NAMELESS_PAUSE);
            }
            return;
        }
        if !pair.signs.silent && at >= pair.signs.heard_at + SILENT {
            pair.signs.silent = true;
            if pair.is_introduced() {
                self.own.tell(Event::PeerSilent { peer: id });
            }
        }
        if pair
            .signs
            .ping
            .take_if(|ping| at >= ping.at + ANSWER_LIMIT)
            .is_some()
        {
            pair.ask(at);
        }
        if pair.ping_at().is_some_and(|due| at >= due) {
            if pair.overdue_at().is_some_and(|due| at >= due) {
                self.window.halve();
                pair.signs.progress_at = at;
            }
            pair.send_ping(&mut self.own, at);
        }
    }
}

impl Pair {
    /// When one that has not introduced itself is left alone.
    fn nameless_at(&self) -> Option<Duration> {
        (!self.is_introduced()).then_some(self.signs.here_since + NAME_LIMIT)
    }

    /// Has no session with it, and begins and answers none, until then.
    fn pause(&mut self, until: Duration) {
        (self.sessions.current, self.sessions.old) = (None, None);
        (self.handshakes.open, self.handshakes.answer) = (None, None);
        (self.handshakes.fresh, self.handshakes.wanted) = (false, false);
        self.hello.answer_due = false;
        self.hello.due_at = until;
        self.signs.paused_until = Some(until);
    }

    /// When its ping is answered: at once, where anything can be sent.
    fn pong_at(&self) -> Option<Duration> {
        self.signs.pong.filter(|_| self.is_open()).map(|_| Duration::ZERO)
    }

    /// When acknowledgements are overdue, if any are owed to us.
    fn overdue_at(&self) -> Option<Duration> {
        (self.streams.outgoing.flying() > 0).then_some(self.signs.progress_at + ANSWER_LIMIT)
    }

    /// When an acknowledgement goes out: to one who has just left, too.
    fn acknowledge_at(&self) -> Option<Duration> {
        self.streams.ack_at.filter(|_| self.is_open())
    }

    /// When it is pinged: not while a ping waits, or a handshake that would answer as well.
    fn ping_at(&self) -> Option<Duration> {
        if !self.is_open()
            || self.signs.ping.is_some()
            || self.handshakes.wanted
            || self.handshakes.open.is_some()
        {
            return None;
        }
        Some(
            self.overdue_at()
                .map_or(self.keepalive_at(), |overdue| overdue.min(self.keepalive_at())),
        )
    }

    /// Every moment at which something is to happen with one who is here.
    fn moments(&self) -> [Option<Duration>; 5] {
        [
            Some(self.signs.gone_at()),
            self.nameless_at(),
            self.signs.silent_at(),
            self.signs.ping.as_ref().map(|ping| ping.at + ANSWER_LIMIT),
            self.ping_at(),
        ]
    }
}
