//! What lies over the talk: each has its own state, takes keys before what lies below, and draws itself.

pub mod form;
pub(crate) mod help;
pub(crate) mod join;
pub(crate) mod lock;
mod question;
mod recall;

use std::time::Duration;

use super::effect::{Effect, Moment};
use super::keymap::action::Action;
use super::state::notice::Notice;
use super::state::rooms::Rooms;
use super::talk::entry::Measure;

/// What all layers share, while one takes a key.
pub(crate) struct Ctx<'a> {
    /// The rooms, and which of them is on the screen.
    pub(crate) rooms: &'a mut Rooms,
    /// What the line above the input says.
    pub(crate) notice: &'a mut Notice,
    /// What is to be done.
    pub(crate) effects: &'a mut Vec<Effect>,
    pub(crate) moment: Moment,
    /// The key came alone, with nothing before or behind it.
    pub(crate) alone: bool,
    /// What the rows of the talk depend on.
    pub(crate) measure: Measure,
    /// How many of them there are.
    pub(crate) height: usize,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was for this layer, which stays.
    Keep,
    /// It was for this layer, which goes.
    Close,
    /// It is for what lies below.
    Pass,
    /// The same, and this layer goes.
    ClosePass,
}

/// Something that lies over the talk.
pub(crate) trait Layer {
    /// Takes a key, or passes it on.
    fn key(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken;

    /// Takes a paste. False when it is for what lies below.
    fn paste(&mut self, _text: &str, _notice: &mut Notice, _now: Duration) -> bool {
        false
    }
}
