//! A room that somebody sits in.
//!
//! Its lock is held for a few lines and never over an await; an [`Outbound`] is locked within it, never the other
//! way round. A room of two is the common case: one vector of seats.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::value::RawValue;
use sotto_protocol::{
    Topic,
    frame::{Push, Ref},
};
use tokio::runtime::Handle;

use crate::{
    channel::fanout::Fanout,
    channel::join_ref::JoinRef,
    channel::presence::{Diff, PresenceKey, Presences},
    channel::reply,
    limits,
    socket::Outbound,
};

/// The live part of a room. It is gone when the last seat is left; the record stays in [`rooms`](crate::rooms).
pub struct Room {
    topic: Topic,
    state: Mutex<State>,
}

struct State {
    /// In the order of their numbers.
    seats: Vec<Seat>,
    next_number: u64,
    /// Two seats were taken at the same time.
    paired: bool,
    /// The table knows this room no more: who wants to join has to look again.
    gone: bool,
    /// Changes that a task of this room's will tell soon. `Some` as long as that task runs.
    collected: Option<Box<Diff>>,
}

/// A place in a room, held by one channel of one socket.
pub(crate) struct Seat {
    /// Only who knows the number can remove the seat: a ghost does not take its successor with it.
    number: u64,
    outbound: Arc<Outbound>,
    key: PresenceKey,
    join_ref: JoinRef,
    /// It has asked what is kept, and so is told of what comes.
    listens: bool,
}

/// Who wants a seat.
pub(crate) struct Newcomer<'a> {
    /// The socket.
    pub(crate) outbound: &'a Arc<Outbound>,
    /// Who already sits under this key makes room.
    pub(crate) key: PresenceKey,
    /// The join, which is answered.
    pub(crate) push: &'a Push<'a>,
    /// With what.
    pub(crate) response: &'a RawValue,
    /// The seat that the same socket has here already.
    pub(crate) replaces: Option<u64>,
}

/// Why there is no seat.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoSeat {
    /// All are taken.
    Full,
    /// The room is no more the one in the table.
    Gone,
}

/// Why a push does not count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// It belongs to an earlier join of the same topic.
    Rejoined,
    /// The seat was taken away: the channel is closed.
    Unseated,
}

/// A push on its way.
pub(crate) struct Delivery {
    /// The seats that get it.
    pub(crate) receivers: usize,
    /// Those that do not get it yet.
    pub(crate) rest: Option<Fanout>,
    /// Those that are behind with what they got before.
    pub(crate) behind: Vec<Arc<Outbound>>,
    /// Of the sender's channel.
    pub(crate) join_ref: JoinRef,
}

impl State {
    fn position(&self, number: u64) -> Option<usize> {
        self.seats.binary_search_by_key(&number, |seat| seat.number).ok()
    }

    fn seat(&self, number: u64, join_ref: &Ref<'_>) -> Result<&Seat, Stale> {
        let seat = &self.seats[self.position(number).ok_or(Stale::Unseated)?];
        if seat.join_ref.admits(join_ref) {
            Ok(seat)
        } else {
            Err(Stale::Rejoined)
        }
    }

    fn others(&self, number: u64) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.number != number)
    }

    fn presences(&self) -> Presences {
        let mut presences = Presences::default();
        for seat in &self.seats {
            presences.add(seat.key, seat.number);
        }
        presences
    }
}

impl Room {
    pub(crate) fn new(topic: Topic) -> Self {
        Self {
            topic,
            state: Mutex::new(State {
                seats: Vec::with_capacity(2),
                next_number: 0,
                paired: false,
                gone: false,
                collected: None,
            }),
        }
    }

    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing here leaves a state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seats a newcomer, who gets the reply and `presence_state` before anything else of the room, and tells the
    /// others. Seats under the same key and the same socket's earlier seat are closed.
    ///
    /// # Errors
    /// [`NoSeat`]; nothing has changed then.
    pub(crate) fn join(self: &Arc<Self>, newcomer: &Newcomer<'_>, max_seats: usize) -> Result<u64, NoSeat> {
        let mut state = self.lock();
        if state.gone {
            return Err(NoSeat::Gone);
        }
        let goes = |seat: &Seat| seat.key == newcomer.key || Some(seat.number) == newcomer.replaces;
        let staying = state.seats.iter().filter(|seat| !goes(seat)).count();
        if staying >= max_seats {
            return Err(NoSeat::Full);
        }

        let number = state.next_number;
        state.next_number += 1;
        let mut diff = Diff::default();
        diff.joins.add(newcomer.key, number);
        let replaced: Vec<Seat> = state.seats.extract_if(.., |seat| goes(seat)).collect();
        state.seats.push(Seat {
            number,
            outbound: newcomer.outbound.clone(),
            key: newcomer.key,
            join_ref: JoinRef::new(&newcomer.push.join_ref),
            listens: false,
        });
        state.paired |= state.seats.len() > 1;

        let join_ref = &newcomer.push.join_ref;
        newcomer.outbound.send(&reply::together(&[
            reply::ok_with(join_ref.clone(), newcomer.push, newcomer.response),
            reply::presence_state(join_ref.clone(), self.topic.as_str(), &state.presences().state()),
        ]));
        for seat in replaced {
            seat.outbound
                .send(&reply::close(&seat.join_ref.get(), self.topic.as_str()));
            diff.leaves.add(seat.key, seat.number);
        }
        self.tell(&mut state, diff, Some(number));
        Ok(number)
    }

    /// The join_ref of a seat, if a push with `join_ref` is for it.
    ///
    /// # Errors
    /// [`Stale`] when the push does not count.
    pub(crate) fn seat(&self, number: u64, join_ref: &Ref<'_>) -> Result<JoinRef, Stale> {
        Ok(self.lock().seat(number, join_ref)?.join_ref.clone())
    }

