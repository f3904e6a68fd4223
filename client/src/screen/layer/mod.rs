//! What lies over the talk: each has its own state, takes keys before what lies below, and draws itself.

pub mod form;
pub(crate) mod help;
pub(crate) mod join;
pub(crate) mod lock;

use super::effect::{Effect, Moment};
use super::keymap::action::Action;
use super::state::notice::Notice;
use super::state::rooms::Rooms;

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
    /// The columns and rows of the talk.
    pub(crate) size: (usize, usize),
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
}

/// One that is not there passes everything on.
impl<L: Layer> Layer for Option<L> {
    fn key(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken {
        let taken = self.as_mut().map_or(Taken::Pass, |layer| layer.key(action, ctx));
        if matches!(taken, Taken::Close | Taken::ClosePass) {
            *self = None;
        }
        taken
    }
}
