//! Our channel on one connection, as Phoenix Channels V2: what to send, and what it means that comes.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sotto_protocol::frame::{FrameError, Notice, Payload, Push, Received, Ref, Reply, Status};
use sotto_protocol::instance::{EVENT, Tag};
use sotto_protocol::kept::{self, Announcement, Got, Kept, Placed};
use sotto_protocol::mail::mailbox::{self, Answer, Ask, Refusal};
use sotto_protocol::{Credentials, MemberKey, Topic};
use tokio_tungstenite::tungstenite::Message;

use super::presence::Presence;
use crate::room::error::RelayError;

/// Pushes whose reply is waited for, at most: a server that never replies must not fill our memory.
const MAX_WAITING: usize = 4096;
const PHOENIX: &str = "phoenix";

/// What a push was for, until its reply comes.
#[derive(Debug)]
enum Waiting {
    Join,
    Heartbeat,
    Sealed(Tag),
    Kept(mailbox::Tag, KeptEvent),
    Expire,
    Leave,
}

/// What was asked of the bag: how its answer is read.
#[derive(Debug, Clone, Copy)]
enum KeptEvent {
    Put,
    Get,
    Drop,
}

/// What a frame of the relay's means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'a> {
    /// We have a seat.
    Joined,
    /// We got none.
    Refused(RelayError),
    /// The relay has passed on a sealed payload.
    Relayed(Tag),
    /// A sealed payload from another one.
    Sealed(&'a [u8]),
    /// How many seats the room has.
    Seats(usize),
    /// The last heartbeat was answered. The answer to an earlier one may have lain here while the machine slept.
    Alive,
    /// The channel is gone, the connection is not.
    Closed(RelayError),
    /// The answer to something that was asked of the bag.
    Answered(mailbox::Tag, Answer),
    /// Something of the bag.
    Kept(Kept<'a>),
    /// Something new is in the bag.
    News,
    /// Whether the room was destroyed, as we asked.
    Expired(bool),
    /// We have left, as we asked.
    Left,
    /// Nothing that concerns us.
    Nothing,
}

/// The channel of one room on one connection.
pub(crate) struct Channel {
    topic: Topic,
    /// The ref of the last push; the join's is the join_ref of all that follow.
    last: u64,
    join: u64,
    /// The ref of the last heartbeat.
    asked: u64,
    /// What waits for a reply, and how many bytes had been pushed with it.
    waiting: BTreeMap<u64, (Waiting, u64)>,
    /// Bytes that were pushed, and those of them that the relay has: it answers in order.
    pushed: u64,
    arrived: u64,
    presence: Presence,
    /// What the reply to the join said of what the relay keeps.
    announced: Option<Announcement>,
    /// The bag was asked for something in this join.
    looked: bool,
    /// `room_expired` came: the `phx_close` that follows means no more than that.
    expired: bool,
}

impl Channel {
    pub(crate) fn new(topic: Topic) -> Self {
        Self {
            topic,
            last: 0,
            join: 0,
            asked: 0,
            waiting: BTreeMap::new(),
            pushed: 0,
            arrived: 0,
            presence: Presence::default(),
            announced: None,
            looked: false,
            expired: false,
        }
    }

    /// The first frame to send.
    pub(crate) fn join(&mut self, credentials: &Credentials) -> Result<Message, FrameError> {
        self.join = self.last + 1;
        self.push("phx_join", Payload::Json(&credentials.to_json()), Waiting::Join)
    }

    /// A sealed payload for all others.
    pub(crate) fn sealed(&mut self, payload: &[u8], tag: Tag) -> Result<Message, FrameError> {
        self.push(EVENT, Payload::Binary(payload), Waiting::Sealed(tag))
    }

    /// A payload for all others that means nothing; the answer is [`Incoming::Alive`].
    pub(crate) fn probe(&mut self, payload: &[u8]) -> Result<Message, FrameError> {
        self.push(EVENT, Payload::Binary(payload), Waiting::Heartbeat)
    }

    /// What the relay keeps, as it has said in its answer to the join.
    pub(crate) fn announced(&self) -> Option<&Announcement> {
        self.announced.as_ref()
    }

    /// Asks the relay to destroy the room. With the key, also one in whose bag something is.
    pub(crate) fn expire(&mut self, key: Option<&MemberKey>) -> Result<Message, FrameError> {
        match key.and_then(|key| self.signed(key, kept::EXPIRE, &[])) {
            Some(payload) => self.push(kept::EXPIRE, Payload::Binary(&payload), Waiting::Expire),
            None => self.push(kept::EXPIRE, Payload::Json(&empty()), Waiting::Expire),
        }
    }

    /// Asks something of the bag; nothing of a relay that has announced none, as it would pass it on to all.
    pub(crate) fn ask(
        &mut self,
        request: &mailbox::Request,
        key: &MemberKey,
    ) -> Result<Option<Message>, FrameError> {
        if self.announced.is_none() {
            return Ok(None);
        }
        let tag = request.tag;
        let message = match &request.ask {
            Ask::Put(rest) => {
                let payload = self.signed(key, kept::PUT, rest).unwrap_or_default();
                let waiting = Waiting::Kept(tag, KeptEvent::Put);
                self.push(kept::PUT, Payload::Binary(&payload), waiting)
            }
            Ask::Get(get) => {
                self.looked = true;
                let waiting = Waiting::Kept(tag, KeptEvent::Get);
                self.push(kept::GET, Payload::Json(&get.to_json()), waiting)
            }
            Ask::Drop(payload) => {
                let waiting = Waiting::Kept(tag, KeptEvent::Drop);
                self.push(kept::DROP, Payload::Binary(payload), waiting)
            }
        };
        message.map(Some)
    }

    /// What only a member can push next, on a relay that keeps.
    fn signed(&self, key: &MemberKey, event: &str, rest: &[u8]) -> Option<Vec<u8>> {
        let challenge = &self.announced.as_ref()?.challenge;
        let reference = (self.last + 1).to_string();
        Some(key.sign(event, &self.topic, challenge, &reference, rest))
    }

    /// Gives our seat back.
    pub(crate) fn leave(&mut self) -> Result<Message, FrameError> {
        self.push("phx_leave", Payload::Json(&empty()), Waiting::Leave)
    }

    /// Asks the relay whether it is there.
    pub(crate) fn heartbeat(&mut self) -> Result<Message, FrameError> {
        let push = Push {
            join_ref: Ref::Null,
            reference: self.next(),
            topic: PHOENIX.into(),
            event: "heartbeat".into(),
            payload: Payload::Json(&empty()),
        };
        encode(&push).map(|message| self.expect(Waiting::Heartbeat, message))
    }

    fn push(&mut self, event: &str, payload: Payload<'_>, waiting: Waiting) -> Result<Message, FrameError> {
        let reference = self.next();
        let push = Push {
            join_ref: Ref::Text(self.join.to_string().into()),
            reference,
            topic: self.topic.as_str().into(),
            event: event.into(),
            payload,
        };
        encode(&push).map(|message| self.expect(waiting, message))
    }

    fn next(&mut self) -> Ref<'static> {
        self.last += 1;
        Ref::Text(self.last.to_string().into())
    }

    /// The last push waits for its reply.
    fn expect(&mut self, waiting: Waiting, message: Message) -> Message {
        if matches!(waiting, Waiting::Heartbeat) {
            self.asked = self.last;
        }
        self.pushed += message.len() as u64;
        self.waiting.insert(self.last, (waiting, self.pushed));
        if self.waiting.len() > MAX_WAITING {
            self.waiting.pop_first();
        }
        message
    }

    /// Bytes that were pushed and that the relay may not have yet.
    pub(crate) fn on_the_way(&self) -> u64 {
        self.pushed - self.arrived
    }

    /// Takes a frame.
    ///
    /// # Errors
    /// [`FrameError`] for one that is none of the protocol's.
    pub(crate) fn receive<'a>(&mut self, message: &'a Message) -> Result<Incoming<'a>, FrameError> {
        let received = match message {
            Message::Text(text) => Received::decode_text(text.as_str())?,
            Message::Binary(data) => Received::decode_binary(data)?,
            _ => return Ok(Incoming::Nothing),
        };
        Ok(match received {
            Received::Reply(reply) => self.replied(&reply),
            Received::Notice(notice) => self.noticed(&notice),
        })
    }

    fn replied(&mut self, reply: &Reply<'_>) -> Incoming<'static> {
        let reference: Option<u64> = reply.reference.text().parse().ok();
        let Some((waiting, pushed)) = reference.and_then(|reference| self.waiting.remove(&reference)) else {
            return Incoming::Nothing;
        };
        self.arrived = self.arrived.max(pushed);
        let ok = reply.status == Status::Ok;
        match waiting {
            Waiting::Join if ok => {
                self.announced = json(reply).and_then(Announcement::parse);
                Incoming::Joined
            }
            Waiting::Join => {
                let reason = reply.reason().unwrap_or_else(|| "it gave no reason".to_owned());
                Incoming::Refused(RelayError::refused(&reason))
            }
            Waiting::Heartbeat if reference == Some(self.asked) => Incoming::Alive,
            Waiting::Sealed(tag) if ok => Incoming::Relayed(tag),
            // Our seat is gone, whatever became of the phx_close that said so.
            Waiting::Sealed(_) if reply.reason().as_deref() == Some("unmatched topic") => {
                Incoming::Closed(RelayError::ChannelClosed)
            }
            Waiting::Kept(tag, event) => Incoming::Answered(tag, answer(reply, event)),
            Waiting::Expire => Incoming::Expired(ok),
            Waiting::Leave => Incoming::Left,
            // A payload that was not passed on is missed, and sent again, by those who wait for it.
            Waiting::Sealed(_) | Waiting::Heartbeat => Incoming::Nothing,
        }
    }

    fn noticed<'a>(&mut self, notice: &Notice<'a>) -> Incoming<'a> {
        if notice.topic != self.topic.as_str() || !self.is_present(&notice.join_ref) {
            return Incoming::Nothing;
        }
        match (notice.event.as_ref(), notice.payload) {
            (EVENT, Payload::Binary(payload)) => Incoming::Sealed(payload),
            // A broadcast of this name is a member's.
            (kept::KEPT, Payload::Binary(payload)) if self.looked && !notice.join_ref.is_null() => {
                Kept::decode(payload).map_or(Incoming::Nothing, Incoming::Kept)
            }
            (kept::NEW, _) if self.looked && !notice.join_ref.is_null() => Incoming::News,
            ("presence_state", Payload::Json(json)) => seats(self.presence.state(json.get())),
            ("presence_diff", Payload::Json(json)) => seats(self.presence.diff(json.get())),
            ("room_expired", _) => {
                self.expired = true;
                Incoming::Closed(RelayError::Expired)
            }
            ("phx_close", _) if self.expired => Incoming::Closed(RelayError::Expired),
            ("phx_close", _) => Incoming::Closed(RelayError::Unseated),
            ("phx_error", _) => Incoming::Closed(RelayError::ChannelClosed),
            _ => Incoming::Nothing,
        }
    }

    /// Whether a notice is for our present join: one without a join_ref is for all of the topic.
    fn is_present(&self, join_ref: &Ref<'_>) -> bool {
        join_ref.is_null() || join_ref.text().parse() == Ok(self.join)
    }
}

