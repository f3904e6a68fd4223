//! Clients and a relay in simulated time, driven by a seed: the same seed is the same run.

use std::time::Duration;

use rand::rngs::{SmallRng, StdRng};
use rand::{RngExt, SeedableRng};
use sotto_protocol::envelope::Envelopes;
use sotto_protocol::fading::Fading;
use sotto_protocol::instance::{Instance, Now, Posted, SayError, Target};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::{Name, RoomKeys, Root, Topic};

use crate::client::{Client, Said};
use crate::disk::{Disks, Write};
use crate::member::Member;

/// The relay's way from one client to another, when it is honest.
const LATENCY: Duration = Duration::from_millis(40);
/// The length of both messages of a handshake on the wire.
pub const HANDSHAKE: usize = 4096 + 40;
/// A run that takes more steps than this hangs in a loop.
const STEPS: usize = 400_000;

/// What a relay does to a frame, each with its own chance.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    pub drop: f64,
    pub delay: f64,
    pub duplicate: f64,
    pub corrupt: f64,
    pub reflect: f64,
    /// Something it had seen before, to anybody.
    pub replay: f64,
}

impl Faults {
    pub const HOSTILE: Self = Self {
        drop: 0.08,
        delay: 0.08,
        duplicate: 0.08,
        corrupt: 0.04,
        reflect: 0.04,
        replay: 0.08,
    };

    /// So many times as often.
    pub fn times(self, factor: f64) -> Self {
        Self {
            drop: self.drop * factor,
            delay: self.delay * factor,
            duplicate: self.duplicate * factor,
            corrupt: self.corrupt * factor,
            reflect: self.reflect * factor,
            replay: self.replay * factor,
        }
    }
}

struct InFlight {
    at: Duration,
    order: u64,
    to: usize,
    payload: Vec<u8>,
}

pub struct World {
    pub now: Duration,
    pub rng: SmallRng,
    pub clients: Vec<Client>,
    pub faults: Faults,
    /// Every frame that the relay has seen, of earlier runs too.
    pub history: Vec<Vec<u8>>,
    /// What a member of the room is in it, under his one seat.
    pub members: Vec<Member>,
    pub member_sits: bool,
    /// Those of the room, for what he reads.
    pub envelopes: Envelopes,
    /// What each of those who remember has on a disk.
    pub disks: Disks,
    way: Vec<InFlight>,
    order: u64,
    /// A single seed is played again: what happens is told.
    told: bool,
}

pub fn keys() -> (RoomKeys, Topic) {
    let root = Root::from_bytes([7; 32]);
    (root.keys(), Topic::of(&root.room_hash()))
}

impl World {
    pub fn new(seed: u64) -> Self {
        let (keys, topic) = keys();
        Self {
            now: Duration::from_secs(1000),
            rng: SmallRng::seed_from_u64(seed),
            clients: Vec::new(),
            faults: Faults::default(),
            history: Vec::new(),
            members: Vec::new(),
            member_sits: false,
            envelopes: Envelopes::new(&keys, topic),
            disks: Disks::default(),
            way: Vec::new(),
            order: 0,
            told: std::env::var_os("SOTTO_SEED").is_some(),
        }
    }

    pub fn time(&self) -> Now {
        Now {
            monotonic: self.now,
            wall: 1_800_000_000_000 + self.now.as_millis() as u64,
        }
    }

    /// A new run of a client, connected at once.
    pub fn start(&mut self, name: &str) -> usize {
        let seed = self.rng.random();
        self.start_from(name, seed)
    }

    /// A new run whose random bytes are those of the seed, its id among them.
    pub fn start_from(&mut self, name: &str, seed: u64) -> usize {
        self.started(name, seed, None, |_, _| ())
    }

    /// A new run that remembers what is on this disk.
    pub fn start_remembering(&mut self, name: &str, disk: usize) -> usize {
        let seed = self.rng.random();
        self.started(name, seed, Some(disk), |_, _| ())
    }

    /// A new run, with what is done before it joins.
    pub fn start_with(&mut self, name: &str, prepare: impl FnOnce(&mut Instance, Now)) -> usize {
        let seed = self.rng.random();
        self.started(name, seed, None, prepare)
    }

