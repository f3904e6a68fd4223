//! What lies over the talk gets a key before the talk does.

use crate::screen::conversation::browse::Question;
use crate::screen::editor::history::Recall;
use crate::screen::effect::{Effect, Moment};
use crate::screen::keymap::action::Action;
use crate::screen::layer::help::Page;
use crate::screen::layer::join::Joining;
use crate::screen::layer::lock::Lock;
use crate::screen::layer::{Ctx, Layer, Taken};
use crate::screen::state::State;

/// Where a layer is, while it is there.
type Slot<L> = fn(&mut State) -> Option<&mut Option<L>>;

impl State {
    /// Offers a key to all of them, the uppermost first. Nothing where it was for one; else whether the user was asked
    /// just before whether to leave.
    pub(super) fn offer(
        &mut self,
        action: Action,
        alone: bool,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) -> Option<bool> {
        let lock: Slot<Lock> = |state| Some(&mut state.locked);
        let join: Slot<Joining> = |state| Some(&mut state.joining);
        let help: Slot<Page> = |state| Some(&mut state.page);
        let recall: Slot<Recall> = |state| Some(&mut state.rooms.current_mut().recall);
        let question: Slot<Question> = |state| Some(&mut state.rooms.current_mut().browse.as_mut()?.asks);
        if self.offer_to(lock, action, alone, moment, effects)
            || self.lock_question_key(action)
            || self.offer_to(join, action, alone, moment, effects)
        {
            return None;
        }
        let asked = self.leave_question_key(action, alone);
        let taken = self.offer_to(help, action, alone, moment, effects)
            || self.offer_to(recall, action, alone, moment, effects)
            || self.offer_to(question, action, alone, moment, effects)
            || self.browse_key(action, moment, effects);
        (!taken).then_some(asked)
    }

    /// Whether it was asked whether to leave; any key but the same again takes that back, and does its own.
    fn leave_question_key(&mut self, action: Action, alone: bool) -> bool {
        let asked = std::mem::take(&mut self.asked);
        if asked {
            self.notice.clear();
        }
        if alone {
            self.holding &= action != Action::Send;
        }
        asked
    }

    /// Offers a key to a layer, if it is there. Whether it was for that.
    fn offer_to<L: Layer>(
        &mut self,
        slot: Slot<L>,
        action: Action,
        alone: bool,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) -> bool {
        // It may change what it lies over, which it is a part of.
        let Some(mut layer) = slot(self).and_then(Option::take) else {
            return false;
        };
        let (measure, height) = (self.measure(), self.list_height());
        let mut ctx = Ctx {
            rooms: &mut self.rooms,
            notice: &mut self.notice,
            effects,
            moment,
            alone,
            measure,
            height,
        };
        let taken = layer.key(action, &mut ctx);
        if matches!(taken, Taken::Keep | Taken::Pass)
            && let Some(slot) = slot(self)
        {
            *slot = Some(layer);
        }
        matches!(taken, Taken::Keep | Taken::Close)
    }

    /// Whether keys are for the selected message.
    pub(super) fn browsing(&self) -> bool {
        let browse = &self.rooms.current().browse;
        let selected = browse.as_ref().is_some_and(|browse| !browse.asks());
        selected && self.page.is_none() && self.locked.is_none() && self.asked().is_none()
    }
}
