//! What each push of a socket does.

mod join;
mod kept;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use sotto_protocol::{
    frame::{Notice, Payload, Push, Ref},
    kept::Challenge,
    topic,
};
use tokio::time::Instant;

use crate::{
    channel::fanout::Fanout,
    channel::join_ref::JoinRef,
    channel::reply::{self, Refusal},
    channel::room::{Room, Stale},
    clock::Day,
    hub::Admission,
    limit::budget::Spent,
    limit::slot::Slot,
    limits,
    rooms::{Answer, NotEnded, NotSaved},
    socket::{self, Close, Message, Outbound, binary_frame, text_frame},
};
use join::Asked;

/// Events whose names begin so are the relay's own: a member must not be able to speak in its name.
const RESERVED: [&str; 4] = ["phx_", "presence_", "room_", "kept_"];

/// One socket: its channels, and what it has spent.
pub(crate) struct Session {
    hub: Admission,
    slot: Slot,
    channels: Vec<Channel>,
    spent: Spent,
    /// Readers that have not yet taken enough of what this socket sent.
    behind: Vec<Arc<Outbound>>,
    /// A join of this socket failed.
    failed: bool,
    /// What has to be on the disk before anything else is read.
    waiting: Option<Box<Waiting>>,
}

/// A push that is not answered yet.
struct Waiting {
    push: Push<'static>,
    ready: Pin<Box<dyn Future<Output = Ready> + Send>>,
}

/// What is to be done with a push that had to wait.
enum Ready {
    /// To take the seat, if the room is on the disk.
    Join(Asked, Result<(), NotSaved>),
    /// To say that the room is no more.
    Close(JoinRef, Result<(), NotSaved>),
    /// To tell what came of it.
    Kept(JoinRef, Answer),
}

/// A seat in a room.
struct Channel {
    room: Arc<Room>,
    /// The number of the seat. It may have been taken away.
    seat: u64,
    /// What its member signs.
    challenge: Challenge,
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

impl Session {
    /// A socket that has just been opened from an address, and is counted there as one that holds no seat.
    pub(crate) fn new(hub: Admission, slot: Slot) -> Self {
        Self {
            hub,
            slot,
            channels: Vec::new(),
            spent: Spent::default(),
            behind: Vec::new(),
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
                (self.kept(index, push, outbound)).unwrap_or_else(|| self.reserved(index, push, outbound))
            }
            _ => self.broadcast(index, push, outbound),
        };
        match outcome {
            Ok(outcome) => outcome,
            Err(Stale::Rejoined) => Outcome::ANSWERED,
            Err(Stale::Unseated) => {
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

    fn broadcast(&mut self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Stale> {
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
        self.behind.extend(delivery.behind);
        Ok(Outcome {
            receivers: delivery.receivers,
            rest: delivery.rest,
        })
    }

    fn reserved(&self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Stale> {
        let channel = &self.channels[index];
        let join_ref = channel.room.seat(channel.seat, &push.join_ref)?;
        outbound.send(&reply::refuse(join_ref.get(), push, Refusal::Reserved));
        Ok(Outcome::ANSWERED)
    }

    fn leave(&mut self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Stale> {
        let channel = &self.channels[index];
        let join_ref = channel.room.seat(channel.seat, &push.join_ref)?;
        self.drop_channel(index);
        outbound.send(&reply::together(&[
            reply::ok(join_ref.get(), push),
            reply::close(&join_ref.get(), &push.topic),
        ]));
        Ok(Outcome::ANSWERED)
    }

    fn expire(&mut self, index: usize, push: &Push<'_>, outbound: &Outbound) -> Result<Outcome, Stale> {
        // Needed only while something waits, which the table knows when it ends the room, in one step.
        let is_proven = self.proven(index, push).is_some();
        let channel = &self.channels[index];
        let join_ref = channel.room.seat(channel.seat, &push.join_ref)?;
        let ended = match (self.hub.rooms).expire(&channel.room, channel.seat, is_proven) {
            Ok(ended) => ended,
            Err(NotEnded::Unseated) => return Err(Stale::Unseated),
            Err(NotEnded::Operators | NotEnded::Unproven) => {
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
            Some(saving) => self.wait(push, async { Ready::Close(join_ref, saving.await) }),
            None => close(&join_ref, push, Ok(()), outbound),
        }
        Ok(Outcome {
            receivers,
            rest: Fanout::start(told),
        })
    }

    /// Nothing more is read of this socket until the disk has what a push has done.
    fn wait(&mut self, push: &Push<'_>, ready: impl Future<Output = Ready> + Send + 'static) {
        let push = Push {
            join_ref: push.join_ref.clone().into_owned(),
            reference: push.reference.clone().into_owned(),
            topic: push.topic.to_string().into(),
            event: push.event.to_string().into(),
            // It has been read.
            payload: Payload::Binary(&[]),
        };
        let ready = Box::pin(ready);
        self.waiting = Some(Box::new(Waiting { push, ready }));
    }

    /// Counts a frame of so many bytes for so many receivers.
    fn spend(&mut self, receivers: usize, bytes: usize) {
        let now = self.hub.clock.now();
        self.hub
            .budgets
            .spend(&mut self.spent, self.slot, receivers, bytes, now);
    }

    /// Gives the seat up, if it is still held.
    fn drop_channel(&mut self, index: usize) {
        let channel = self.channels.swap_remove(index);
        self.hub.counters.left_seat();
        self.hub.quotas.seats.give_back(self.slot);
        if self.channels.is_empty() {
            self.hub.quotas.unseated.count(self.slot);
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

impl socket::Handler for Session {
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
        let ready = ready!(waiting.ready.as_mut().poll(cx));
        let Some(waiting) = self.waiting.take() else {
            return Poll::Ready(None);
        };
        let push = &waiting.push;
        let outcome = match ready {
            Ready::Join(asked, Ok(())) => self.sit(push, asked, outbound),
            Ready::Join(_, Err(NotSaved)) => self.refuse(push, Refusal::RelayFull, outbound),
            Ready::Close(join_ref, saved) => {
                close(&join_ref, push, saved, outbound);
                Outcome::ANSWERED
            }
            Ready::Kept(join_ref, answer) => self.answer(push, &join_ref, answer, outbound),
        };
        Poll::Ready(outcome.rest)
    }

    fn served(&mut self, fanout: Fanout) {
        self.behind.extend(fanout.behind());
    }

    fn is_ahead(&self) -> bool {
        !self.behind.is_empty()
    }

    fn pause(&mut self) -> Option<Instant> {
        let (clock, now) = (self.hub.clock, self.hub.clock.now());
        self.behind.retain(|reader| reader.is_behind());
        let behind = self.is_ahead().then(|| now.after(limits::BEHIND_LOOK));
        let budget = self.hub.budgets.pause(&self.spent, self.slot, now);
        if budget.is_some() {
            self.hub.counters.paused();
        }
        Some(Instant::from_std(clock.instant(behind.max(budget)?)))
    }

    fn closed(&mut self) {
        while !self.channels.is_empty() {
            self.drop_channel(self.channels.len() - 1);
        }
    }
}

/// A task that ends in any other way leaves no ghost behind.
impl Drop for Session {
    fn drop(&mut self) {
        socket::Handler::closed(self);
        self.hub.quotas.unseated.give_back(self.slot);
    }
}
