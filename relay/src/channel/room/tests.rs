use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sotto_protocol::{RoomHash, SenderHash, frame::Payload};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::*;
use crate::socket::{self, Close, Handler, Limits, Sockets, serve};

const SOON: Duration = Duration::from_secs(20);

/// A socket that a seat can be taken with, and its other end.
struct Seatmate {
    outbound: Arc<Outbound>,
    client: WebSocketStream<TcpStream>,
}

/// Gives away its `Outbound` with the first message.
struct GiveAway(Option<oneshot::Sender<Arc<Outbound>>>);

impl Handler for GiveAway {
    type Fanout = Fanout;

    fn message(&mut self, _: socket::Message<'_>, outbound: &Arc<Outbound>) -> Result<Option<Fanout>, Close> {
        let _ = self.0.take().unwrap().send(outbound.clone());
        Ok(None)
    }

    fn pause(&mut self) -> Option<Instant> {
        None
    }

    fn closed(&mut self) {}
}

impl Seatmate {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let (give, given) = oneshot::channel();
        let sockets = Arc::new(Sockets::new(Limits::default()));
        tokio::spawn(serve(sockets, accepted, Bytes::new(), 0, GiveAway(Some(give))));
        let mut client = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        client.send(Message::text("")).await.unwrap();
        Self {
            outbound: given.await.unwrap(),
            client,
        }
    }

    /// Takes a seat under the key of a name, with the name as the join_ref.
    fn join(&self, room: &Arc<Room>, name: &'static str, max_seats: usize) -> Result<u64, NoSeat> {
        let push = Push {
            join_ref: Ref::Text(name.into()),
            reference: Ref::Text("1".into()),
            topic: room.topic().as_str().into(),
            event: "phx_join".into(),
            payload: Payload::Binary(&[]),
        };
        let newcomer = Newcomer {
            response: reply::nothing(),
            outbound: &self.outbound,
            key: key(name),
            push: &push,
            replaces: None,
        };
        room.join(&newcomer, max_seats)
    }

    async fn next(&mut self) -> Value {
        let message = timeout(SOON, self.client.next()).await.unwrap().unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    /// The event of the next frame and its join_ref.
    async fn event(&mut self) -> (Value, Value) {
        let frame = self.next().await;
        (frame[3].clone(), frame[0].clone())
    }
}

fn key(name: &str) -> PresenceKey {
    let mut sender = [0; 32];
    sender[..name.len()].copy_from_slice(name.as_bytes());
    PresenceKey::of(&SenderHash::from_bytes(sender))
}

fn room() -> Arc<Room> {
    Arc::new(Room::new(Topic::of(&RoomHash::from_bytes([1; 32]))))
}

#[tokio::test]
async fn a_joiner_of_a_busy_room_has_its_reply_and_the_state_first() {
    let (room, talker, mut joiner) = (room(), Seatmate::new().await, Seatmate::new().await);
    let seat = talker.join(&room, "talker", 8).unwrap();
    let frame = reply::room_expired(room.topic().as_str());
    let busy = room.clone();
    let talking = std::thread::spawn(move || {
        for _ in 0..20_000 {
            busy.push(seat, &Ref::Null, &frame).unwrap();
        }
    });
    let seat = joiner.join(&room, "joiner", 8).unwrap();
    assert_eq!(joiner.event().await, (json!("phx_reply"), json!("joiner")));
    assert_eq!(joiner.event().await, (json!("presence_state"), json!("joiner")));
    room.leave(seat);
    talking.join().unwrap();
}

#[tokio::test]
async fn a_replaced_seat_is_closed_and_its_number_removes_nothing() {
    let (room, mut other) = (room(), Seatmate::new().await);
    let (mut old, new) = (Seatmate::new().await, Seatmate::new().await);
    other.join(&room, "other", 2).unwrap();
    let ghost = old.join(&room, "anna", 2).unwrap();
    let seat = new.join(&room, "anna", 2).unwrap();
    assert!(!room.is_seated(ghost) && room.is_seated(seat));
    for event in ["phx_reply", "presence_state", "phx_close"] {
        assert_eq!(old.event().await, (json!(event), json!("anna")));
    }
    assert_eq!(
        room.push(ghost, &Ref::Null, &Bytes::new()).err(),
        Some(Stale::Unseated)
    );
    assert!(!room.leave(ghost) && room.is_seated(seat));
    for event in ["phx_reply", "presence_state"] {
        assert_eq!(other.event().await, (json!(event), json!("other")));
    }
    let came = other.next().await;
    let replaced = other.next().await;
    assert_eq!(replaced[4]["leaves"], came[4]["joins"]);
    assert_eq!(replaced[4]["joins"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_room_that_has_ended_seats_nobody_and_ends_once() {
    let (room, anna) = (room(), Seatmate::new().await);
    let seat = anna.join(&room, "anna", 8).unwrap();
    assert_eq!(room.end_if_empty(), None);
    assert!(room.leave(seat));
    assert_eq!(room.end_if_empty(), Some(false));
    assert_eq!(room.end_if_empty(), None);
    assert_eq!(anna.join(&room, "anna", 8), Err(NoSeat::Gone));
}

#[tokio::test]
async fn only_a_seat_expires_its_room() {
    let (room, anna, ben) = (room(), Seatmate::new().await, Seatmate::new().await);
    let seat = anna.join(&room, "anna", 8).unwrap();
    ben.join(&room, "ben", 8).unwrap();
    assert!(room.expire(seat + 2).is_none());
    assert_eq!(room.expire(seat).unwrap().len(), 1);
    assert!(room.expire(seat).is_none());
    assert_eq!(ben.join(&room, "ben", 8), Err(NoSeat::Gone));
}

#[tokio::test]
async fn a_large_room_hears_of_many_changes_at_once() {
    let (room, mut first, crowd) = (room(), Seatmate::new().await, Seatmate::new().await);
    first.join(&room, "first", 100).unwrap();
    let names = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
    ];
    let seats = names.map(|name| crowd.join(&room, name, 100).unwrap());
    room.leave(seats[19]);
    for event in ["phx_reply", "presence_state"] {
        assert_eq!(first.event().await.0, event);
    }
    // One by one up to sixteen seats; the rest together, who came and went among them.
    for _ in 1..limits::SMALL_ROOM {
        assert_eq!(first.next().await[4]["joins"].as_object().unwrap().len(), 1);
    }
    let diff = first.next().await;
    assert_eq!(diff[4]["joins"].as_object().unwrap().len(), names.len() - 15);
    assert_eq!(diff[4]["leaves"].as_object().unwrap().len(), 1);
}
