//! Whole lines instead of keys, for who has no screen.

use super::editor::Enter;
use super::entry::Content;
use super::update::{Effect, Moment, State};

/// What became of a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was said or done, or refused with a notice.
    Whole(Vec<Effect>),
    /// It ends in a backslash: this is how the next one goes on.
    GoesOn(String),
}

impl State {
    /// Takes a line in, as if it had been typed and sent.
    pub fn line(&mut self, line: &str, moment: Moment) -> Taken {
        self.catch_up(moment);
        self.focus.key(moment.now);
        self.notice.clear();
        let draft = &mut self.rooms.current_mut().draft;
        draft.set(line);
        if draft.enter() == Enter::GoesOn {
            return Taken::GoesOn(draft.take());
        }
        let mut effects = Vec::new();
        self.enter(moment, &mut effects);
        if let Some(page) = self.page.take() {
            let text = Content::Answer(page.text());
            self.rooms.current_mut().list.push(moment.clock, text);
        }
        // What was refused stands in the terminal, above the notice.
        self.rooms.current_mut().draft.take();
        self.see(moment, &mut effects);
        Taken::Whole(effects)
    }
}
