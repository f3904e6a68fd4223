//! What comes in changes the state; what is to be done goes out. No I/O and no clock here.

use std::collections::HashMap;
use std::time::Duration;

use crossterm::event::KeyEvent;
use sotto_protocol::instance::SayError;
use sotto_protocol::message::{InstanceId, MAX_TEXT, MessageId};

use super::command::{self, Line};
use super::conversation::{Conversation, Link};
use super::entry::{Clock, Content, Measure};
use super::focus::Focus;
use super::key::{Action, action};
use super::notice::Notice;
use super::visible::columns;
use crate::room::{Command, CommandError, Update};

/// The longest draft, in bytes: what one message holds, and a command's word before it.
pub const MAX_DRAFT: usize = MAX_TEXT + 16;
/// How long leaving waits for what is not yet delivered.
pub const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);
/// The texts that may be on their way to the room; the next stays in the input.
const MAX_OUTGOING: usize = 16;

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since any fixed moment; never goes back.
    pub now: Duration,
    /// What the clock on the wall shows.
    pub clock: Clock,
}

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// A key.
    Key {
        /// Which.
        key: KeyEvent,
        /// More input waits behind it: somebody pastes, whatever it looks like.
        more: bool,
        /// It came alone, with nothing before or behind it.
        alone: bool,
    },
    /// A bracketed paste.
    Paste(String),
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The terminal has, or has not, the focus.
    Focus(bool),
    /// Something has happened in the room.
    Room(Update),
    /// The room's answer to [`Effect::Say`].
    Said(Result<MessageId, CommandError>),
    /// The room's answer to [`Effect::Do`].
    Done(Command, Result<(), CommandError>),
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say this; answered by [`Input::Said`], one at a time.
    Say(String),
    /// Do this in the room; answered by [`Input::Done`].
    Do(Command),
    /// Give the terminal back to the shell until it calls again.
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// Everything that the screen knows.
#[derive(Debug)]
pub struct State {
    /// The terminal's columns.
    pub width: u16,
    /// The terminal's rows.
    pub height: u16,
    /// The room on the screen.
    pub room: Conversation,
    /// What the line above the input says.
    pub notice: Notice,
    /// We are on our way out.
    pub leaving: bool,
    /// We are, and wait for nothing.
    pub leaving_now: bool,
    /// To leave when all that was typed is with the room, and how long to wait then.
    then_leave: Option<Duration>,
    /// What the others hear when we leave, as the host.
    farewell: Option<String>,
    focus: Focus,
    /// The user was asked whether to leave; the next key answers.
    asked: bool,
    /// The line that was held back once for its leading space.
    slip: Option<String>,
    /// Input comes without brackets around a paste: Enter only sends when it comes alone.
    holding: bool,
    /// How far each peer knows that we have read.
    read: HashMap<InstanceId, u64>,
}

impl State {
    /// The screen of a room that is about to be opened. `farewell`: what the others hear when the host leaves.
    pub fn new(room: Conversation, width: u16, height: u16, farewell: Option<String>) -> Self {
        Self {
            width,
            height,
            room,
            notice: Notice::default(),
            leaving: false,
            leaving_now: false,
            then_leave: None,
            farewell,
            focus: Focus::Unknown(None),
            asked: false,
            slip: None,
            holding: false,
            read: HashMap::new(),
        }
    }

    /// Takes an input in.
    pub fn update(&mut self, input: Input, moment: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        // In the middle of a paste nobody looks: what costs a look at the whole draft waits for its end.
        let more = matches!(input, Input::Key { more: true, .. });
        match input {
            Input::Key { key, more, alone } => self.key(&key, more, alone, moment, &mut effects),
            Input::Paste(text) => self.paste(&text, moment, &mut effects),
            Input::Resize { width, height } => (self.width, self.height) = (width, height),
            Input::Focus(on) => self.focus = if on { Focus::On } else { Focus::Off },
            Input::Room(update) => {
                effects.extend(
                    self.room
                        .happened(update, moment.now, moment.clock)
                        .map(Effect::Do),
                );
            }
            Input::Said(answer) => self.said(answer, moment, &mut effects),
            Input::Done(command, answer) => self.done(command, answer, moment),
            Input::Tick => {}
        }
        self.notice.expire(moment.now);
        if !more {
            self.see(moment, &mut effects);
        }
        effects
    }

    /// When [`Input::Tick`] is wanted, if at all.
    pub fn next_tick(&self, now: Duration) -> Option<Duration> {
        self.room
            .next_change(now)
            .into_iter()
            .chain(self.notice.until())
            .min()
    }

    /// Leaves without waiting for anything.
    pub fn leave_now(&mut self) -> Effect {
        (self.leaving, self.leaving_now) = (true, true);
        Effect::Do(Command::Leave {
            timeout: Duration::ZERO,
        })
    }

