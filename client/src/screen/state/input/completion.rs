//! Tab: completes a command, or the name of somebody here.

use crate::screen::conversation::Conversation;
use crate::screen::effect::Moment;
use crate::screen::keymap;
use crate::screen::state::State;
use crate::screen::state::commands::parse;
use crate::screen::state::rooms::Rooms;

/// The commands whose argument is the title of a room.
const OF_ROOMS: &[&str] = &["/room "];

impl State {
    /// Completes what is before the caret, or inserts a tab where nothing begins like it.
    pub(crate) fn complete(&mut self, moment: Moment) {
        let room = self.rooms.current();
        let before = room.draft.text()[..room.draft.caret()].to_owned();
        let (begun, candidates) = match before.strip_prefix("/join ") {
            Some(begun) => {
                let known = self.settings.rooms.iter().map(|room| room.name.clone());
                (begun, known.filter(|name| name.starts_with(begun)).collect())
            }
            None => candidates(&before, room, &self.rooms),
        };
        let shared = shared(&candidates);
        match (candidates.as_slice(), shared.strip_prefix(begun)) {
            // A tab means nothing in a command.
            ([], _) | (_, None) if before.starts_with('/') => {}
            ([], _) | (_, None) => self.insert("\t", moment),
            ([one], Some(rest)) => {
                let end = if one.starts_with('/') { " " } else { "" };
                self.insert(&format!("{rest}{end}"), moment);
            }
            (several, Some("")) => self.notice.say(several.join("  "), moment.now),
            (_, Some(rest)) => self.insert(rest, moment),
        }
    }
}

/// What is being typed, and what it could become.
fn candidates<'a>(before: &'a str, room: &Conversation, rooms: &Rooms) -> (&'a str, Vec<String>) {
    if before.starts_with('/') && !before.contains(char::is_whitespace) {
        let known = parse::words().map(str::to_owned);
        let mut found: Vec<String> = known.filter(|word| word.starts_with(before)).collect();
        // Every action is a command, too; they are many, and offered where nothing else fits.
        if found.is_empty() {
            let actions = keymap::names().map(|name| format!("/{name}"));
            found = actions.filter(|word| word.starts_with(before)).collect();
        }
        return (before, found);
    }
    if let Some(begun) = OF_ROOMS.iter().find_map(|command| before.strip_prefix(command)) {
        let titles = rooms.iter().map(|(_, room)| room.title());
        return (begun, titles.filter(|title| title.starts_with(begun)).collect());
    }
    let begun = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    if begun.is_empty() {
        return (begun, Vec::new());
    }
    let names = room.people.iter().map(|person| person.name.clone());
    (begun, names.filter(|name| name.starts_with(begun)).collect())
}

/// What all of them begin with.
fn shared(candidates: &[String]) -> String {
    let Some((first, others)) = candidates.split_first() else {
        return String::new();
    };
    let mut shared = first.clone();
    for other in others {
        while !other.starts_with(&shared) {
            shared.pop();
        }
    }
    shared
}
