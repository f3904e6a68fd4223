//! One connection: from its beginning, over the join, to its end.

use sotto_protocol::frame::FrameError;
use sotto_protocol::instance::Now;
use sotto_protocol::mail::mailbox;
use sotto_protocol::{Credentials, Topic};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{Goodbye, MAX_ON_THE_WAY, MAX_PENDING, MAX_REQUESTS, Task};
use crate::platform::give_back_pages;
use crate::room::recorder::Direction;
use crate::room::relay::channel::{Channel, Incoming};
use crate::room::relay::connect::connect;
use crate::room::relay::heartbeat::{Due, Heartbeat};
use crate::room::relay::socket::Socket;
use crate::room::{Command, CommandError, RelayError, Update, clock};

impl Task {
    /// One connection, from its beginning to its end.
    pub(super) async fn connection(&mut self) -> Result<Goodbye, RelayError> {
        self.tell(Update::Connecting);
        let (address, timing) = (self.address.clone(), self.timing);
        let Some(socket) = self.during(connect(&address, &timing)).await else {
            return Ok(Goodbye);
        };
        let mut socket = socket?;
        let mut channel = Channel::new(Topic::of(&self.root.room_hash()));
        let credentials = Credentials {
            access: self.root.access_hash(),
            sender: self.root.sender_hash(&self.run),
        };
        socket.push(channel.join(&credentials).map_err(garbage)?);
        let asked = clock::now();
        let Some(joined) = self
            .during(timeout(timing.join, join(&mut socket, &mut channel)))
            .await
        else {
            return Ok(Goodbye);
        };
        joined.map_err(|_| RelayError::JoinUnanswered(timing.join))??;
        let now = clock::now();
        self.jumped = false;
        self.was_joined = true;
        self.instance.joined(now);
        self.tell(Update::Joined);
        if let Some(update) = self.keeper.joined(channel.announced(), now) {
            self.tell(update);
        }
        give_back_pages();
        let round_trip = now.monotonic.saturating_sub(asked.monotonic);
        let heartbeat = Heartbeat::new(timing, round_trip, now.monotonic, &mut self.rng);
        let served = self.serve(&mut socket, &mut channel, heartbeat).await;
        if clock::now().monotonic.saturating_sub(now.monotonic) >= timing.settled {
            self.failures = 0;
        }
        if let Some(answer) = self.expiring.take() {
            self.answer(Command::Expire, answer, Err(CommandError::Offline));
        }
        served
    }

    /// A connection that is joined.
    pub(super) async fn serve(
        &mut self,
        socket: &mut Socket,
        channel: &mut Channel,
        mut heartbeat: Heartbeat,
    ) -> Result<Goodbye, RelayError> {
        // Until when the peers may acknowledge that we leave.
        let mut parting = None;
        loop {
            let now = clock::now();
            if std::mem::take(&mut self.jumped) {
                heartbeat.probe(now.monotonic, channel.on_the_way());
                socket.push(channel.heartbeat().map_err(garbage)?);
            }
            heartbeat.received(socket.received(), now.monotonic);
            match heartbeat.due(now.monotonic, channel.on_the_way(), &mut self.rng) {
                Due::Nothing => {}
                Due::Beat => socket.push(channel.heartbeat().map_err(garbage)?),
                Due::Dead => return Err(RelayError::Silent),
            }
            if let Some(answer) = self.expire.take() {
                self.expiring = Some(answer);
                let key = self.root.member_key();
                socket.push(channel.expire(Some(&key)).map_err(garbage)?);
            }
            if self.is_time_to_leave(now) {
                let latest = *parting.get_or_insert(now.monotonic + self.timing.parting);
                self.instance.leave(now);
                if self.instance.has_left() || now.monotonic >= latest {
                    self.give_back(socket, channel).await;
                    return Ok(Goodbye);
                }
            }
            self.push_sealed(socket, channel)?;
            // While the reader is slow nothing is read, so no answer can come: no heartbeat may run out.
            let read = self.pending.len() < MAX_PENDING && self.requests.len() < MAX_REQUESTS;
            if !read {
                heartbeat.excused(now.monotonic);
            }
            tokio::select! {
                message = socket.next(read) => {
                    let now = clock::now();
                    match channel.receive(&message?).map_err(garbage)? {
                        Incoming::Sealed(payload) => {
                            self.record(Direction::In, payload);
                            self.instance.received(payload, now);
                        }
                        Incoming::Relayed(tag) => self.instance.relayed(tag),
                        Incoming::Seats(count) => self.instance.seats(count, now),
                        Incoming::Answered(tag, answer) => self.keeper.mailbox.answered(tag, answer, now),
                        Incoming::Kept(kept) => self.keeper.mailbox.received(&kept, now),
                        Incoming::News => self.keeper.mailbox.news(),
                        Incoming::Alive => heartbeat.answered(now.monotonic),
                        Incoming::Closed(why) => return Err(why),
                        Incoming::Expired(done) => {
                            if self.expired(done) {
                                return Ok(Goodbye);
                            }
                        }
                        Incoming::Joined | Incoming::Refused(_) | Incoming::Left | Incoming::Nothing => {}
                    }
                }
                () = self.wait(parting.into_iter().chain([heartbeat.timeout()]).min()) => {}
            }
            self.attend();
        }
    }