    /// Begins to leave: waits for what is not yet delivered, at most so long.
    fn leave(&mut self, timeout: Duration, effects: &mut Vec<Effect>) {
        if timeout.is_zero() {
            return effects.push(self.leave_now());
        }
        if !self.leaving
            && let Some(farewell) = self.farewell.take()
            && !self.room.people.is_empty()
        {
            self.say(farewell, effects);
        }
        self.leaving = true;
        self.then_leave = Some(timeout);
        self.go_on_leaving(effects);
    }

    /// Leaves once the room has all that was typed.
    fn go_on_leaving(&mut self, effects: &mut Vec<Effect>) {
        if self.room.outgoing.texts.is_empty()
            && let Some(timeout) = self.then_leave.take()
        {
            effects.push(Effect::Do(Command::Leave { timeout }));
        }
    }

    fn key(&mut self, key: &KeyEvent, more: bool, alone: bool, moment: Moment, effects: &mut Vec<Effect>) {
        let Some(action) = action(key) else { return };
        self.focus.key(moment.now);
        self.notice.key(moment.now);
        let asked = std::mem::take(&mut self.asked);
        if asked {
            self.notice.clear();
        }
        if alone {
            self.holding &= action != Action::Send;
        }
        let width = self.input_width();
        let draft = &mut self.room.draft;
        match action {
            Action::Insert(c) => self.insert(c.encode_utf8(&mut [0; 4]), moment),
            Action::NewLine => self.insert("\n", moment),
            Action::Send if more || self.holding => {
                self.holding = true;
                self.insert("\n", moment);
                self.notice.say(
                    "input that comes this fast looks like a paste: Enter alone sends it",
                    moment.now,
                );
            }
            Action::Send => self.enter(moment, effects),
            Action::Interrupt if !draft.is_empty() => {
                draft.kill_all();
                self.holding = false;
                self.notice.say("cleared; Ctrl+Y brings it back", moment.now);
            }
            Action::EndOfInput if !draft.is_empty() => draft.delete(),
            Action::Interrupt | Action::EndOfInput if self.leaving => self.leave(Duration::ZERO, effects),
            Action::Interrupt | Action::EndOfInput if asked => self.leave(self.patience(), effects),
            Action::Interrupt | Action::EndOfInput => self.ask(),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::Dismiss => self.notice.clear(),
            Action::Left => draft.left(),
            Action::Right => draft.right(),
            Action::WordLeft => draft.word_left(),
            Action::WordRight => draft.word_right(),
            Action::Home => draft.home(),
            Action::End if draft.is_empty() => self.room.list.to_newest(),
            Action::End => draft.end(),
            Action::Backspace => draft.backspace(),
            Action::Delete => draft.delete(),
            Action::KillToEnd => draft.kill_to_end(),
            Action::KillToStart => draft.kill_to_start(),
            Action::KillWord => draft.kill_word(),
            Action::KillNextWord => draft.kill_next_word(),
            Action::Yank => self.yank(moment),
            Action::Up | Action::Down => {
                let down = action == Action::Down;
                if !draft.vertical(down, width) {
                    self.scroll(if down { 1 } else { -1 });
                }
            }
            Action::PageUp => self.scroll(-self.page()),
            Action::PageDown => self.scroll(self.page()),
            Action::Top => self.scroll(isize::MIN),
            Action::Bottom => self.room.list.to_newest(),
        }
        self.type_notice(moment, effects);
    }

    fn scroll(&mut self, rows: isize) {
        let (measure, height) = (self.measure(), self.list_height());
        self.room.list.scroll(rows, measure, height);
    }

    /// The rows of a page: one stays, so that the eye finds on.
    fn page(&self) -> isize {
        isize::try_from(self.list_height())
            .unwrap_or(isize::MAX)
            .saturating_sub(1)
            .max(1)
    }

    fn type_notice(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        effects.extend(self.room.typing(moment.now).map(Effect::Do));
    }

    /// Types into the draft, as far as there is room for it.
    fn insert(&mut self, text: &str, moment: Moment) {
        if self.room.draft.text().len() + text.len() > MAX_DRAFT {
            self.notice.full(text.len(), moment.now);
        } else {
            self.room.draft.insert(text);
        }
    }

    fn yank(&mut self, moment: Moment) {
        let killed = self.room.draft.killed().len();
        if self.room.draft.text().len() + killed > MAX_DRAFT {
            self.notice.full(killed, moment.now);
        } else {
            self.room.draft.yank();
        }
    }

