//! What a member asks of the bag of its room.

use bytes::Bytes;
use sotto_protocol::{
    frame::{Payload, Push},
    kept::{self, Announcement, Content, Get, Got, Kept, Put, Signed, dropped},
};

use super::{Channel, Outcome, Ready, Session};
use crate::{
    channel::{
        join_ref::JoinRef,
        reply::{self, Refusal},
        room::Stale,
    },
    clock::Day,
    limits,
    rooms::{Answer, Ask, Asked, Found},
    socket::Outbound,
};

impl Session {
    /// What the reply to a join says of what is kept here; `None` when nothing is.
    pub(super) fn announcement(&self) -> Option<Announcement> {
        let keeping = self.hub.rooms.keeping();
        keeping.is_on().then(|| Announcement {
            days: keeping.days,
            blobs: limits::KEPT_BLOBS as u16,
            challenge: kept::Challenge(rand::random()),
        })
    }

    /// A push that is for the bag; `None` when it is not, or there is none.
    pub(super) fn kept(
        &mut self,
        index: usize,
        push: &Push<'_>,
        outbound: &Outbound,
    ) -> Option<Result<Outcome, Stale>> {
        if !self.hub.rooms.keeping().is_on() {
            return None;
        }
        let ask = match push.event.as_ref() {
            kept::PUT => self.put(index, push),
            kept::GET => get(push),
            kept::DROP => drops(push),
            _ => return None,
        };
        Some(self.ask(index, push, ask, outbound))
    }

    fn ask(
        &mut self,
        index: usize,
        push: &Push<'_>,
        ask: Option<Ask>,
        outbound: &Outbound,
    ) -> Result<Outcome, Stale> {
        let Channel { room, seat, .. } = &self.channels[index];
        let join_ref = room.seat(*seat, &push.join_ref)?;
        let Some(ask) = ask else {
            outbound.send(&reply::refuse(join_ref.get(), push, Refusal::Unauthorized));
            return Ok(Outcome::ANSWERED);
        };
        if matches!(ask, Ask::Get(_)) {
            room.listen(*seat);
        }
        Ok(match self.hub.rooms.ask(room, ask, Day::today()) {
            Asked::Now(answer) => self.answer(push, &join_ref, answer, outbound),
            Asked::Later(answering) => {
                self.wait(push, async { Ready::Kept(join_ref, answering.await) });
                Outcome::ANSWERED
            }
        })
    }

    /// `None` for whatever is wrong with it.
    fn put(&mut self, index: usize, push: &Push<'_>) -> Option<Ask> {
        let rest = self.proven(index, push)?;
        let Put {
            drop_hash,
            days,
            drops,
            blob,
        } = Put::decode(rest)?;
        let (hub, slot, bytes) = (self.hub.hub.clone(), self.slot, blob.len() as u64);
        let may_put = move || {
            let now = hub.clock.now();
            hub.quotas.puts.take(slot, now) && hub.quotas.put_bytes.take_some(slot, bytes, now)
        };
        Some(Ask::Put {
            hash: drop_hash,
            days,
            drops,
            blob: Bytes::copy_from_slice(blob),
            may_put: Box::new(may_put),
        })
    }

    /// What is behind the signature of a push, if a member of the room made it for this seat and this push.
    pub(super) fn proven<'a>(&mut self, index: usize, push: &Push<'a>) -> Option<&'a [u8]> {
        let Payload::Binary(payload) = push.payload else {
            return None;
        };
        let signed = Signed::decode(payload)?;
        let Channel { room, challenge, .. } = &self.channels[index];
        // First what costs less.
        if !self.hub.rooms.is_access(room, &signed.access_hash()) {
            return None;
        }
        let proven = signed.verified(&push.event, room.topic(), challenge, push.reference.text());
        self.spend(limits::SIGNATURE_DELIVERIES, 0);
        proven
    }

    /// Tells what came of it.
    pub(super) fn answer(
        &self,
        push: &Push<'_>,
        join_ref: &JoinRef,
        answer: Answer,
        outbound: &Outbound,
    ) -> Outcome {
        let response = match answer {
            Answer::Placed { placed, is_new } => {
                let told = self.channel(&push.topic).filter(|_| is_new).and_then(|index| {
                    let Channel { room, seat, .. } = &self.channels[index];
                    room.tell_kept(*seat)
                });
                outbound.send(&reply::ok_with(join_ref.get(), push, &placed.to_json()));
                return Outcome {
                    receivers: 0,
                    rest: told,
                };
            }
            Answer::Got { found, more } => {
                return self.bring(push, join_ref, &found, more, outbound);
            }
            Answer::Dropped(dropped) => dropped::to_json(dropped),
            Answer::Refused(refusal) => {
                outbound.send(&reply::refuse(join_ref.get(), push, refusal));
                return Outcome::ANSWERED;
            }
        };
        outbound.send(&reply::ok_with(join_ref.get(), push, &response));
        Outcome::ANSWERED
    }

    fn bring(
        &self,
        push: &Push<'_>,
        join_ref: &JoinRef,
        found: &[Found],
        more: bool,
        outbound: &Outbound,
    ) -> Outcome {
        let got = Got {
            count: u16::try_from(found.len()).unwrap_or(u16::MAX),
            more,
        };
        outbound.send(&reply::ok_with(join_ref.get(), push, &got.to_json()));
        for found in found {
            let kept = Kept {
                number: found.number,
                days_left: found.days_left,
                content: match &found.blob {
                    Some(blob) => Content::Blob(blob),
                    None => Content::Hash(found.hash),
                },
            };
            outbound.send(&reply::kept(join_ref.get(), &push.topic, &kept.encode()));
        }
        Outcome::ANSWERED
    }
}

fn get(push: &Push<'_>) -> Option<Ask> {
    match push.payload {
        Payload::Json(payload) => Get::parse(payload).map(Ask::Get),
        Payload::Binary(_) => None,
    }
}

fn drops(push: &Push<'_>) -> Option<Ask> {
    match push.payload {
        Payload::Json(_) => None,
        Payload::Binary(payload) => kept::tokens(payload).map(Ask::Drop),
    }
}