    /// Takes from the instance what the socket and the path have room for.
    pub(super) fn push_sealed(
        &mut self,
        socket: &mut Socket,
        channel: &mut Channel,
    ) -> Result<(), RelayError> {
        while socket.has_room()
            && channel.on_the_way() < MAX_ON_THE_WAY
            && let Some(push) = self.instance.next_push()
        {
            self.record(Direction::Out, &push.payload);
            socket.push(channel.sealed(&push.payload, push.tag).map_err(garbage)?);
        }
        while socket.has_room()
            && channel.on_the_way() < MAX_ON_THE_WAY
            && let Some(request) = self.next_request()
        {
            let pushed = channel.ask(&request, &self.root.member_key());
            if let Some(message) = pushed.map_err(garbage)? {
                socket.push(message);
            }
        }
        self.gather();
        Ok(())
    }

    fn next_request(&mut self) -> Option<mailbox::Request> {
        let now = clock::now();
        let is_handshaking = self.instance.is_handshaking(now);
        self.keeper.mailbox.next_request(is_handshaking, now)
    }

    pub(super) fn is_time_to_leave(&self, now: Now) -> bool {
        self.leaving
            .is_some_and(|latest| now.monotonic >= latest + self.keeper.holds_up(now) || self.is_settled(now))
    }

    /// Gives the seat back, and waits a moment until the relay has all that was pushed.
    pub(super) async fn give_back(&mut self, socket: &mut Socket, channel: &mut Channel) {
        let limit = self.timing.goodbye;
        let goodbye = async {
            self.push_sealed(socket, channel)?;
            socket.push(channel.leave().map_err(garbage)?);
            // The relay answers in order: its answer to this means that it has what came before.
            loop {
                let message = socket.next(true).await?;
                if channel.receive(&message).map_err(garbage)? == Incoming::Left {
                    break;
                }
            }
            socket.push(Message::Close(None));
            socket.flush().await
        };
        // We leave either way; peers that were not told find out.
        let _ = timeout(limit, goodbye).await;
    }

    /// The relay's answer to the wish to destroy the room. True when it is done.
    pub(super) fn expired(&mut self, done: bool) -> bool {
        if let Some(answer) = self.expiring.take() {
            let done = done.then_some(()).ok_or(CommandError::NotExpired);
            self.answer(Command::Expire, answer, done);
        }
        done
    }
}

/// Waits for the answer to the join.
async fn join(socket: &mut Socket, channel: &mut Channel) -> Result<(), RelayError> {
    loop {
        let message = socket.next(true).await?;
        match channel.receive(&message).map_err(garbage)? {
            Incoming::Joined => return Ok(()),
            Incoming::Refused(why) | Incoming::Closed(why) => return Err(why),
            _ => {}
        }
    }
}

fn garbage(error: FrameError) -> RelayError {
    RelayError::Garbage(error.to_string())
}
