//! The rooms that a chat holds open: a handle, its updates, and a task each that carries effects out.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use sotto_protocol::instance::Target;
use tokio::sync::mpsc;

use crate::room::{Command, Room, Update, Updates};
use crate::screen::effect::RoomId;
use crate::screen::state::Input;

/// Orders that a room may not yet have carried out; beyond, nothing is taken from it.
const ORDERS: usize = 64;

/// What a room is told to do.
#[derive(Debug)]
pub enum Order {
    /// To say this.
    Say {
        /// What.
        text: String,
        /// What it answers.
        reply_to: Option<Target>,
    },
    /// To do this.
    Do(Command),
}

/// The open rooms. One that is held up holds up no other.
pub struct OpenRooms {
    rooms: Vec<OpenRoom>,
    /// Whose updates are looked at first: each in turn, so that none is drowned by another.
    turn: usize,
    answer: mpsc::Sender<Input>,
    answers: mpsc::Receiver<Input>,
}

struct OpenRoom {
    id: RoomId,
    room: Room,
    updates: Updates,
    /// To the task that carries them out one after the other. Bounded by `pending`.
    orders: mpsc::UnboundedSender<Order>,
    /// Orders that are not answered yet.
    pending: usize,
}

/// What comes from the rooms.
#[derive(Debug)]
pub enum FromRooms {
    /// An answer to an order.
    Answer(Input),
    /// Something that has happened in a room; `None` when its task is gone without a last word.
    Update(RoomId, Option<Update>),
}

impl OpenRooms {
    /// None yet.
    pub fn new() -> Self {
        let (answer, answers) = mpsc::channel(ORDERS);
        Self {
            rooms: Vec::new(),
            turn: 0,
            answer,
            answers,
        }
    }

    /// One more. Has to be called inside a Tokio runtime.
    pub fn add(&mut self, id: RoomId, (room, updates): (Room, Updates)) {
        let (orders, carried) = mpsc::unbounded_channel();
        tokio::spawn(carry_out(id, room.clone(), carried, self.answer.clone()));
        self.rooms.push(OpenRoom {
            id,
            room,
            updates,
            orders,
            pending: 0,
        });
    }

    /// A room is over: forgets it.
    pub fn remove(&mut self, id: RoomId) {
        self.rooms.retain(|room| room.id != id);
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Tells a room what to do; answered in time.
    pub fn order(&mut self, id: RoomId, order: Order) {
        let Some(room) = self.rooms.iter_mut().find(|room| room.id == id) else {
            return;
        };
        match order {
            // Past everything that waits, and needing no answer.
            Order::Do(
                leave @ Command::Leave {
                    timeout: Duration::ZERO,
                },
            ) => {
                let room = room.room.clone();
                tokio::spawn(async move { room.command(leave).await });
            }
            order => room.pending += usize::from(room.orders.send(order).is_ok()),
        }
    }

    /// What comes next. May be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> FromRooms {
        let from = poll_fn(|context| {
            if let Poll::Ready(Some(answer)) = self.answers.poll_recv(context) {
                return Poll::Ready(FromRooms::Answer(answer));
            }
            let count = self.rooms.len();
            for step in 0..count {
                let place = (self.turn + step) % count;
                let room = &mut self.rooms[place];
                if room.pending >= ORDERS {
                    continue;
                }
                if let Poll::Ready(update) = room.updates.poll_next(context) {
                    self.turn = place + 1;
                    return Poll::Ready(FromRooms::Update(room.id, update));
                }
            }
            Poll::Pending
        })
        .await;
        if let FromRooms::Answer(Input::Said { room, .. } | Input::Done { room, .. }) = &from
            && let Some(room) = self.rooms.iter_mut().find(|open| open.id == *room)
        {
            room.pending = room.pending.saturating_sub(1);
        }
        from
    }
}

/// Gives orders to a room one after the other, and brings back the answers.
async fn carry_out(
    id: RoomId,
    room: Room,
    mut orders: mpsc::UnboundedReceiver<Order>,
    answer: mpsc::Sender<Input>,
) {
    while let Some(order) = orders.recv().await {
        let done = match order {
            Order::Say { text, reply_to } => Input::Said {
                room: id,
                answer: room.say(text, reply_to).await,
            },
            Order::Do(command) => Input::Done {
                room: id,
                command: command.clone(),
                answer: room.command(command).await,
            },
        };
        if answer.send(done).await.is_err() {
            return;
        }
    }
}
