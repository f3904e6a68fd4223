//! What the commands that a user types do, and what they answer.

pub(crate) mod parse;

use std::time::Duration;

use sotto_protocol::fading::Fading;

use super::State;
use super::input::lines;
use super::notice::wait;
use crate::room::{Command, CommandError};
use crate::screen::conversation::Conversation;
use crate::screen::editor::history::History;
use crate::screen::effect::{Effect, Moment, RoomId};
use crate::screen::keymap::action::Action;
use crate::screen::keymap::{Keymap, Section};
use crate::screen::layer::help::Page;
use crate::screen::settings::Keep;
use crate::screen::talk::entry::Content;
use crate::screen::talk::transcript::transcript;

/// What a command of the user's comes to.
enum Outcome {
    /// The room is to do something.
    Do(Command),
    /// An answer to read.
    Show(String),
    /// A word on the line above the input.
    Say(String),
    /// The talk is taken away.
    Cleared,
    /// The keys and commands, or every action by its name.
    Help {
        /// Every action.
        keys: bool,
    },
    /// What a key would do.
    Act(Action),
    /// The talk goes into this file.
    Save(String),
    /// Lines to hand over.
    HandOver,
    /// Another room is joined.
    Join(String),
    /// A room is shown.
    Room(String),
    /// The screen is locked.
    Lock,
    /// This is said, and then we are away.
    Away(String),
    /// This room is left.
    Leave,
    /// All are.
    Quit,
    /// A text is searched for.
    Search(String),
    /// The next room is shown in which something waits.
    Next,
}

impl State {
    /// Shows an answer; of one that is higher than the screen, the beginning.
    pub(crate) fn answer(&mut self, text: String, moment: Moment) {
        let (measure, height) = (self.measure(), self.list_height());
        let list = &mut self.rooms.current_mut().list;
        let number = list.pushed();
        list.push(moment.clock, Content::Answer(text));
        list.go_to_newest();
        list.show(number, measure, height);
    }

    /// Does what the user has typed; false where it cannot be done, which is said.
    pub(crate) fn run(&mut self, command: parse::Command, moment: Moment, effects: &mut Vec<Effect>) -> bool {
        let id = self.rooms.current_id();
        let room = self.rooms.current_mut();
        let linear = room.keeps_lines;
        if linear && let Some(why) = lines::refused(&command) {
            self.notice.say(why, moment.now);
            return false;
        }
        match outcome(room, command, moment.now) {
            Ok(Outcome::Do(command)) => effects.push(Effect::Do { room: id, command }),
            Ok(Outcome::Show(text)) => self.answer(text, moment),
            Ok(Outcome::Help { keys }) => {
                self.page = Some(Page::new(match keys {
                    true => vec![self.keymap.names()],
                    false if linear => lines::help(),
                    false => help(&self.keymap),
                }));
            }
            Ok(Outcome::Say(text)) => self.notice.say(text, moment.now),
            Ok(Outcome::Cleared) if linear => {
                let what = "it is wiped from memory; what your terminal shows is for you to clear";
                self.notice.say(what, moment.now);
            }
            Ok(Outcome::Cleared) => {}
            Ok(Outcome::Act(action)) => self.act(action, false, true, moment, effects),
            Ok(Outcome::HandOver) => {
                let invitation = room.invitation.clone();
                room.list.push(moment.clock, Content::Copyable(invitation));
            }
            Ok(Outcome::Save(file)) => effects.push(Effect::Save {
                file,
                talk: transcript(&room.list),
            }),
            Ok(Outcome::Join(target)) => self.join(&target, moment, effects),
            Ok(Outcome::Room(which)) => {
                if !self.rooms.show_named(&which) {
                    self.notice.say(format!("there is no room {which}"), moment.now);
                    return false;
                }
            }
            Ok(Outcome::Lock) => self.lock(moment),
            Ok(Outcome::Away(text)) => {
                self.try_to_say(text, moment, effects);
                self.rooms.current_mut().away = true;
            }
            Ok(Outcome::Leave) => self.leave_patiently(id, effects),
            Ok(Outcome::Quit) if !linear && self.loses_something() => self.ask(),
            Ok(Outcome::Quit) => self.leave_all(effects),
            Ok(Outcome::Search(text)) => return self.search(&text, moment),
            Ok(Outcome::Next) => self.rooms.next_unread(),
            Err(why) => {
                self.notice.say(why, moment.now);
                return false;
            }
        }
        true
    }

    /// A room's answer to what it was to do.
    pub(crate) fn done(
        &mut self,
        room: RoomId,
        command: Command,
        answer: Result<(), CommandError>,
        moment: Moment,
    ) {
        let Some(room) = self.rooms.get_mut(room) else {
            return;
        };
        match answer {
            Ok(()) => room.done(command, moment.clock),
            Err(error) => self.notice.say(format!("not done: {error}"), moment.now),
        }
    }
}