    fn paste(&mut self, text: &str, moment: Moment, effects: &mut Vec<Effect>) {
        self.focus.key(moment.now);
        self.asked = false;
        let text = super::visible::clean(text);
        let over = (self.room.draft.text().len() + text.len()).saturating_sub(MAX_TEXT);
        if over > 0 {
            let over = super::notice::grouped(over);
            self.notice.say(
                format!("nothing was pasted: it is {over} bytes over what one message holds (60,000)"),
                moment.now,
            );
            return;
        }
        self.room.draft.insert(&text);
        match text.lines().count() {
            0 | 1 if !text.contains('\n') => self.notice.clear(),
            lines => self
                .notice
                .say(format!("{lines} lines pasted, Enter sends"), moment.now),
        }
        self.type_notice(moment, effects);
    }

    fn enter(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        if self.room.draft.text().trim().is_empty() {
            return;
        }
        if self.leaving {
            return self.notice.say("leaving; nothing more is said", moment.now);
        }
        let line = self.room.draft.text().to_owned();
        match command::parse(&line) {
            Line::Slip if self.slip.as_deref() != Some(&line) => {
                self.notice.say(
                    "a space before a slash: Enter again says it, without the space it is a command",
                    moment.now,
                );
                self.slip = Some(line);
                return;
            }
            Line::Wrong(why) => return self.notice.say(why, moment.now),
            Line::Do(command) => {
                self.room.draft.kill_all();
                self.room.list.to_newest();
                self.run(command, moment, effects);
            }
            Line::Say(text) => self.try_to_say(text, moment, effects),
            Line::Slip => self.try_to_say(line, moment, effects),
        }
        self.slip = None;
    }

    fn try_to_say(&mut self, text: String, moment: Moment, effects: &mut Vec<Effect>) {
        if let Some(over) = text.len().checked_sub(MAX_TEXT + 1) {
            let error = SayError::TooLong { over: over + 1 };
            return self.notice.say(format!("{error}; it stays here"), moment.now);
        }
        if self.room.outgoing.texts.len() >= MAX_OUTGOING {
            return self
                .notice
                .say(format!("{}; it stays here", SayError::Full), moment.now);
        }
        self.room.draft.take();
        self.notice.clear();
        self.say(text, effects);
    }

    fn say(&mut self, text: String, effects: &mut Vec<Effect>) {
        self.room.outgoing.texts.push_back(text.clone());
        // One at a time: what is refused must not be overtaken.
        if self.room.outgoing.texts.len() == 1 {
            effects.push(Effect::Say(text));
        }
    }

    fn said(&mut self, answer: Result<MessageId, CommandError>, moment: Moment, effects: &mut Vec<Effect>) {
        match answer {
            Ok(id) => {
                self.room.taken(id, moment.clock);
                effects.extend(self.room.outgoing.texts.front().cloned().map(Effect::Say));
            }
            Err(error) => {
                self.room.refused();
                self.notice.say(format!("{error}; it stays here"), moment.now);
            }
        }
        self.go_on_leaving(effects);
    }

    fn done(&mut self, command: Command, answer: Result<(), CommandError>, moment: Moment) {
        match answer {
            Ok(()) => self.room.done(command, moment.clock),
            // Nobody asked for these.
            Err(_) if matches!(command, Command::Typing(_) | Command::Hold(_) | Command::Read(_)) => {}
            Err(error) => self.notice.say(format!("not done: {error}"), moment.now),
        }
    }

    /// How long leaving waits.
    fn patience(&self) -> Duration {
        match self.room.link {
            Link::Up if !self.room.people.is_empty() => LEAVE_TIMEOUT,
            // Without a connection, or with nobody there, it would be waited in vain.
            _ => Duration::ZERO,
        }
    }

    fn ask(&mut self) {
        self.asked = true;
        let question = match self.room.undelivered + self.room.outgoing.texts.len() {
            0 => "leave? Ctrl+C again leaves".to_owned(),
            1 => "leave? 1 message is not delivered yet; Ctrl+C again leaves".to_owned(),
            count => format!("leave? {count} messages are not delivered yet; Ctrl+C again leaves"),
        };
        self.notice.ask(question);
    }

    fn run(&mut self, command: command::Command, moment: Moment, effects: &mut Vec<Effect>) {
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

    /// Marks what is before the reader's eyes, and tells its authors.
    fn see(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        if !self.focus.reads(moment.now) {
            return;
        }
        let (measure, height) = (self.measure(), self.list_height());
        self.room.list.see(measure, height);
        for receipt in self.room.read() {
            let known = self.read.entry(receipt.peer).or_default();
            if *known < receipt.number + 1 {
                *known = receipt.number + 1;
                effects.push(Effect::Do(Command::Read(receipt)));
            }
        }
    }

    /// What the rows of the list depend on.
    pub fn measure(&self) -> Measure {
        let names = self.room.people.iter().map(|person| person.name.as_str());
        let name = names
            .chain([self.room.me.as_str()])
            .map(columns)
            .max()
            .unwrap_or(0);
        Measure {
            width: usize::from(self.width),
            name,
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
