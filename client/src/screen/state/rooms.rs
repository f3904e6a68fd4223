//! The rooms that are open, and which of them is on the screen. Nothing else links them.

use std::time::Duration;

use sotto_protocol::RoomHash;

use crate::screen::conversation::Conversation;
use crate::screen::effect::{Moment, RoomId};
use crate::secret::verifier::Verifier;

/// The open rooms in the order of their tabs; at least one.
#[derive(Debug)]
pub struct Rooms {
    open: Vec<(RoomId, Conversation)>,
    /// The place of the one on the screen.
    current: usize,
    /// The one that was on the screen before.
    before: Option<RoomId>,
    /// The next id.
    next: u32,
}

impl Rooms {
    /// One room, on the screen.
    pub(crate) fn new(first: Conversation) -> Self {
        Self {
            open: vec![(RoomId::FIRST, first)],
            current: 0,
            before: None,
            next: 1,
        }
    }

    /// The room on the screen.
    pub fn current(&self) -> &Conversation {
        &self.open[self.current].1
    }

    /// The room on the screen.
    pub fn current_mut(&mut self) -> &mut Conversation {
        &mut self.open[self.current].1
    }

    /// Which room is on the screen.
    pub(crate) fn current_id(&self) -> RoomId {
        self.open[self.current].0
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Conversation> {
        let room = self.open.iter_mut().find(|(room, _)| *room == id)?;
        Some(&mut room.1)
    }

    /// All of them, in the order of their tabs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoomId, &Conversation)> {
        self.open.iter().map(|(id, room)| (*id, room))
    }

    pub(crate) fn ids(&self) -> Vec<RoomId> {
        self.open.iter().map(|(id, _)| *id).collect()
    }

    /// Time has passed in all of them.
    pub(crate) fn tick(&mut self, moment: Moment) {
        for (_, room) in &mut self.open {
            room.tick(moment.now, moment.clock);
        }
    }

    /// What has faded goes. Gives back what is to be said about that in the room on the screen.
    pub(crate) fn fade(&mut self, now: Duration) -> Option<&'static str> {
        let said: Vec<_> = self.open.iter_mut().map(|(_, room)| room.fade(now)).collect();
        said.get(self.current).copied().flatten()
    }

    /// When the next message goes.
    pub(crate) fn next_fade(&self) -> Option<Duration> {
        self.open.iter().filter_map(|(_, room)| room.next_fade()).min()
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// An id for a room that is about to be opened.
    pub fn new_id(&mut self) -> RoomId {
        let id = RoomId(self.next);
        self.next += 1;
        id
    }

    /// What unlocks the screen.
    pub(crate) fn verifiers(&self) -> impl Iterator<Item = &Verifier> {
        self.iter().filter_map(|(_, room)| room.verifier.as_ref())
    }

    /// What their relays call them: the same on whatever relay for the same passphrase and name of a room.
    pub(crate) fn hashes(&self) -> Vec<RoomHash> {
        let places = self.iter().filter_map(|(_, open)| open.place.as_ref());
        places.map(|place| place.room.clone()).collect()
    }

    /// A room is open, and on the screen.
    pub fn add(&mut self, id: RoomId, room: Conversation) {
        self.open.push((id, room));
        self.show(self.open.len() - 1);
    }

    /// A room is closed; the one that was on the screen before it takes its place. The last one stays.
    pub(crate) fn remove(&mut self, id: RoomId) -> Option<Conversation> {
        let place = self.place(id)?;
        if self.open.len() == 1 {
            return None;
        }
        let shown = self.current_id();
        let (_, room) = self.open.remove(place);
        let stays = if shown == id { self.before } else { Some(shown) };
        self.current = stays.and_then(|id| self.place(id)).unwrap_or(0);
        if shown == id || self.before == Some(id) {
            self.before = None;
        }
        Some(room)
    }

    /// Shows the room at a place, from 0 on. False where there is none.
    pub(crate) fn show(&mut self, place: usize) -> bool {
        if place >= self.open.len() {
            return false;
        }
        if place != self.current {
            self.before = Some(self.current_id());
            self.current = place;
        }
        true
    }

    /// Shows the room of a number, or of a title. False where there is none.
    pub(crate) fn show_named(&mut self, which: &str) -> bool {
        let place = match which.parse::<usize>() {
            Ok(number) => number.checked_sub(1),
            Err(_) => self.open.iter().position(|(_, room)| room.title() == which),
        };
        place.is_some_and(|place| self.show(place))
    }

    /// Shows the next room, or the one before; round and round.
    pub(crate) fn step(&mut self, forward: bool) {
        let count = self.open.len();
        self.show((self.current + if forward { 1 } else { count - 1 }) % count);
    }

    /// Shows the room that was on the screen before. False where there is none.
    pub(crate) fn back(&mut self) -> bool {
        match self.before.and_then(|id| self.place(id)) {
            Some(place) => self.show(place),
            None => false,
        }
    }

    /// Shows the next room in which something waits to be read, else the next.
    pub(crate) fn next_unread(&mut self) {
        let count = self.open.len();
        let mut after = (1..count).map(|step| (self.current + step) % count);
        let waits = |place: &usize| self.open[*place].1.unread > 0;
        let place = after.find(waits).unwrap_or((self.current + 1) % count);
        self.show(place);
    }

    fn place(&self, id: RoomId) -> Option<usize> {
        self.open.iter().position(|(room, _)| *room == id)
    }
}

#[cfg(test)]
mod tests {
    use sotto_protocol::Name;
    use sotto_protocol::words::RoomWords;

    use super::*;

    fn room() -> Conversation {
        let name = Name::new("ben").unwrap();
        Conversation::new(
            "relay".to_owned(),
            RoomWords(["otter", "maple"]),
            name,
            Vec::new(),
        )
    }

    fn three() -> (Rooms, [RoomId; 3]) {
        let mut rooms = Rooms::new(room());
        let (second, third) = (rooms.new_id(), rooms.new_id());
        rooms.add(second, room());
        rooms.add(third, room());
        (rooms, [RoomId::FIRST, second, third])
    }

    #[test]
    fn the_room_that_was_there_before_comes_back_when_one_is_closed() {
        let (mut rooms, [first, second, third]) = three();
        rooms.show(0);
        rooms.show(2);
        assert!(rooms.remove(third).is_some());
        assert_eq!(rooms.current_id(), first);
        rooms.show(1);
        rooms.remove(first);
        assert_eq!(rooms.current_id(), second);
        assert!(!rooms.back());
        assert!(rooms.remove(second).is_none(), "the last one stays");
    }

    #[test]
    fn tabs_go_round() {
        let (mut rooms, [first, second, third]) = three();
        rooms.step(true);
        assert_eq!(rooms.current_id(), first);
        rooms.step(false);
        assert_eq!(rooms.current_id(), third);
        assert!(rooms.back());
        assert_eq!(rooms.current_id(), first);
        rooms.get_mut(third).unwrap().unread = 1;
        rooms.next_unread();
        assert_eq!(rooms.current_id(), third);
        assert!(!rooms.show(3));
        rooms.show(1);
        assert_eq!(rooms.current_id(), second);
    }
}