    /// Whether two seats were ever taken at the same time.
    pub(crate) fn is_paired(&self) -> bool {
        self.lock().paired
    }

    /// A seat wants to be told of what is put into the bag.
    pub(crate) fn listen(&self, number: u64) {
        let mut state = self.lock();
        if let Some(position) = state.position(number) {
            state.seats[position].listens = true;
        }
    }

    /// Tells all others who listen that something was put into the bag; `Some` with those who are told later.
    pub(crate) fn tell_kept(&self, number: u64) -> Option<Fanout> {
        let state = self.lock();
        let told = (state.others(number).filter(|seat| seat.listens)).map(|seat| {
            let frame = reply::kept_new(seat.join_ref.get(), self.topic.as_str());
            (seat.outbound.clone(), frame)
        });
        let told = told.collect();
        drop(state);
        Fanout::start(told)
    }

    /// Whether the seat is still held.
    pub(crate) fn is_seated(&self, number: u64) -> bool {
        self.lock().position(number).is_some()
    }

    /// Passes a frame on to all others.
    ///
    /// # Errors
    /// [`Stale`] when it does not count: nobody gets it.
    pub(crate) fn push(&self, number: u64, join_ref: &Ref<'_>, frame: &Bytes) -> Result<Delivery, Stale> {
        let state = self.lock();
        let join_ref = state.seat(number, join_ref)?.join_ref.clone();
        let receivers = state.seats.len() - 1;
        if receivers <= limits::FANOUT_STEP {
            let others = state.others(number).map(|seat| &seat.outbound);
            return Ok(Delivery {
                receivers,
                rest: None,
                behind: others.filter(|other| other.send(frame)).cloned().collect(),
                join_ref,
            });
        }
        let snapshot = state
            .others(number)
            .map(|seat| (seat.outbound.clone(), frame.clone()))
            .collect();
        drop(state);
        Ok(Delivery {
            receivers,
            rest: Fanout::start(snapshot),
            behind: Vec::new(),
            join_ref,
        })
    }

    /// Removes a seat and tells the others. `true` when it was the last one.
    pub(crate) fn leave(self: &Arc<Self>, number: u64) -> bool {
        let mut state = self.lock();
        let Some(position) = state.position(number) else {
            return false;
        };
        let seat = state.seats.remove(position);
        let mut diff = Diff::default();
        diff.leaves.add(seat.key, number);
        self.tell(&mut state, diff, None);
        state.seats.is_empty()
    }

    /// Ends the room if nobody sits in it; then says whether two ever sat in it together.
    pub(crate) fn end_if_empty(&self) -> Option<bool> {
        let mut state = self.lock();
        if state.gone || !state.seats.is_empty() {
            return None;
        }
        state.gone = true;
        Some(state.paired)
    }

    /// Ends the room on behalf of one of its seats; the others are to be told with [`Seat::expire`].
    ///
    /// `None` when the seat is no longer held.
    pub(crate) fn expire(&self, number: u64) -> Option<Vec<Seat>> {
        let mut state = self.lock();
        let position = state.position(number)?;
        state.seats.remove(position);
        state.gone = true;
        Some(std::mem::take(&mut state.seats))
    }

    /// Ends the room whoever sits in it; they are to be told with [`Seat::expire`].
    pub(crate) fn dissolve(&self) -> Vec<Seat> {
        let mut state = self.lock();
        state.gone = true;
        std::mem::take(&mut state.seats)
    }

    /// Tells all but one of a change: at once in a small room, else with other changes a little later.
    fn tell(self: &Arc<Self>, state: &mut State, diff: Diff, except: Option<u64>) {
        if let Some(collected) = &mut state.collected {
            collected.merge(diff);
        } else if state.seats.len() > limits::SMALL_ROOM {
            // Without a runtime the relay is ending.
            if let Ok(runtime) = Handle::try_current() {
                state.collected = Some(Box::new(diff));
                runtime.spawn(self.clone().tell_collected());
            }
        } else {
            let mut others = state
                .seats
                .iter()
                .filter(|seat| Some(seat.number) != except)
                .peekable();
            if others.peek().is_some() {
                let frame = reply::presence_diff(self.topic.as_str(), &diff.json());
                for seat in others {
                    seat.outbound.send(&frame);
                }
            }
        }
    }

    /// Tells the changes of a large room until there are none. Only one such task runs for a room: the changes have
    /// to arrive in their order.
    async fn tell_collected(self: Arc<Self>) {
        loop {
            tokio::time::sleep(limits::DIFF_DELAY).await;
            let rest = {
                let mut state = self.lock();
                let Some(collected) = state.collected.as_mut().filter(|diff| !diff.is_empty()) else {
                    state.collected = None;
                    return;
                };
                let diff = std::mem::take(collected.as_mut());
                let frame = reply::presence_diff(self.topic.as_str(), &diff.json());
                let snapshot = state
                    .seats
                    .iter()
                    .map(|seat| (seat.outbound.clone(), frame.clone()))
                    .collect();
                drop(state);
                Fanout::start(snapshot)
            };
            if let Some(rest) = rest {
                rest.finish().await;
            }
        }
    }
}

impl Seat {
    /// What tells a seat that its room is no more.
    pub(crate) fn expire(self, topic: &Topic) -> (Arc<Outbound>, Bytes) {
        let frames = [
            reply::room_expired(topic.as_str()),
            reply::close(&self.join_ref.get(), topic.as_str()),
        ];
        (self.outbound, reply::together(&frames))
    }
}

#[cfg(test)]
mod tests;
