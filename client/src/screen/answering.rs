//! What the commands that a user types do, and what they answer.

use super::command;
use super::conversation::Conversation;
use super::entry::Content;
use super::update::{Effect, Moment, State};
use crate::room::{Command, CommandError};

impl State {
    pub(super) fn run(&mut self, command: command::Command, moment: Moment, effects: &mut Vec<Effect>) {
        use command::Command as Typed;
        let room = &mut self.room;
        let answer = match command {
            Typed::Help => Ok(help()),
            Typed::Who => Ok(who(room)),
            Typed::Verify => verify(room),
            Typed::Quit => return self.leave(self.patience(), effects),
            Typed::Name(name) => return effects.push(Effect::Do(Command::Rename(name))),
            Typed::Burn { sure: true } => return effects.push(Effect::Do(Command::Expire)),
            Typed::Burn { sure: false } => Ok("this destroys the room on the relay for everybody in it; \
                 it cannot take back what others have read. /burn yes does it"
                .to_owned()),
            Typed::Verified(name) => match room.people.named(name.as_deref()) {
                Ok(person) => return effects.push(Effect::Do(Command::Compared(person.id))),
                Err(why) => Err(why),
            },
            Typed::Release(name) => match room.people.named(name.as_deref()) {
                Ok(person) => return effects.push(Effect::Do(Command::Release(person.id))),
                Err(why) => Err(why),
            },
            Typed::Edit(text) => match room.last_mine() {
                Some(id) => return effects.push(Effect::Do(Command::Edit { id, text })),
                None => Err("there is no message of yours".to_owned()),
            },
            Typed::Delete => match room.last_mine() {
                Some(id) => return effects.push(Effect::Do(Command::Delete { id })),
                None => Err("there is no message of yours".to_owned()),
            },
            Typed::Invite if room.invitation.is_empty() => {
                Err("the one who hosts the room hands over how to join it".to_owned())
            }
            Typed::Invite => {
                let invitation = room.invitation.clone();
                return room.list.push(moment.clock, Content::Copyable(invitation));
            }
        };
        match answer {
            Ok(text) => room.list.push(moment.clock, Content::Answer(text)),
            Err(why) => self.notice.say(why, moment.now),
        }
    }

    pub(super) fn done(&mut self, command: Command, answer: Result<(), CommandError>, moment: Moment) {
        match answer {
            Ok(()) => self.room.done(command, moment.clock),
            // Nobody asked for these.
            Err(_) if matches!(command, Command::Typing(_) | Command::Hold(_) | Command::Read(_)) => {}
            Err(error) => self.notice.say(format!("not done: {error}"), moment.now),
        }
    }
}

fn help() -> String {
    let lines = super::key::HELP
        .iter()
        .chain(command::HELP)
        .map(|(what, does)| format!("{what}: {does}"));
    let marks = "marks: … waiting, ✓ the relay has it, ✓✓ delivered, read".to_owned();
    lines.chain([marks]).collect::<Vec<_>>().join("\n")
}

fn who(room: &Conversation) -> String {
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
        let silent = if person.silent { ", silent" } else { "" };
        lines.push(format!("{}: {} ({compared}{silent})", person.name, person.words));
    }
    if room.people.is_empty() {
        lines.push("nobody else is here".to_owned());
    }
    if room.strangers > 0 {
        lines.push(super::notice::seats(room.strangers));
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
