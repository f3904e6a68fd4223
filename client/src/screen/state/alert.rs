//! When the user is told of a message that came.

use std::time::Duration;

use sotto_protocol::instance::Event;

use super::State;
use crate::room::Update;
use crate::screen::effect::{Effect, Moment, RoomId};
use crate::screen::settings::When;

/// Between two alerts at least: a burst of messages is one reason to look.
const ALERT_EVERY: Duration = Duration::from_secs(5);

impl State {
    /// Tells of a message, where the user wants to be told. Before the room takes the update in.
    pub(crate) fn alert(&mut self, id: RoomId, update: &Update, moment: Moment, effects: &mut Vec<Effect>) {
        let Update::Event {
            event: Event::Message { .. },
            ..
        } = update
        else {
            return;
        };
        let early = (self.alerted).is_some_and(|last| moment.now.saturating_sub(last) < ALERT_EVERY);
        if early || self.rooms.get_mut(id).is_none_or(|room| room.muted) {
            return;
        }
        let looks = self.focus.reads(moment.now);
        let wanted = |when| match when {
            When::Never => false,
            When::Unfocused => !looks,
            When::Always => true,
        };
        let notices = self.settings.notices;
        let (bell, desktop) = (wanted(notices.bell), wanted(notices.desktop));
        if bell || desktop {
            self.alerted = Some(moment.now);
            effects.push(Effect::Alert { bell, desktop });
        }
    }

    /// What the window is called: what waits to be read, and nobody's name.
    pub(crate) fn title(&self) -> String {
        let rooms = self.rooms.iter().map(|(_, room)| room);
        match rooms.filter(|room| !room.muted).map(|room| room.unread).sum() {
            0_usize => "sotto".to_owned(),
            unread => format!("({unread}) sotto"),
        }
    }
}