    fn started(
        &mut self,
        name: &str,
        seed: u64,
        disk: Option<usize>,
        prepare: impl FnOnce(&mut Instance, Now),
    ) -> usize {
        let (keys, topic) = keys();
        let rng = StdRng::seed_from_u64(seed);
        let bonds = disk.map(|disk| self.disks.read(disk)).unwrap_or_default();
        let mut instance =
            Instance::new(keys, topic, Name::new(name).unwrap(), Box::new(rng)).with_bonds(bonds);
        prepare(&mut instance, self.time());
        self.clients.push(Client::new(instance, name));
        let who = self.clients.len() - 1;
        self.clients[who].disk = disk;
        self.connect(who);
        who
    }

    pub fn connect(&mut self, who: usize) {
        let now = self.time();
        if !std::mem::replace(&mut self.clients[who].connected, true) {
            self.clients[who].instance.joined(now);
            self.tell_seats();
            self.drain(who);
        }
    }

    pub fn disconnect(&mut self, who: usize) {
        let now = self.time();
        if std::mem::replace(&mut self.clients[who].connected, false) {
            self.way.retain(|frame| frame.to != who);
            self.clients[who].unsent.clear();
            (self.clients[who].deaf, self.clients[who].mute) = (false, false);
            self.clients[who].instance.disconnected(now);
            self.tell_seats();
            self.drain(who);
        }
    }

    /// SIGKILL: the socket goes with the process.
    pub fn kill(&mut self, who: usize) {
        self.disks.leave(&mut self.clients[who], &mut self.rng);
        self.disconnect(who);
        self.clients[who].stopped = true;
        self.clients[who].died = Some(self.now);
    }

    /// SIGSTOP.
    pub fn stop(&mut self, who: usize) {
        self.clients[who].stopped = true;
        self.clients[who].stopped_since.get_or_insert(self.now);
    }

    /// SIGCONT.
    pub fn proceed(&mut self, who: usize) {
        self.clients[who].stopped = false;
        self.clients[who].stopped_since = None;
    }

    /// What stood still on both ways of a client moves on.
    pub fn flow(&mut self, who: usize) {
        (self.clients[who].deaf, self.clients[who].mute) = (false, false);
        for payload in std::mem::take(&mut self.clients[who].unsent) {
            self.relay(who, payload);
        }
    }

    /// Does something as a client's user.
    pub fn act<T>(&mut self, who: usize, what: impl FnOnce(&mut Instance, Now) -> T) -> T {
        let now = self.time();
        let result = what(&mut self.clients[who].instance, now);
        self.drain(who);
        result
    }

    /// The user's side takes what it was given, and all that comes.
    pub fn unclog(&mut self, who: usize) {
        self.clients[who].clogged = false;
        for receipt in std::mem::take(&mut self.clients[who].untaken) {
            self.act(who, |instance, now| instance.hold(receipt, now));
        }
    }

    pub fn say(&mut self, who: usize, text: &str) -> Posted {
        let client = &self.clients[who];
        let told = client.events.len();
        let mut to: Vec<_> = client.instance.peers().map(|peer| peer.id).collect();
        let alone = to.is_empty();
        let waits = alone || client.is_gathering(self.now);
        if alone {
            to = client.compared.keys().copied().collect();
        }
        let posted = self.act(who, |instance, now| instance.say(text, None, now).unwrap());
        self.clients[who].said.push(Said {
            id: posted.id,
            to,
            alone,
            waits,
            told,
            text: Some(text.to_owned()),
        });
        posted
    }

    /// Changes what a client has said.
    pub fn edit(&mut self, who: usize, id: MessageId, text: &str) -> Result<(), SayError> {
        self.act(who, |instance, now| instance.edit(id, text, now))?;
        self.note(who, id, Some(text));
        Ok(())
    }

    /// Deletes what a client has said.
    pub fn delete(&mut self, who: usize, id: MessageId) -> Result<(), SayError> {
        self.act(who, |instance, now| instance.delete(id, now))?;
        self.note(who, id, None);
        Ok(())
    }

    fn note(&mut self, who: usize, id: MessageId, text: Option<&str>) {
        for said in self.clients[who].said.iter_mut().filter(|said| said.id == id) {
            said.text = text.map(str::to_owned);
        }
    }

