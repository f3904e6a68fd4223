//! On the way out: what is asked before, and what is waited for.

use std::time::Duration;

use crate::room::Command;
use crate::screen::conversation::Conversation;
use crate::screen::effect::{Effect, RoomId};
use crate::screen::settings::Keep;
use crate::screen::state::State;

impl State {
    /// Leaves all rooms without waiting for anything.
    pub(crate) fn leave_now(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in self.rooms.ids() {
            if let Some(room) = self.rooms.get_mut(id) {
                room.out.now = true;
            }
            self.leave(id, Duration::ZERO, &mut effects);
        }
        effects
    }

    /// Whether all rooms are being left.
    pub(crate) fn leaving(&self) -> bool {
        self.rooms.iter().all(|(_, room)| room.out.begun)
    }

    /// Whether all rooms are being left, and nothing is waited for.
    pub(crate) fn leaving_now(&self) -> bool {
        self.rooms.iter().all(|(_, room)| room.out.now)
    }

    /// Leaves all rooms; each waits for what is not yet delivered while that can be.
    pub(crate) fn leave_all(&mut self, effects: &mut Vec<Effect>) {
        for room in self.rooms.ids() {
            self.leave_patiently(room, effects);
        }
    }

    /// Leaves a room, which waits for what is not yet delivered while that can be.
    pub(crate) fn leave_patiently(&mut self, room: RoomId, effects: &mut Vec<Effect>) {
        if let Some(timeout) = self.rooms.get_mut(room).map(|room| room.patience()) {
            self.leave(room, timeout, effects);
        }
    }

    /// Begins to leave: waits for what is not yet delivered, at most so long.
    fn leave(&mut self, id: RoomId, timeout: Duration, effects: &mut Vec<Effect>) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let begun = std::mem::replace(&mut room.out.begun, true);
        room.out.then = Some(timeout);
        if !begun
            && !timeout.is_zero()
            && let Some(farewell) = room.farewell.take()
            && !room.people.is_empty()
        {
            let said = room.say(farewell);
            effects.extend(said.map(|text| text.say(id)));
        }
        self.go_on_leaving(id, effects);
    }

    /// Leaves once the room has all that was typed, or at once.
    pub(crate) fn go_on_leaving(&mut self, id: RoomId, effects: &mut Vec<Effect>) {
        if let Some(room) = self.rooms.get_mut(id)
            && (room.out.now || room.outgoing.texts.is_empty())
            && let Some(timeout) = room.out.then.take()
        {
            let command = Command::Leave { timeout };
            effects.push(Effect::Do { room: id, command });
        }
    }

    /// Whether leaving would not wait for something that is not delivered.
    pub(crate) fn loses_something(&self) -> bool {
        let mut rooms = self.rooms.iter();
        rooms.any(|(_, room)| room.waiting() > 0 && room.patience().is_zero())
    }

    pub(crate) fn ask(&mut self) {
        self.asked = true;
        let undelivered: usize = self.rooms.iter().map(|(_, room)| room.waiting()).sum();
        let mut what = match self.rooms.len() {
            1 => "leave?".to_owned(),
            count => format!("leave all {count} rooms?"),
        };
        let hosts = |room: &Conversation| room.farewell.is_some() && !room.people.is_empty();
        if self.rooms.iter().any(|(_, room)| hosts(room)) {
            what.push_str(" Your relay ends for the others, too.");
        }
        let keeps = |room: &Conversation| room.kept.days.is_some() && room.keep != Keep::Never;
        let keep = match self
            .rooms
            .iter()
            .any(|(_, room)| room.waiting() > 0 && keeps(room))
        {
            true => "; /keep leaves it on the relay",
            false => "",
        };
        self.notice.ask(match undelivered {
            0 => format!("{what} Ctrl+C again leaves"),
            1 => format!("{what} 1 message is not delivered yet{keep}; Ctrl+C again leaves"),
            count => format!("{what} {count} messages are not delivered yet{keep}; Ctrl+C again leaves"),
        });
    }
}