/// What a command comes to in a room.
///
/// # Errors
/// A sentence that says why it cannot be done.
fn outcome(room: &mut Conversation, command: parse::Command, now: Duration) -> Result<Outcome, String> {
    use parse::Command as Typed;
    let mine = room.last_mine().ok_or("there is no message of yours");
    Ok(match command {
        Typed::Help { keys } => Outcome::Help { keys },
        Typed::Act(action) => Outcome::Act(action),
        Typed::Who => Outcome::Show(who(room, now)),
        Typed::Verify => Outcome::Show(verify(room)?),
        Typed::Remember(true) => Outcome::Do(Command::Remember),
        Typed::Remember(false) => Outcome::Do(Command::Forget),
        Typed::Name(name) => Outcome::Do(Command::Rename(name)),
        Typed::Burn { sure: true } => Outcome::Do(Command::Expire),
        Typed::Burn { sure: false } => Outcome::Show(
            "this destroys the room on the relay for everybody in it; it cannot take back what others have read. \
             /burn yes does it"
                .to_owned(),
        ),
        Typed::Verified(name) => Outcome::Do(Command::Compared(room.people.named(name.as_deref())?.id)),
        Typed::Release(name) => Outcome::Do(Command::Release(room.people.named(name.as_deref())?.id)),
        Typed::Edit(text) => Outcome::Do(Command::Edit { id: mine?, text }),
        Typed::Delete => Outcome::Do(Command::Delete { id: mine? }),
        Typed::Keep if room.keep == Keep::Never => {
            return Err("nothing is left on a relay: keep is \"never\" in config.toml".to_owned());
        }
        Typed::Keep if room.undelivered == 0 => return Err("nothing of yours waits for somebody".to_owned()),
        Typed::Keep => Outcome::Do(Command::Keep),
        Typed::Kept => Outcome::Do(Command::Waiting),
        Typed::Invite if room.invitation.is_empty() => {
            return Err("the one who hosts the room hands over how to join it".to_owned());
        }
        Typed::Invite => Outcome::HandOver,
        Typed::Join(target) => Outcome::Join(target),
        Typed::Room(which) => Outcome::Room(which),
        Typed::Lock => Outcome::Lock,
        Typed::Clear => {
            room.list.clear();
            // What was sent is part of it.
            room.history = History::default();
            Outcome::Cleared
        }
        Typed::Save { file, sure: true } => Outcome::Save(file),
        Typed::Save { file, sure: false } => Outcome::Show(format!(
            "this writes the talk as it is here into {file}, in clear, where it stays until you delete it; it was only \
             in memory so far. /save yes {file} does it"
        )),
        Typed::Fade(None) => Outcome::Show(room.fading_told()),
        Typed::Fade(Some(Fading::After(_))) if room.keeps_lines => {
            return Err("this terminal keeps what was printed: messages cannot fade without the screen".to_owned());
        }
        Typed::Fade(Some(fading)) => Outcome::Do(Command::Fade(fading)),
        Typed::Away(why) if why.is_empty() => Outcome::Away("/me is away".to_owned()),
        Typed::Away(why) => Outcome::Away(format!("/me is away: {why}")),
        Typed::Mute => {
            room.muted = !room.muted;
            let what = if room.muted { "no notice of what comes" } else { "notice of what comes" };
            Outcome::Say(format!("{what} in this room from now on"))
        }
        Typed::Leave => Outcome::Leave,
        Typed::Quit => Outcome::Quit,
        Typed::Next => Outcome::Next,
        Typed::Search(text) => Outcome::Search(text),
    })
}

/// What stands at the edge of our own messages.
const MARKS: &[(&str, &str)] = &[
    ("…", "it waits"),
    ("✓", "the relay has it"),
    ("✓✓", "delivered"),
    ("read", "it was on the other screen"),
    ("lost", "nobody has it, and nobody will get it any more"),
];

/// The help: keys, commands and marks.
pub(crate) fn help(keymap: &Keymap) -> Vec<Section> {
    let section = |heading, lines: &[(&str, &str)]| Section {
        heading,
        lines: lines
            .iter()
            .map(|(what, does)| ((*what).to_owned(), (*does).to_owned()))
            .collect(),
    };
    vec![
        keymap.help(),
        keymap.help_browsing(),
        section("commands", parse::HELP),
        section("marks", MARKS),
    ]
}

fn who(room: &Conversation, now: Duration) -> String {
    let mut lines = vec![format!(
        "you are {}, in the room {} on {}",
        room.me, room.words, room.relay
    )];
    for person in room.people.iter() {
        let compared = if person.compared {
            "verified"
        } else {
            "words not compared yet"
        };
        let here = wait(now.saturating_sub(person.since));
        let silent = match person.silent_since {
            Some((since, _)) => format!(", silent for {}", wait(now.saturating_sub(since))),
            None => String::new(),
        };
        lines.push(format!(
            "{}: {} ({compared}, here for {here}{silent})",
            person.name, person.words
        ));
    }
    if room.people.is_empty() {
        lines.push("nobody else is here".to_owned());
    }
    if room.strangers > 0 {
        lines.push(crate::screen::state::notice::seats(room.strangers));
    }
    if room.disturbed > 0 {
        lines.push(format!(
            "{} times something came that did not open, or was missing",
            room.disturbed
        ));
    }
    lines.join("\n")
}

fn verify(room: &Conversation) -> Result<String, String> {
    if room.people.is_empty() {
        return Err("nobody else is here to verify".to_owned());
    }
    let mut lines = vec![
        "read these words to each other by voice; the same on both screens: nobody sits in between"
            .to_owned(),
    ];
    for person in room.people.iter() {
        lines.push(format!("{}: {}", person.name, person.words));
    }
    lines.push("the same? /verify yes NAME. Not the same: leave, and take another passphrase".to_owned());
    Ok(lines.join("\n"))
}
