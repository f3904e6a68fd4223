//! What each push of a socket does.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use sotto_protocol::{
    Credentials, Topic,
    frame::{Notice, Payload, Push, Ref},
    topic,
};
use tokio::time::Instant;

use crate::{
    channel::fanout::Fanout,
    channel::join_ref::JoinRef,
    channel::presence::PresenceKey,
    channel::reply::{self, Refusal},
    channel::room::{Astray, Newcomer, NoSeat, Room},
    clock::Day,
    hub::Admission,
    limit::budget::Spent,
    limit::slot::Place,
    limits,
    rooms::{NotEnded, NotSaved, Saving, Way},
    socket::{self, Close, Message, Outbound, binary_frame, text_frame},
};

/// Events whose names begin so are the relay's own: a member must not be able to speak in its name.
const RESERVED: [&str; 3] = ["phx_", "presence_", "room_"];

/// One socket: its channels, and what it has spent.
pub struct Socket {
    hub: Admission,
    place: Place,
    channels: Vec<Channel>,
    spent: Spent,
    /// A join of this socket failed.
    failed: bool,
    /// What has to be on the disk before anything else is read.
    waiting: Option<Box<Waiting>>,
}

/// A push that is not answered yet.
struct Waiting {
    push: Push<'static>,
    saving: Saving,
    then: Then,
}

/// What is to be done with it when the disk has it.
enum Then {
    /// To take the seat.
    Sit(Asked),
    /// To say that the room is no more.
    Close(JoinRef),
}

/// What a join asks for.
struct Asked {
    topic: Topic,
    credentials: Credentials,
}

