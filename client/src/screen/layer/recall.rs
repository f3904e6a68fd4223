//! A search among what was sent that goes on while one types; what is found stands in the input.

use super::{Ctx, Layer, Taken};
use crate::screen::conversation::Conversation;
use crate::screen::editor::history::Recall;
use crate::screen::keymap::action::Action;
use crate::screen::state::notice::Notice;

impl Recall {
    /// Begins to search.
    pub(crate) fn begin(room: &mut Conversation, notice: &mut Notice) {
        room.history.begin(room.draft.text());
        let recall = room.recall.insert(Self::default());
        recall.ask(true, notice);
    }

    fn ask(&self, found: bool, notice: &mut Notice) {
        let query = self.query.as_str();
        let none = if found || query.is_empty() { "" } else { " (none)" };
        notice.ask(format!(
            "search what you sent: {query}{none} · Enter takes it, Ctrl+R older, Esc back"
        ));
    }
}

impl Layer for Recall {
    fn key(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken {
        let room = ctx.rooms.current_mut();
        match action {
            Action::Insert(c) => self.query.push(c),
            Action::Backspace => drop(self.query.pop()),
            Action::SearchSent => {}
            Action::Dismiss | Action::Interrupt => {
                if let Some(draft) = room.history.give_up() {
                    room.draft.set(&draft);
                }
                ctx.notice.clear();
                return Taken::Close;
            }
            _ => {
                room.history.stay();
                ctx.notice.clear();
                // Nothing is sent that was not looked at.
                return match action {
                    Action::Send => Taken::Close,
                    _ => Taken::ClosePass,
                };
            }
        }
        let older = action == Action::SearchSent;
        let found = room.history.find(&self.query, older);
        let found = found.map(|line| room.draft.set(line)).is_some();
        self.ask(found, ctx.notice);
        Taken::Keep
    }
}
