//! What was sent, in the input again: by line, or by a search that goes on while one types.

use crate::screen::effect::Moment;
use crate::screen::keymap::action::Action;
use crate::screen::state::State;

impl State {
    /// Brings back the line that was sent before the one in the input, or after it.
    pub(crate) fn recall(&mut self, older: bool, moment: Moment) {
        let room = self.rooms.current_mut();
        if older {
            match room.history.older(room.draft.text()) {
                Some(line) => room.draft.set(line),
                None => self.notice.say("nothing older was sent", moment.now),
            }
        } else if let Some(line) = room.history.newer() {
            room.draft.set(&line);
        }
    }

    /// Begins to search among what was sent.
    pub(crate) fn begin_recall(&mut self) {
        let room = self.rooms.current_mut();
        room.history.begin_search(room.draft.text());
        self.ask_what_to_recall(true);
    }

    /// While something is searched for, keys are for that. Whether this one was.
    pub(crate) fn recall_key(&mut self, action: Action) -> bool {
        let room = self.rooms.current_mut();
        if room.history.query().is_none() {
            return false;
        }
        let found = match action {
            Action::Insert(c) => room.history.search_on(c),
            Action::Backspace => room.history.search_back(),
            Action::SearchSent => room.history.search_older(),
            Action::Dismiss | Action::Interrupt => {
                if let Some(draft) = room.history.give_up() {
                    room.draft.set(&draft);
                }
                self.notice.clear();
                return true;
            }
            _ => {
                room.history.end_search();
                self.notice.clear();
                // Nothing is sent that was not looked at.
                return action == Action::Send;
            }
        };
        let found = found.map(|line| room.draft.set(line)).is_some();
        self.ask_what_to_recall(found);
        true
    }

    fn ask_what_to_recall(&mut self, found: bool) {
        let query = self.rooms.current().history.query().unwrap_or_default();
        let none = if found || query.is_empty() { "" } else { " (none)" };
        self.notice.ask(format!(
            "search what you sent: {query}{none} · Enter takes it, Ctrl+R older, Esc back"
        ));
    }
}
