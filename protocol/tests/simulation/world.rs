//! Clients and a relay in simulated time, driven by a seed: the same seed is the same run.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::{SmallRng, StdRng};
use rand::{RngExt, SeedableRng};
use sotto_protocol::fading::FadeTime;
use sotto_protocol::instance::{Departure, Event, Instance, Now, Posted, Receipt};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::{Name, RoomKeys, Root, Topic};

/// The relay's way from one client to another, when it is honest.
const LATENCY: Duration = Duration::from_millis(40);
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
}

/// A message as its receiver got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub from: InstanceId,
    pub id: MessageId,
    pub text: String,
    pub repeat: bool,
    pub fades: Option<FadeTime>,
}

pub struct Client {
    pub instance: Instance,
    pub connected: bool,
    /// A stopped process: nothing reaches it, no timer of it runs.
    pub stopped: bool,
    /// Its user's side takes nothing of what it is given: these are the last receipts.
    pub clogged: bool,
    pub untaken: Vec<Receipt>,
    pub got: Vec<Got>,
    /// What it said, and whom it takes to hold it.
    pub said: Vec<(MessageId, String)>,
    pub delivered: Vec<(MessageId, InstanceId)>,
    pub words: BTreeMap<InstanceId, String>,
    pub names: BTreeMap<InstanceId, String>,
    pub present: Vec<InstanceId>,
    pub events: Vec<Event>,
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
    way: Vec<InFlight>,
    order: u64,
}

pub fn keys() -> (RoomKeys, Topic) {
    let root = Root::from_bytes([7; 32]);
    (root.keys(), Topic::of(&root.room_hash()))
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            now: Duration::from_secs(1000),
            rng: SmallRng::seed_from_u64(seed),
            clients: Vec::new(),
            faults: Faults::default(),
            history: Vec::new(),
            way: Vec::new(),
            order: 0,
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
        let (keys, topic) = keys();
        let rng = StdRng::seed_from_u64(seed);
        let instance = Instance::new(keys, topic, Name::new(name).unwrap(), Box::new(rng));
        self.clients.push(Client {
            instance,
            connected: false,
            stopped: false,
            clogged: false,
            untaken: Vec::new(),
            got: Vec::new(),
            said: Vec::new(),
            delivered: Vec::new(),
            words: BTreeMap::new(),
            names: BTreeMap::new(),
            present: Vec::new(),
            events: Vec::new(),
        });
        self.connect(self.clients.len() - 1);
        self.clients.len() - 1
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
            self.clients[who].instance.disconnected(now);
            self.tell_seats();
            self.drain(who);
        }
    }

    /// SIGKILL: the socket goes with the process.
    pub fn kill(&mut self, who: usize) {
        self.disconnect(who);
        self.clients[who].stopped = true;
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
        let posted = self.act(who, |instance, now| instance.say(text, None, now).unwrap());
        self.clients[who].said.push((posted.id, text.to_owned()));
        posted
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
                .filter(|frame| !self.clients[frame.to].stopped)
                .map(|frame| frame.at);
            let timers = self.clients.iter().filter(|client| !client.stopped);
            let timers = timers.filter_map(|client| client.instance.next_timeout());
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
        let due = |frame: &InFlight| frame.at <= self.now && !self.clients[frame.to].stopped;
        let first = (0..self.way.len())
            .filter(|&at| due(&self.way[at]))
            .min_by_key(|&at| self.way[at].order);
        let now = self.time();
        if let Some(first) = first {
            let InFlight { to, payload, .. } = self.way.remove(first);
            self.clients[to].instance.received(&payload, now);
            return self.drain(to);
        }
        for who in 0..self.clients.len() {
            let client = &mut self.clients[who];
            if !client.stopped
                && client
                    .instance
                    .next_timeout()
                    .is_some_and(|due| due <= now.monotonic)
            {
                client.instance.timeout(now);
                self.drain(who);
            }
        }
    }

    /// Moves out what an instance has to push and to tell.
    fn drain(&mut self, who: usize) {
        let now = self.time();
        loop {
            while let Some(push) = self.clients[who].instance.next_push() {
                assert!(self.clients[who].connected, "pushed without a connection");
                self.clients[who].instance.relayed(push.tag);
                self.relay(who, push.payload);
            }
            let Some(event) = self.clients[who].instance.next_event() else {
                return;
            };
            self.clients[who].take(event, now);
        }
    }

    /// What the relay does with a frame.
    fn relay(&mut self, from: usize, payload: Vec<u8>) {
        self.history.push(payload.clone());
        for to in (0..self.clients.len()).filter(|&to| to != from) {
            if self.clients[to].connected && !self.rng.random_bool(self.faults.drop) {
                self.send(to, &payload);
                if self.rng.random_bool(self.faults.duplicate) {
                    self.send(to, &payload);
                }
            }
        }
        if self.rng.random_bool(self.faults.reflect) {
            self.send(from, &payload);
        }
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

    fn tell_seats(&mut self) {
        let now = self.time();
        let seats = self.clients.iter().filter(|client| client.connected).count();
        for who in 0..self.clients.len() {
            if self.clients[who].connected && !self.clients[who].stopped {
                self.clients[who].instance.seats(seats, now);
                self.drain(who);
            }
        }
    }

    /// Whether everybody who runs has delivered everything.
    pub fn is_delivered(&self) -> bool {
        self.clients
            .iter()
            .filter(|client| !client.stopped)
            .all(|client| client.instance.undelivered() == 0)
    }
}

impl Client {
    fn take(&mut self, event: Event, now: Now) {
        match event.clone() {
            Event::PeerJoined {
                peer, name, words, ..
            } => {
                let words = words.to_string();
                let before = self.words.insert(peer, words.clone());
                assert!(
                    before.is_none_or(|before| before == words),
                    "the words of a pair changed"
                );
                self.names.insert(peer, name.to_string());
                self.present.push(peer);
            }
            Event::PeerLeft { peer, how } => {
                assert!(matches!(how, Departure::Left | Departure::Gone));
                self.present.retain(|present| *present != peer);
            }
            Event::Message {
                receipt,
                id,
                text,
                repeat,
                fades,
                ..
            } => {
                self.got.push(Got {
                    from: receipt.peer,
                    id,
                    text,
                    repeat,
                    fades,
                });
                if self.clogged {
                    self.untaken.push(receipt);
                } else {
                    self.instance.hold(receipt, now);
                    self.instance.read(receipt, now);
                }
            }
            Event::Delivered { id, to } => self.delivered.push((id, to)),
            _ => {}
        }
        self.events.push(event);
    }

    pub fn texts_from(&self, from: InstanceId) -> Vec<&str> {
        self.got
            .iter()
            .filter(|got| got.from == from)
            .map(|got| &got.text[..])
            .collect()
    }
}
