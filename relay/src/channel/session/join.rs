//! How a socket comes to a seat in a room.

use std::sync::Arc;

use sotto_protocol::{
    Credentials, Topic,
    frame::{Payload, Push},
    kept::{Announcement, Challenge},
};

use super::{Channel, Outcome, Ready, Session};
use crate::{
    channel::{
        fanout::Fanout,
        presence::PresenceKey,
        reply::{self, Refusal},
        room::{Newcomer, NoSeat},
    },
    clock::Day,
    limits,
    rooms::{Entry, Saving},
    socket::Outbound,
};

/// What a join asks for.
pub(super) struct Asked {
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

impl Session {
    pub(super) fn join(&mut self, push: &Push<'_>, outbound: &Arc<Outbound>) -> Outcome {
        match self.asked(push) {
            Ok(asked) => self.sit(push, asked, outbound),
            Err(refusal) => self.refuse(push, refusal, outbound),
        }
    }

    pub(super) fn refuse(&mut self, push: &Push<'_>, refusal: Refusal, outbound: &Outbound) -> Outcome {
        self.hub.counters.joined(Err(refusal));
        if refusal == Refusal::Unauthorized {
            self.failed = true;
            let now = self.hub.clock.now();
            self.hub.quotas.failed_joins.spend(self.slot, 1, now);
        }
        outbound.send(&reply::refuse(push.join_ref.clone(), push, refusal));
        Outcome::ANSWERED
    }

    /// What a join asks for, if it may ask at all.
    fn asked(&self, push: &Push<'_>) -> Result<Asked, Refusal> {
        let (now, quotas) = (self.hub.clock.now(), &self.hub.quotas);
        if !quotas.joins.take(self.slot, now) || self.failed && quotas.failed_joins.is_spent(self.slot, now) {
            return Err(Refusal::RateLimited);
        }
        let credentials = match push.payload {
            Payload::Json(payload) => Credentials::parse(payload),
            Payload::Binary(_) => None,
        };
        match (credentials, Topic::parse(&push.topic)) {
            (Some(credentials), Ok(topic)) => Ok(Asked { topic, credentials }),
            _ => {
                self.hub.rooms.dummy_lookup();
                Err(Refusal::Unauthorized)
            }
        }
    }

    /// Takes the seat that was asked for, now or when the room is saved, or says why not.
    pub(super) fn sit(&mut self, push: &Push<'_>, asked: Asked, outbound: &Arc<Outbound>) -> Outcome {
        match self.try_sit(push, &asked, outbound) {
            Ok((rest, None)) => {
                self.hub.counters.joined(Ok(()));
                Outcome { receivers: 0, rest }
            }
            Ok((rest, Some(saving))) => {
                self.wait(push, async { Ready::Join(asked, saving.await) });
                Outcome { receivers: 0, rest }
            }
            Err(refusal) => self.refuse(push, refusal, outbound),
        }
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
            self.hub.quotas.seats.give_back(self.slot);
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
                    self.hub.quotas.unseated.give_back(self.slot);
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
        if self.hub.quotas.seats.take(self.slot) {
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
        let announcement = self.announcement();
        let response = announcement.as_ref().map(Announcement::to_json);
        for _ in 0..limits::ATTEMPTS {
            let may_make = || self.hub.quotas.rooms.take(self.slot, self.hub.clock.now());
            let entered = (self.hub.rooms).enter(topic, &credentials.access, Day::today(), may_make)?;
            let expelled = (entered.expelled.into_iter())
                .map(|seat| seat.expire(topic))
                .collect();
            let rest = Fanout::start(expelled);
            let room = match entered.entry {
                Entry::Open(room) => room,
                Entry::Saving(saving) => {
                    let channel = Err(saving);
                    return Ok(Seated { channel, rest });
                }
            };
            let newcomer = Newcomer {
                outbound,
                key: PresenceKey::of(&credentials.sender),
                push,
                response: response.as_deref().unwrap_or(reply::nothing()),
                replaces: index
                    .map(|index| &self.channels[index])
                    .filter(|channel| Arc::ptr_eq(&channel.room, &room))
                    .map(|channel| channel.seat),
            };
            match room.join(&newcomer, self.hub.max_seats) {
                Ok(seat) => {
                    let challenge = announcement.map_or(Challenge([0; 16]), |announced| announced.challenge);
                    let channel = Ok(Channel {
                        room,
                        seat,
                        challenge,
                    });
                    return Ok(Seated { channel, rest });
                }
                Err(NoSeat::Full) => return Err(Refusal::RoomFull),
                Err(NoSeat::Gone) => {}
            }
        }
        Err(Refusal::RelayFull)
    }
}