    pub fn react(&mut self, who: usize, target: Target) -> Result<(), SayError> {
        let reaction = format!("{}", self.clients[who].events.len());
        let client = &self.clients[who];
        let (to, told) = (
            client.instance.peers().map(|peer| peer.id).collect(),
            client.events.len(),
        );
        self.act(who, |instance, now| instance.react(target, &reaction, now))?;
        self.clients[who].reacted.insert(target, (told, to, reaction));
        Ok(())
    }

    pub fn fade(&mut self, who: usize, fading: Fading) {
        self.clients[who].fading = fading;
        self.act(who, |instance, now| instance.fade(fading, now));
    }

    pub fn compared(&mut self, who: usize, peer: InstanceId) {
        self.clients[who].compared.entry(peer).or_insert(self.now);
        self.act(who, |instance, _| instance.compared(peer));
    }

    pub fn release(&mut self, who: usize, to: InstanceId) {
        let told = self.clients[who].events.len();
        self.clients[who].released.push((told, to));
        self.act(who, |instance, now| instance.release(to, now));
    }

    /// One of some, at random.
    pub fn pick<T>(&mut self, of: impl FnOnce(&Self) -> Vec<T>) -> Option<T> {
        let mut some = of(self);
        let at = self.rng.random_range(0..some.len().max(1));
        (at < some.len()).then(|| some.swap_remove(at))
    }

    /// Says what happens, where a single seed is played again.
    pub fn trace(&self, what: impl FnOnce() -> String) {
        if self.told {
            println!("{:>10.3} {}", self.now.as_secs_f64(), what());
        }
    }

    pub fn rename(&mut self, who: usize, name: &str) {
        self.clients[who].name = name.to_owned();
        self.act(who, |instance, now| {
            instance.rename(Name::new(name).unwrap(), now)
        });
    }

