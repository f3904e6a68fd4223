//! The rooms that a chat holds open: a handle and its updates each.

use std::future::poll_fn;
use std::task::Poll;

use crate::room::{Room, Update, Updates};
use crate::screen::effect::RoomId;

/// The open rooms. One that is held up holds up no other.
#[derive(Default)]
pub(crate) struct OpenRooms {
    rooms: Vec<OpenRoom>,
    /// Whose updates are looked at first: each in turn, so that none is drowned by another.
    turn: usize,
}

struct OpenRoom {
    id: RoomId,
    room: Room,
    updates: Updates,
}

impl OpenRooms {
    /// One more.
    pub(crate) fn add(&mut self, id: RoomId, (room, updates): (Room, Updates)) {
        self.rooms.push(OpenRoom { id, room, updates });
    }

    /// A room is over: forgets it.
    pub(crate) fn remove(&mut self, id: RoomId) {
        self.rooms.retain(|room| room.id != id);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// One of them, while it is open.
    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        let open = self.rooms.iter().find(|room| room.id == id)?;
        Some(&open.room)
    }

    /// What comes next, and from which room; `None` when its task is gone without a last word. May be dropped and
    /// called again: nothing is lost.
    pub(crate) async fn next(&mut self) -> (RoomId, Option<Update>) {
        poll_fn(|context| {
            let count = self.rooms.len();
            for step in 0..count {
                let place = (self.turn + step) % count;
                let room = &mut self.rooms[place];
                if let Poll::Ready(update) = room.updates.poll_next(context) {
                    self.turn = place + 1;
                    return Poll::Ready((room.id, update));
                }
            }
            Poll::Pending
        })
        .await
    }
}
