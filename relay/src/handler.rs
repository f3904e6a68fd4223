//! What each push of a socket does.

use std::sync::Arc;

use sotto_protocol::{
    Credentials, Topic,
    frame::{Notice, Payload, Push, Ref},
    topic,
};
use tokio::time::Instant;

use crate::{
    address::Place,
    budget::Spent,
    clock::Day,
    fanout::Fanout,
    hub::Admission,
    presence::PresenceKey,
    reply::{self, Refusal},
    room::{Astray, Newcomer, NoSeat, Room},
    socket::{self, Close, Message, Outbound, binary_frame, text_frame},
};

/// Events whose names begin so are the relay's own: a member must not be able to speak in its name.
const RESERVED: [&str; 3] = ["phx_", "presence_", "room_"];

/// How often a join looks for a room that ends under its hands before it gives up.
const JOIN_ATTEMPTS: usize = 16;

/// One socket: its channels, and what it has spent.
pub struct Socket {
    hub: Admission,
    place: Place,
    channels: Vec<Channel>,
    spent: Spent,
    /// A join of this socket failed.
    failed: bool,
}

/// A seat in a room.
struct Channel {
    room: Arc<Room>,
    /// The number of the seat. It may have been taken away.
    seat: u64,
}

/// What became of a push.
struct Outcome {
    receivers: usize,
    rest: Option<Fanout>,
}

impl Outcome {
    /// Nobody but the sender hears of it.
    const ANSWERED: Self = Self {
        receivers: 0,
        rest: None,
    };
}

impl Socket {
    /// A socket that has just been opened from an address.
    pub fn new(hub: Admission, place: Place) -> Self {
        Self {
            hub,
            place,
            channels: Vec::new(),
            spent: Spent::default(),
            failed: false,
        }
    }

    fn push(&mut self, push: &Push<'_>, outbound: &Arc<Outbound>) -> Outcome {
        if push.topic == "phoenix" && push.event == "heartbeat" {
            outbound.send(&reply::ok(Ref::Null, push));
            return Outcome::ANSWERED;
        }
        if push.event == "phx_join" && push.topic.starts_with(topic::PREFIX) {
            return self.join(push, outbound);
        }
        let Some(index) = self.channel(&push.topic) else {
            outbound.send(&if push.event == "phx_leave" {
                reply::ok(push.join_ref.clone(), push)
            } else {
                reply::refuse(Ref::Null, push, Refusal::Unmatched)
            });
            return Outcome::ANSWERED;
        };
        let outcome = match push.event.as_ref() {
            "phx_leave" => self.leave(index, push, outbound),
            "expire_room" => self.expire(index, push, outbound),
            event if RESERVED.iter().any(|prefix| event.starts_with(prefix)) => {
                self.reserved(index, push, outbound)
            }
            _ => self.broadcast(index, push, outbound),
        };
        match outcome {
            Ok(outcome) => outcome,
            Err(Astray::Stale) => Outcome::ANSWERED,
            Err(Astray::Unseated) => {
                self.drop_channel(index);
                self.push(push, outbound)
            }
        }
    }

    fn channel(&self, topic: &str) -> Option<usize> {
        self.channels
            .iter()
            .position(|channel| channel.room.topic().as_str() == topic)
    }