fn json<'a>(reply: &Reply<'a>) -> Option<&'a RawValue> {
    match reply.response {
        Payload::Json(json) => Some(json),
        Payload::Binary(_) => None,
    }
}

/// What the relay answers to something that was asked of the bag.
fn answer(reply: &Reply<'_>, event: KeptEvent) -> Answer {
    let response = json(reply).filter(|_| reply.status == Status::Ok);
    let answer = response.and_then(|response| match event {
        KeptEvent::Put => Placed::parse(response).map(Answer::Placed),
        KeptEvent::Get => Got::parse(response).map(Answer::Got),
        KeptEvent::Drop => kept::dropped::parse(response).map(Answer::Dropped),
    });
    answer.unwrap_or_else(|| Answer::Refused(Refusal::of(&reply.reason().unwrap_or_default())))
}

fn seats(count: Option<usize>) -> Incoming<'static> {
    count.map_or(Incoming::Nothing, Incoming::Seats)
}

/// `{}`
fn empty() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap_or_default()
}

fn encode(push: &Push<'_>) -> Result<Message, FrameError> {
    let mut bytes = Vec::new();
    push.encode(&mut bytes)?;
    Ok(match push.payload {
        Payload::Binary(_) => Message::Binary(bytes.into()),
        // A text frame is made of strings.
        Payload::Json(_) => Message::Text(String::from_utf8(bytes).map_err(|_| FrameError::Text)?.into()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sotto_protocol::RoomHash;

    use super::*;

    fn channel() -> Channel {
        Channel::new(Topic::of(&RoomHash::from_bytes([1; 32])))
    }

    proptest! {
        #[test]
        fn no_frame_breaks_it(bytes: Vec<u8>, text: String, kind in 0_u8..4) {
            let mut channel = channel();
            let _ = channel.heartbeat().unwrap();
            for message in [
                Message::binary(bytes.clone()),
                Message::binary([&[kind, 1, 1, 1, 1][..], &bytes].concat()),
                Message::text(text.as_str()),
                Message::text(serde_json::json!(["1", "1", text, text, {"status": text}]).to_string()),
            ] {
                prop_assert!(channel.receive(&message).map_or(true, |brought| brought != Incoming::Joined));
            }
        }
    }

    #[test]
    fn a_server_that_never_replies_fills_no_memory() {
        let mut channel = channel();
        for _ in 0..3 * MAX_WAITING {
            channel.heartbeat().unwrap();
        }
        assert_eq!(channel.waiting.len(), MAX_WAITING);
    }

    #[test]
    fn what_is_on_the_way_is_what_no_reply_came_for() {
        let mut channel = channel();
        let first = channel.heartbeat().unwrap().len() as u64;
        let second = channel.expire(None).unwrap().len() as u64;
        assert_eq!(channel.on_the_way(), first + second);
        let reply = Message::text(r#"[null,"1","phoenix","phx_reply",{"status":"ok","response":{}}]"#);
        channel.receive(&reply).unwrap();
        assert_eq!(channel.on_the_way(), second);
    }

    #[test]
    fn only_the_answer_to_the_last_heartbeat_says_that_the_relay_is_alive() {
        let mut channel = channel();
        channel.heartbeat().unwrap();
        channel.heartbeat().unwrap();
        let late = Message::text(r#"[null,"1","phoenix","phx_reply",{"status":"ok","response":{}}]"#);
        assert_eq!(channel.receive(&late), Ok(Incoming::Nothing));
        let last = Message::text(r#"[null,"2","phoenix","phx_reply",{"status":"ok","response":{}}]"#);
        assert_eq!(channel.receive(&last), Ok(Incoming::Alive));
    }

    #[test]
    fn a_reply_counts_once() {
        let mut channel = channel();
        channel.heartbeat().unwrap();
        let reply = Message::text(r#"[null,"1","phoenix","phx_reply",{"status":"ok","response":{}}]"#);
        assert_eq!(channel.receive(&reply), Ok(Incoming::Alive));
        assert_eq!(channel.receive(&reply), Ok(Incoming::Nothing));
    }
}
