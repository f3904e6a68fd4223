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
use crate::screen::keymap::{Keymap, Section};
use crate::screen::layer::help::Page;
use crate::screen::settings::Keep;
use crate::screen::talk::entry::Content;
use crate::screen::talk::transcript::transcript;

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
        let linear = self.rooms.current().keeps_lines;
        let done = match lines::refused(&command).filter(|_| linear) {
            Some(why) => Err(why.to_owned()),
            None => self.try_to_run(command, moment, effects),
        };
        done.map_err(|why| self.notice.say(why, moment.now)).is_ok()
    }

    fn try_to_run(
        &mut self,
        command: parse::Command,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        use parse::Command as Typed;
        let id = self.rooms.current_id();
        let order = |command| Effect::Do { room: id, command };
        let room = self.rooms.current_mut();
        let linear = room.keeps_lines;
        let mine = room.last_mine().ok_or("there is no message of yours");
        match command {
            Typed::Help { keys } => {
                self.page = Some(Page::new(match keys {
                    true => vec![self.keymap.names()],
                    false if linear => lines::help(),
                    false => help(&self.keymap),
                }));
            }
            Typed::Act(action) => self.act(action, false, true, moment, effects),
            Typed::Who => {
                let who = who(room, moment.now);
                self.answer(who, moment);
            }
            Typed::Verify => {
                let words = verify(room)?;
                self.answer(words, moment);
            }
            Typed::Remember(true) => effects.push(order(Command::Remember)),
            Typed::Remember(false) => effects.push(order(Command::Forget)),
            Typed::Name(name) => effects.push(order(Command::Rename(name))),
            Typed::Burn { sure: true } => effects.push(order(Command::Expire)),
            Typed::Burn { sure: false } => self.answer(
                "this destroys the room on the relay for everybody in it; it cannot take back what others have read. \
                 /burn yes does it"
                    .to_owned(),
                moment,
            ),
            Typed::Verified(name) => {
                let peer = room.people.named(name.as_deref())?.id;
                effects.push(order(Command::Compared(peer)));
            }
            Typed::Release(name) => {
                let peer = room.people.named(name.as_deref())?.id;
                effects.push(order(Command::Release(peer)));
            }
            Typed::Edit(text) => effects.push(order(Command::Edit { id: mine?, text })),
            Typed::Delete => effects.push(order(Command::Delete { id: mine? })),
            Typed::Keep if room.keep == Keep::Never => {
                return Err("nothing is left on a relay: keep is \"never\" in config.toml".to_owned());
            }
            Typed::Keep if room.undelivered == 0 => {
                return Err("nothing of yours waits for somebody".to_owned());
            }
            Typed::Keep => effects.push(order(Command::Keep)),
            Typed::Kept => effects.push(order(Command::Waiting)),
            Typed::Invite if room.invitation.is_empty() => {
                return Err("the one who hosts the room hands over how to join it".to_owned());
            }
            Typed::Invite => {
                let invitation = room.invitation.clone();
                room.list.push(moment.clock, Content::Copyable(invitation));
            }
            Typed::Join(target) => self.join(&target, moment, effects),
            Typed::Room(which) => {
                let found = self.rooms.show_named(&which);
                return found.then_some(()).ok_or_else(|| format!("there is no room {which}"));
            }
            Typed::Lock => self.lock(moment),
            Typed::Clear => {
                room.list.clear();
                // What was sent is part of it.
                room.history = History::default();
                if linear {
                    let what = "it is wiped from memory; what your terminal shows is for you to clear";
                    self.notice.say(what, moment.now);
                }
            }
            Typed::Save { file, sure: true } => {
                let talk = transcript(&room.list);
                effects.push(Effect::Save { file, talk });
            }
            Typed::Save { file, sure: false } => self.answer(
                format!(
                    "this writes the talk as it is here into {file}, in clear, where it stays until you delete it; it was \
                     only in memory so far. /save yes {file} does it"
                ),
                moment,
            ),
            Typed::Fade(None) => {
                let told = room.fading_told();
                self.answer(told, moment);
            }
            Typed::Fade(Some(Fading::After(_))) if linear => {
                return Err(
                    "this terminal keeps what was printed: messages cannot fade without the screen".to_owned()
                );
            }
            Typed::Fade(Some(fading)) => effects.push(order(Command::Fade(fading))),
            Typed::Away(why) => {
                let said = if why.is_empty() { "/me is away".to_owned() } else { format!("/me is away: {why}") };
                self.try_to_say(said, moment, effects);
                self.rooms.current_mut().away = true;
            }
            Typed::Mute => {
                room.muted = !room.muted;
                let what = if room.muted { "no notice of what comes" } else { "notice of what comes" };
                self.notice.say(format!("{what} in this room from now on"), moment.now);
            }
            Typed::Leave => self.leave_patiently(id, effects),
            Typed::Quit if !linear && self.loses_something() => self.ask(),
            Typed::Quit => self.leave_all(effects),
            Typed::Next => self.rooms.next_unread(),
            Typed::Search(text) => self.search(&text)?,
        }
        Ok(())
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