    /// Lets time pass, with everything that happens in it.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.run_until(end, |_| false);
    }

    /// Lets time pass until something holds; false if it does not within the limit.
    pub fn wait(&mut self, limit: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + limit;
        self.run_until(end, holds)
    }

    fn run_until(&mut self, end: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..STEPS {
            if holds(self) {
                return true;
            }
            let arrival = self
                .way
                .iter()
                .filter(|frame| self.clients[frame.to].is_reachable())
                .map(|frame| frame.at);
            let timers = self.clients.iter().filter(|client| !client.stopped);
            let timers = timers.flat_map(|client| {
                let writes = client.writing.front().map(|write| write.due);
                [client.instance.next_timeout(), writes]
            });
            let timers = timers.flatten();
            let Some(next) = arrival.chain(timers).min().filter(|next| *next <= end) else {
                self.now = end;
                return holds(self);
            };
            self.now = self.now.max(next);
            self.step();
        }
        panic!("the simulation does not come to rest");
    }

    fn step(&mut self) {
        let due = |frame: &InFlight| frame.at <= self.now && self.clients[frame.to].is_reachable();
        let first = (0..self.way.len())
            .filter(|&at| due(&self.way[at]))
            .min_by_key(|&at| self.way[at].order);
        let now = self.time();
        if let Some(first) = first {
            let InFlight { to, payload, .. } = self.way.remove(first);
            self.clients[to].instance.received(&payload, now);
            self.drain(to);
            return;
        }
        for who in 0..self.clients.len() {
            self.write(who);
            let due = |client: &Client| {
                client
                    .instance
                    .next_timeout()
                    .is_some_and(|due| due <= now.monotonic)
            };
            if self.clients[who].stopped || !due(&self.clients[who]) {
                continue;
            }
            self.clients[who].instance.timeout(now);
            let done = self.drain(who);
            let client = &mut self.clients[who];
            let idle = !done && due(client);
            client.idle_timeouts = if idle { client.idle_timeouts + 1 } else { 0 };
            assert!(
                client.idle_timeouts < 2,
                "a timer is due again and again, and nothing is done"
            );
        }
    }

    /// Moves out what an instance has to push and to tell; whether there was anything.
    fn drain(&mut self, who: usize) -> bool {
        let now = self.time();
        let mut some = false;
        loop {
            while let Some(push) = self.clients[who].instance.next_push() {
                some = true;
                assert!(self.clients[who].connected, "pushed without a connection");
                if self.clients[who].mute {
                    self.clients[who].unsent.push(push.payload);
                } else {
                    self.clients[who].instance.relayed(push.tag);
                    self.relay(who, push.payload);
                }
            }
            some |= self.disks.take(&mut self.clients[who], now, &mut self.rng);
            let Some(event) = self.clients[who].instance.next_event() else {
                return some;
            };
            some = true;
            self.trace(|| format!("    run {who} ({:?}) {event:?}", self.clients[who].instance.id()));
            self.judge(who, &event);
            self.clients[who].take(event, now);
        }
    }

    /// What is due to be on a client's disk is there, and it knows; or it dies before, or in between.
    fn write(&mut self, who: usize) {
        while !self.clients[who].stopped {
            let due = |write: &mut Write| write.due <= self.now;
            let Some(write) = self.clients[who].writing.pop_front_if(due) else {
                return;
            };
            let crash = self.disks.write(self.clients[who].disk, write.bytes);
            if crash {
                self.trace(|| format!("run {who} dies as it writes"));
                self.kill(who);
                return;
            }
            self.act(who, |instance, now| instance.written(write.revision, now));
        }
    }

    /// What the relay does with a frame, and a member on hearing it.
    fn relay(&mut self, from: usize, payload: Vec<u8>) {
        let mut said = Vec::new();
        if !self.members.is_empty()
            && let Ok((header, body)) = self.envelopes.open(&payload)
        {
            let heard = |member: &mut Member| member.hear(&header, &body);
            said = self.members.iter_mut().flat_map(heard).collect();
        }
        self.broadcast(Some(from), payload);
        said.into_iter().for_each(|payload| self.inject(payload));
    }

    /// A member pushes something.
    pub fn inject(&mut self, payload: Vec<u8>) {
        self.broadcast(None, payload);
    }

    fn broadcast(&mut self, from: Option<usize>, payload: Vec<u8>) {
        for to in (0..self.clients.len()).filter(|&to| Some(to) != from) {
            if self.clients[to].connected && !self.rng.random_bool(self.faults.drop) {
                self.send(to, &payload);
                if self.rng.random_bool(self.faults.duplicate) {
                    self.send(to, &payload);
                }
            }
        }
        if let Some(from) = from
            && self.rng.random_bool(self.faults.reflect)
        {
            self.send(from, &payload);
        }
        self.history.push(payload);
        if self.rng.random_bool(self.faults.replay) {
            let to = self.rng.random_range(0..self.clients.len());
            let old = self.history[self.rng.random_range(0..self.history.len())].clone();
            if self.clients[to].connected {
                self.send(to, &old);
            }
        }
    }

    fn send(&mut self, to: usize, payload: &[u8]) {
        let mut payload = payload.to_vec();
        if self.rng.random_bool(self.faults.corrupt) {
            let at = self.rng.random_range(0..payload.len());
            payload[at] ^= 1 << self.rng.random_range(0..8);
        }
        let mut at = self.now + LATENCY;
        self.order += 1;
        let mut order = self.order;
        if self.rng.random_bool(self.faults.delay) {
            at += Duration::from_millis(self.rng.random_range(0..5000));
            order += self.rng.random_range(0..50);
        }
        self.way.push(InFlight {
            at,
            order,
            to,
            payload,
        });
    }

    /// The relay says who is there.
    pub fn tell_seats(&mut self) {
        let now = self.time();
        let seats = self.clients.iter().filter(|client| client.connected).count();
        let seats = seats + usize::from(self.member_sits);
        for who in 0..self.clients.len() {
            if self.clients[who].connected && !self.clients[who].stopped {
                self.clients[who].instance.seats(seats, now);
                self.drain(who);
            }
        }
    }

    /// How much is on its way to a client.
    pub fn on_way(&self, to: usize) -> usize {
        self.way.iter().filter(|frame| frame.to == to).count()
    }

    /// What is on its way to a client, which it then never gets.
    pub fn take_from_way(&mut self, to: usize) -> Vec<Vec<u8>> {
        let (taken, rest) = self.way.drain(..).partition(|frame| frame.to == to);
        self.way = rest;
        let taken: Vec<InFlight> = taken;
        taken.into_iter().map(|frame| frame.payload).collect()
    }

    /// Whether everybody who runs has delivered everything.
    pub fn is_delivered(&self) -> bool {
        self.clients
            .iter()
            .filter(|client| !client.stopped)
            .all(|client| client.instance.undelivered() == 0)
    }
}