/// What comes of a join with good hashes.
struct Seated {
    /// The seat; or the room is not saved yet.
    channel: Result<Channel, Saving>,
    /// Who has yet to hear that the room was taken.
    rest: Option<Fanout>,
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
    /// A socket that has just been opened from an address, and is counted there as one that holds no seat.
    pub fn new(hub: Admission, place: Place) -> Self {
        Self {
            hub,
            place,
            channels: Vec::new(),
            spent: Spent::default(),
            failed: false,
            waiting: None,
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
        let ended = match self.hub.rooms.expire(&channel.room, channel.seat) {
            Ok(ended) => ended,
            Err(NotEnded::Unseated) => return Err(Astray::Unseated),
            Err(NotEnded::Operators) => {
                outbound.send(&reply::refuse(join_ref.get(), push, Refusal::Unauthorized));
                return Ok(Outcome::ANSWERED);
            }
        };
        let topic = channel.room.topic();
        let receivers = ended.others.len();
        let told = (ended.others.into_iter())
            .map(|seat| seat.expire(topic))
            .collect();
        self.drop_channel(index);
        match ended.saving {
            Some(saving) => self.wait(push, saving, Then::Close(join_ref)),
            None => close(&join_ref, push, Ok(()), outbound),
        }
        Ok(Outcome {
            receivers,
            rest: Fanout::start(told),
        })
    }

    fn join(&mut self, push: &Push<'_>, outbound: &Arc<Outbound>) -> Outcome {
        match self.asked(push) {
            Ok(asked) => self.sit(push, asked, outbound),
            Err(refusal) => self.refuse(push, refusal, outbound),
        }
    }

    fn refuse(&mut self, push: &Push<'_>, refusal: Refusal, outbound: &Outbound) -> Outcome {
        self.hub.counters.joined(Err(refusal));
        if refusal == Refusal::Unauthorized {
            self.failed = true;
            let now = self.hub.clock.now();
            self.hub.quotas.failed_joins.spend(self.place, 1, now);
        }
        outbound.send(&reply::refuse(push.join_ref.clone(), push, refusal));
        Outcome::ANSWERED
    }

    /// What a join asks for, if it may ask at all.
    fn asked(&self, push: &Push<'_>) -> Result<Asked, Refusal> {
        let (now, quotas) = (self.hub.clock.now(), &self.hub.quotas);
        if !quotas.joins.take(self.place, now) || self.failed && quotas.failed_joins.is_spent(self.place, now)
        {
            return Err(Refusal::RateLimited);
        }
        let credentials = match push.payload {
            Payload::Json(payload) => Credentials::parse(payload),
            Payload::Binary(_) => None,
        };
        match (credentials, Topic::parse(&push.topic)) {
            (Some(credentials), Ok(topic)) => Ok(Asked { topic, credentials }),
            _ => {
                self.hub.rooms.look_for_nothing();
                Err(Refusal::Unauthorized)
            }
        }
    }

    /// Takes the seat that was asked for, now or when the room is saved, or says why not.
    fn sit(&mut self, push: &Push<'_>, asked: Asked, outbound: &Arc<Outbound>) -> Outcome {
        match self.try_sit(push, &asked, outbound) {
            Ok((rest, None)) => {
                self.hub.counters.joined(Ok(()));
                Outcome { receivers: 0, rest }
            }
            Ok((rest, Some(saving))) => {
                self.wait(push, saving, Then::Sit(asked));
                Outcome { receivers: 0, rest }
            }
            Err(refusal) => self.refuse(push, refusal, outbound),
        }
    }

    /// Nothing more is read of this socket until the disk has what a push has done.
    fn wait(&mut self, push: &Push<'_>, saving: Saving, then: Then) {
        let push = Push {
            join_ref: push.join_ref.clone().into_owned(),
            reference: push.reference.clone().into_owned(),
            topic: push.topic.to_string().into(),
            event: push.event.to_string().into(),
            // It has been read.
            payload: Payload::Binary(&[]),
        };
        self.waiting = Some(Box::new(Waiting { push, saving, then }));
    }

    fn try_sit(
        &mut self,
        push: &Push<'_>,
        asked: &Asked,
        outbound: &Arc<Outbound>,
    ) -> Result<(Option<Fanout>, Option<Saving>), Refusal> {
        let index = match self.channel(&push.topic) {
            Some(index) => Some(index),
            None => {
                self.take_channel()?;
                None
            }
        };
        let seated = self.seat(index, asked, push, outbound);
        if index.is_none() && !matches!(seated, Ok(Seated { channel: Ok(_), .. })) {
            self.hub.quotas.seats.give_back(self.place);
        }
        let Seated { channel, rest } = seated?;
        let channel = match channel {
            Ok(channel) => channel,
            Err(saving) => return Ok((rest, Some(saving))),
        };
        match index {
            Some(index) => self.channels[index] = channel,
            None => {
                if self.channels.is_empty() {
                    self.hub.quotas.unseated.give_back(self.place);
                }
                self.channels.reserve_exact(1);
                self.channels.push(channel);
                self.hub.counters.took_seat();
            }
        }
        Ok((rest, None))
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
        asked: &Asked,
        push: &Push<'_>,
        outbound: &Arc<Outbound>,
    ) -> Result<Seated, Refusal> {
        let Asked { topic, credentials } = asked;
        for _ in 0..limits::ATTEMPTS {
            let may_make = || self.hub.quotas.rooms.take(self.place, self.hub.clock.now());
            let entered = (self.hub.rooms).enter(topic, &credentials.access, Day::today(), may_make)?;
            let expelled = (entered.expelled.into_iter())
                .map(|seat| seat.expire(topic))
                .collect();
            let rest = Fanout::start(expelled);
            let room = match entered.way {
                Way::Open(room) => room,
                Way::Saving(saving) => {
                    let channel = Err(saving);
                    return Ok(Seated { channel, rest });
                }
            };
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
                Ok(seat) => {
                    let channel = Ok(Channel { room, seat });
                    return Ok(Seated { channel, rest });
                }
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
        self.hub.counters.left_seat();
        self.hub.quotas.seats.give_back(self.place);
        if self.channels.is_empty() {
            self.hub.quotas.unseated.count(self.place);
        }
        if channel.room.leave(channel.seat) {
            self.hub.rooms.vacate(&channel.room, Day::today());
        }
    }
}

/// Tells who ended a room that it is no more.
fn close(join_ref: &JoinRef, push: &Push<'_>, saved: Result<(), NotSaved>, outbound: &Outbound) {
    if saved.is_err() {
        outbound.send(&reply::refuse(join_ref.get(), push, Refusal::RelayFull));
    } else if !push.reference.is_null() {
        outbound.send(&reply::ok(join_ref.get(), push));
    }
    outbound.send(&reply::close(&join_ref.get(), &push.topic));
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

    fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    fn resume(&mut self, cx: &mut Context<'_>, outbound: &Arc<Outbound>) -> Poll<Option<Fanout>> {
        let Some(waiting) = &mut self.waiting else {
            return Poll::Ready(None);
        };
        let saved = ready!(Pin::new(&mut waiting.saving).poll(cx));
        let Some(waiting) = self.waiting.take() else {
            return Poll::Ready(None);
        };
        let push = &waiting.push;
        let outcome = match (waiting.then, saved) {
            (Then::Sit(asked), Ok(())) => self.sit(push, asked, outbound),
            (Then::Sit(_), Err(NotSaved)) => self.refuse(push, Refusal::RelayFull, outbound),
            (Then::Close(join_ref), saved) => {
                close(&join_ref, push, saved, outbound);
                Outcome::ANSWERED
            }
        };
        Poll::Ready(outcome.rest)
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
        self.hub.quotas.unseated.give_back(self.place);
    }
}