    fn broadcast(&self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Astray> {
        let channel = &self.channels[index];
        let notice = Notice::broadcast(&push.topic, &push.event, push.payload);
        // The fields came in a frame, within the limits.
        let write = |out: &mut Vec<u8>| {
            let _ = notice.encode(out);
        };
        let frame = match push.payload {
            Payload::Json(json) => {
                text_frame(push.topic.len() + push.event.len() + json.get().len() + 20, write)
            }
            Payload::Binary(_) => binary_frame(notice.binary_len().unwrap_or(0), write),
        };
        let delivery = channel.room.push(channel.seat, &push.join_ref, &frame)?;
        if !push.reference.is_null() {
            outbound.send(&reply::ok(delivery.join_ref.get(), push));
        }
        Ok(Outcome {
            receivers: delivery.receivers,
            rest: delivery.rest,
        })
    }

    fn reserved(&self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Astray> {
        let channel = &self.channels[index];
        let join_ref = channel.room.seat(channel.seat, &push.join_ref)?;
        outbound.send(&reply::refuse(join_ref.get(), push, Refusal::Reserved));
        Ok(Outcome::ANSWERED)
    }

    fn leave(&mut self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Astray> {
        let channel = &self.channels[index];
        let join_ref = channel.room.seat(channel.seat, &push.join_ref)?;
        self.drop_channel(index);
        outbound.send(&reply::together(&[
            reply::ok(join_ref.get(), push),
            reply::close(&join_ref.get(), &push.topic),
        ]));
        Ok(Outcome::ANSWERED)
    }

    fn expire(&mut self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Astray> {
        let channel = &self.channels[index];
        let join_ref = channel.room.seat(channel.seat, &push.join_ref)?;
        let others = self
            .hub
            .rooms
            .expire(&channel.room, channel.seat)
            .ok_or(Astray::Unseated)?;
        let topic = channel.room.topic();
        let receivers = others.len();
        let told = others.into_iter().map(|seat| seat.expire(topic)).collect();
        self.drop_channel(index);
        if !push.reference.is_null() {
            outbound.send(&reply::ok(join_ref.get(), push));
        }
        outbound.send(&reply::close(&join_ref.get(), &push.topic));
        Ok(Outcome {
            receivers,
            rest: Fanout::start(told),
        })
    }

    fn join(&mut self, push: &Push<'_>, outbound: &Arc<Outbound>) -> Outcome {
        let joined = self.try_join(push, outbound);
        self.hub
            .counters
            .joined(joined.as_ref().map(|_| ()).map_err(|refusal| *refusal));
        match joined {
            Ok(outcome) => outcome,
            Err(refusal) => {
                if refusal == Refusal::Unauthorized {
                    self.failed = true;
                    let now = self.hub.clock.now();
                    self.hub.quotas.failed_joins.spend(self.place, 1, now);
                }
                outbound.send(&reply::refuse(push.join_ref.clone(), push, refusal));
                Outcome::ANSWERED
            }
        }
    }

    fn try_join(&mut self, push: &Push<'_>, outbound: &Arc<Outbound>) -> Result<Outcome, Refusal> {
        let (now, today) = (self.hub.clock.now(), Day::today());
        let quotas = &self.hub.quotas;
        if !quotas.joins.take(self.place, now) || self.failed && quotas.failed_joins.is_spent(self.place, now)
        {
            return Err(Refusal::RateLimited);
        }
        let Payload::Json(payload) = push.payload else {
            return Err(Refusal::Unauthorized);
        };
        let credentials = Credentials::parse(payload).ok_or(Refusal::Unauthorized)?;
        let topic = Topic::parse(&push.topic).map_err(|_| Refusal::Unauthorized)?;

        let index = match self.channel(&push.topic) {
            Some(index) => Some(index),
            None => {
                self.take_channel()?;
                None
            }
        };
        let seated = self.seat(index, &topic, &credentials, push, outbound, today);
        let (channel, rest) = match seated {
            Ok(seated) => seated,
            Err(refusal) => {
                if index.is_none() {
                    self.hub.quotas.seats.give_back(self.place);
                }
                return Err(refusal);
            }
        };
        match index {
            Some(index) => self.channels[index] = channel,
            None => {
                self.channels.reserve_exact(1);
                self.channels.push(channel);
            }
        }
        Ok(Outcome { receivers: 0, rest })
    }

    /// Makes sure that this socket and its address may hold one seat more, and counts it.
    fn take_channel(&mut self) -> Result<(), Refusal> {
        if self.channels.len() >= self.hub.max_channels {
            for index in (0..self.channels.len()).rev() {
                let channel = &self.channels[index];
                if !channel.room.is_seated(channel.seat) {
                    self.drop_channel(index);
                }
            }
        }
        if self.channels.len() >= self.hub.max_channels {
            return Err(Refusal::TooManyChannels);
        }
        if self.hub.quotas.seats.take(self.place) {
            Ok(())
        } else {
            Err(Refusal::RateLimited)
        }
    }

    fn seat(
        &self,
        index: Option<usize>,
        topic: &Topic,
        credentials: &Credentials,
        push: &Push<'_>,
        outbound: &Arc<Outbound>,
        today: Day,
    ) -> Result<(Channel, Option<Fanout>), Refusal> {
        for _ in 0..JOIN_ATTEMPTS {
            let may_make = || self.hub.quotas.rooms.take(self.place, self.hub.clock.now());
            let entered = self
                .hub
                .rooms
                .enter(topic, &credentials.access, today, may_make)?;
            let expelled = entered
                .expelled
                .into_iter()
                .map(|seat| seat.expire(topic))
                .collect();
            let rest = Fanout::start(expelled);
            let room = entered.room;
            let newcomer = Newcomer {
                outbound,
                key: PresenceKey::of(&credentials.sender),
                push,
                replaces: index
                    .map(|index| &self.channels[index])
                    .filter(|channel| Arc::ptr_eq(&channel.room, &room))
                    .map(|channel| channel.seat),
            };
            match room.join(&newcomer, self.hub.max_seats) {
                Ok(seat) => return Ok((Channel { room, seat }, rest)),
                Err(NoSeat::Full) => return Err(Refusal::RoomFull),
                Err(NoSeat::Gone) => {}
            }
        }
        Err(Refusal::RelayFull)
    }

    /// Counts a frame of so many bytes for so many receivers.
    fn spend(&mut self, receivers: usize, bytes: usize) {
        let now = self.hub.clock.now();
        self.hub
            .budgets
            .spend(&mut self.spent, self.place, receivers, bytes, now);
    }

    /// Gives the seat up, if it is still held.
    fn drop_channel(&mut self, index: usize) {
        let channel = self.channels.swap_remove(index);
        self.hub.quotas.seats.give_back(self.place);
        if channel.room.leave(channel.seat) {
            self.hub.rooms.vacate(&channel.room, Day::today());
        }
    }
}

impl socket::Handler for Socket {
    type Fanout = Fanout;

    fn message(&mut self, message: Message<'_>, outbound: &Arc<Outbound>) -> Result<Option<Fanout>, Close> {
        let (push, bytes) = match message {
            Message::Text(text) => (Push::decode_text(text), text.len()),
            Message::Binary(data) => (Push::decode_binary(data), data.len()),
        };
        let push = push.map_err(|error| Close::new(error.close_code(), "malformed frame"))?;
        let outcome = self.push(&push, outbound);
        self.hub.counters.passed(bytes, outcome.receivers);
        // What nobody receives is answered: it costs as much as one receiver.
        self.spend(outcome.receivers.max(1), bytes);
        Ok(outcome.rest)
    }

    fn other_frame(&mut self) {
        self.spend(1, 0);
    }

    fn pause(&mut self) -> Option<Instant> {
        let clock = self.hub.clock;
        let until = self.hub.budgets.pause(&self.spent, self.place, clock.now())?;
        self.hub.counters.paused();
        Some(Instant::from_std(clock.instant(until)))
    }

    fn closed(&mut self) {
        while !self.channels.is_empty() {
            self.drop_channel(self.channels.len() - 1);
        }
    }
}

/// A task that ends in any other way leaves no ghost behind.
impl Drop for Socket {
    fn drop(&mut self) {
        socket::Handler::closed(self);
    }
}
