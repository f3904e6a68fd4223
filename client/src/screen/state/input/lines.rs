//! Whole lines instead of keys, for who has no screen. What was said stays in the terminal.

use crate::screen::conversation::Conversation;
use crate::screen::editor::Enter;
use crate::screen::effect::{Effect, Moment};
use crate::screen::keymap::Section;
use crate::screen::keymap::action::Action;
use crate::screen::settings::Settings;
use crate::screen::state::State;
use crate::screen::state::commands::parse::{self, Command, Line};
use crate::screen::talk::entry::Content;

/// The rows that count as seen: all that was printed just now.
const ROWS: u16 = 200;
/// The columns that each may have.
const COLUMNS: u16 = 1000;

/// What became of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was said or done, or refused with a notice.
    Whole(Vec<Effect>),
    /// It ends in a backslash: this is how the next one goes on.
    GoesOn(String),
}

impl State {
    /// A room without a screen.
    pub(crate) fn without_screen(mut room: Conversation, settings: Settings) -> Self {
        room.list.stands_alone();
        room.keeps_lines = true;
        let mut state = Self::new(room, COLUMNS, ROWS);
        // There is nothing that a lock could hide.
        state.settings = Settings {
            lock_after: None,
            ..settings
        };
        state
    }

    /// Takes a line in, as if it had been typed and sent.
    pub(crate) fn line(&mut self, line: &str, moment: Moment) -> Taken {
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

/// Why a command is not done without a screen.
pub(crate) fn refused(command: &Command) -> Option<&'static str> {
    match command {
        Command::Lock | Command::Act(Action::Lock) => {
            Some("a lock would hide nothing: the terminal keeps what was said. /quit, and close it")
        }
        Command::Join(_) => Some("one room at a time without the screen"),
        Command::Act(Action::Panic) | Command::Help { keys: false } => None,
        Command::Act(_)
        | Command::Help { keys: true }
        | Command::Room(_)
        | Command::Next
        | Command::Search(_) => Some("that needs the screen: start without --plain"),
        _ => None,
    }
}

/// The commands that are done without a screen.
pub(crate) fn help() -> Vec<Section> {
    let done = |example: &str| match parse::parse(example) {
        Line::Do(command) => refused(&command).is_none(),
        _ => true,
    };
    let commands = parse::HELP.iter().filter(|(example, _)| done(example));
    let mut lines: Vec<_> = commands
        .map(|(example, does)| ((*example).to_owned(), (*does).to_owned()))
        .collect();
    lines.push((
        "a backslash at the end of a line".to_owned(),
        "the message goes on in the next".to_owned(),
    ));
    lines.push((
        "Ctrl+D on an empty line, or Ctrl+C".to_owned(),
        "leaves".to_owned(),
    ));
    vec![Section {
        heading: "commands",
        lines,
    }]
}
