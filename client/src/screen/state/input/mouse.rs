//! The mouse, where the user wants it to be ours: the wheel scrolls, a click shows a room or selects a message.

use crate::screen::effect::{Effect, Moment};
use crate::screen::keymap::action::Action;
use crate::screen::state::State;

/// The rows that one step of the wheel scrolls, as in most programs.
const STEP: isize = 3;

/// What was done with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// The wheel was turned by a step.
    Wheel {
        /// Away from the user, to what is older.
        up: bool,
    },
    /// The button for that was pressed.
    Click(
        /// On what, if that can be clicked.
        Option<Spot>,
    ),
}

impl State {
    /// Takes in what was done with the mouse. While something is asked it does nothing, as a slip of the hand is no
    /// answer.
    pub(crate) fn mouse(&mut self, mouse: Mouse, moment: Moment, effects: &mut Vec<Effect>) {
        if self.locked.is_some() || self.asked().is_some() {
            return;
        }
        self.last_key = moment.now;
        self.focus.key(moment.now);
        match mouse {
            Mouse::Wheel { up } => {
                let (action, rows) = if up {
                    (Action::Up, -STEP)
                } else {
                    (Action::Down, STEP)
                };
                if self.page.is_some() || self.rooms.current().browse.is_some() {
                    self.act(action, false, true, moment, effects);
                } else {
                    self.scroll(rows);
                }
            }
            Mouse::Click(spot) => match spot {
                Some(Spot::Room(place)) => {
                    self.page = None;
                    self.rooms.current_mut().stop_browsing(true);
                    self.rooms.show(place);
                }
                Some(Spot::Message(number)) => self.pick(number),
                None => {}
            },
        }
    }
}

/// What stands in a cell and can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The tab of the room at this place, from 0 on.
    Room(usize),
    /// The message of this number.
    Message(u64),
}
