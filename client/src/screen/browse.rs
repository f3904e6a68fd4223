//! Browse mode: one message is selected, and bare keys do something with it.

use sotto_protocol::instance::Target;

use super::conversation::Conversation;
use super::entry::{Measure, Said};
use super::key::Action;
use super::list::{Marked, Reader};
use super::markup;
use super::page::{Page, Section};
use super::search::Needle;
use super::update::{Effect, Moment, State};
use super::visible::visible_line;
use crate::room::Command;

/// The keys, as `?` shows them.
pub const HELP: &[(&str, &str)] = &[
    (
        "j k, Down Up, PageDown PageUp, G g",
        "another message, a page of them, the newest, the oldest",
    ),
    ("/", "searches upwards; n the next, N the one before"),
    ("r", "answers the message"),
    ("e d", "edits or deletes one of yours"),
    ("+", "reacts to it"),
    ("y o", "copies its text, opens its link"),
    ("Esc", "goes back to where you were; Enter or i stay here"),
];

/// The help's section about browsing.
pub fn help() -> Section {
    let lines = HELP
        .iter()
        .map(|(keys, does)| ((*keys).to_owned(), (*does).to_owned()));
    Section {
        heading: "a message is selected",
        lines: lines.collect(),
    }
}

/// The reactions that have a key, from 1 on.
const REACTIONS: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];
/// The longest text that is searched for, in bytes.
const MAX_NEEDLE: usize = 200;
/// The links that can be chosen from: each has a digit.
const MAX_LINKS: usize = 9;

/// What is selected, and what was asked for.
#[derive(Debug)]
pub struct Browse {
    selected: u64,
    /// Where the reader was before.
    before: Reader,
    needle: Option<Needle>,
    asks: Option<Asks>,
}

/// What is being typed on the event line.
#[derive(Debug, PartialEq, Eq)]
enum Asks {
    /// What to look for.
    Needle(String),
    /// A reaction.
    Reaction(String),
    /// Which of these links.
    Link(Vec<String>),
    /// Whether to delete the message.
    Delete,
}

impl Browse {
    /// What is to stand out in the list.
    pub fn marked(&self) -> Marked<'_> {
        Marked {
            selected: Some(self.selected),
            needle: self.needle.as_ref(),
            ..Marked::default()
        }
    }

    /// Whether a bare character is a key right after the Esc that began it. Others are with Alt then, as everywhere:
    /// Esc e changes our last message, Esc n goes to the next room.
    pub fn owns(&self, c: char) -> bool {
        self.asks.is_some() || "jkgG/rdyoi+? ".contains(c)
    }

    /// What the event line says.
    pub fn line(&self) -> String {
        match &self.asks {
            Some(Asks::Needle(text)) => format!("/{}▏", visible_line(text)),
            Some(Asks::Reaction(text)) if text.is_empty() => {
                let keys = REACTIONS
                    .iter()
                    .enumerate()
                    .map(|(at, one)| format!("{} {one}", at + 1));
                let keys: Vec<_> = keys.collect();
                format!("{} or type one; Enter takes yours back", keys.join("  "))
            }
            Some(Asks::Reaction(text)) => format!("react with {}▏ Enter", visible_line(text)),
            Some(Asks::Link(links)) => {
                let links = links
                    .iter()
                    .enumerate()
                    .map(|(at, link)| format!("{} {link}", at + 1));
                format!("open {}", links.collect::<Vec<_>>().join("  "))
            }
            Some(Asks::Delete) => "delete it for everybody? d deletes".to_owned(),
            None => match &self.needle {
                Some(needle) => format!("/{}: n N · Esc back · ? keys", visible_line(needle.text())),
                None => "browse: j k / e d r y o + · Esc back · ? keys".to_owned(),
            },
        }
    }
}

impl Conversation {
    /// The message that is selected.
    fn selected(&self) -> Option<&Said> {
        self.list.said(self.browse.as_ref()?.selected)
    }

    /// A message as others know it.
    pub fn target_of(&self, said: &Said) -> Target {
        Target {
            author: said.by().unwrap_or(self.id),
            id: said.id,
        }
    }

    /// Browses no more. `back`: to where the reader was before.
    pub fn stop_browsing(&mut self, back: bool) {
        if let Some(browse) = self.browse.take()
            && back
        {
            self.list.go_back(browse.before);
        }
    }

    fn select(&mut self, number: Option<u64>, measure: Measure, height: usize) {
        if let (Some(number), Some(browse)) = (number, &mut self.browse) {
            browse.selected = number;
            self.list.show(number, measure, height);
        }
    }

    /// Selects the next message that matches, upwards or downwards, and round. False when there is none.
    fn find(&mut self, up: bool, measure: Measure, height: usize) -> bool {
        let Some(Browse {
            needle: Some(needle),
            selected,
            ..
        }) = &self.browse
        else {
            return false;
        };
        let matches = |said: &Said| !said.deleted && needle.is_in(&said.text);
        let around = if up { u64::MAX } else { 0 };
        let found = self
            .list
            .next(*selected, up, matches)
            .or_else(|| self.list.next(around, up, matches));
        self.select(found, measure, height);
        found.is_some()
    }
}

impl State {
    /// Begins to browse with the last message on the screen. False where there is none.
    pub(super) fn browse(&mut self) -> bool {
        let (measure, height) = (self.measure(), self.list_height());
        let room = self.rooms.current_mut();
        let shown = room.list.shown(measure, height);
        let Some(selected) = room.list.next(shown.end, true, |_| true) else {
            return false;
        };
        let before = room.list.reader();
        room.list.hold(measure, height);
        room.browse = Some(Browse {
            selected,
            before,
            needle: None,
            asks: None,
        });
        room.select(Some(selected), measure, height);
        self.notice.clear();
        true
    }

    /// Searches for a text from the newest message on.
    pub(super) fn search(&mut self, text: &str, moment: Moment) {
        self.rooms.current_mut().list.to_newest();
        if !self.browse() {
            return self.notice.say("nothing was said yet", moment.now);
        }
        if let Some(browse) = &mut self.rooms.current_mut().browse {
            browse.needle = Needle::new(text);
            browse.selected = u64::MAX;
        }
        self.find(true, moment);
    }

    fn find(&mut self, up: bool, moment: Moment) {
        let (measure, height) = (self.measure(), self.list_height());
        if self.rooms.current_mut().find(up, measure, height) {
            return;
        }
        let room = self.rooms.current_mut();
        let needle = room.browse.as_ref().and_then(|browse| browse.needle.as_ref());
        let text = needle.map_or("nothing to search for: / begins".to_owned(), |needle| {
            format!("nothing here says {}", needle.text())
        });
        let last = room.list.next(u64::MAX, true, |_| true);
        if room.selected().is_none() {
            room.select(last, measure, height);
        }
        self.notice.say(text, moment.now);
    }

    /// A key while browsing. False when it is not for here, but for whatever is on the screen.
    pub(super) fn browse_key(&mut self, action: Action, moment: Moment, effects: &mut Vec<Effect>) -> bool {
        let (measure, height, page) = (self.measure(), self.list_height(), self.page());
        let room = self.rooms.current_mut();
        let Some(browse) = &mut room.browse else {
            return false;
        };
        if let Some(asks) = browse.asks.take() {
            self.answered(asks, action, moment, effects);
            return true;
        }
        let selected = browse.selected;
        let list = &room.list;
        match action {
            Action::Interrupt | Action::EndOfInput | Action::Suspend | Action::Redraw | Action::Bare => {
                return false;
            }
            Action::Lock | Action::Panic => return false,
            // The Esc before it was for this.
            Action::Room(_)
            | Action::NextRoom
            | Action::PreviousRoom
            | Action::LastRoom
            | Action::NextUnread
            | Action::EditLast
            | Action::Help => {
                room.stop_browsing(true);
                return false;
            }
            Action::Dismiss => room.stop_browsing(true),
            Action::Send | Action::Insert('i') => room.stop_browsing(false),
            Action::Up | Action::Insert('k') => {
                room.select(list.next(selected, true, |_| true), measure, height)
            }
            Action::Down | Action::Insert('j') => {
                room.select(list.next(selected, false, |_| true), measure, height)
            }
            Action::PageUp | Action::PageDown | Action::Insert(' ') => {
                let up = action == Action::PageUp;
                room.list.scroll(if up { -page } else { page }, measure, height);
                let shown = room.list.shown(measure, height);
                let number = match up {
                    true => room.list.next(shown.start.saturating_sub(1), false, |_| true),
                    false => room.list.next(shown.end, true, |_| true),
                };
                // At the newest the list would follow what comes.
                room.list.hold(measure, height);
                room.select(number, measure, height);
            }
            Action::Top | Action::Home | Action::Insert('g') => {
                let first = list.ends().map(|(first, _)| first);
                room.select(first, measure, height);
            }
            Action::Bottom | Action::End | Action::Insert('G') => {
                let last = list.ends().map(|(_, last)| last);
                room.select(last, measure, height);
            }
            Action::Insert('/') => browse.asks = Some(Asks::Needle(String::new())),
            Action::Insert('+') => browse.asks = Some(Asks::Reaction(String::new())),
            Action::Insert('n') => self.find(true, moment),
            Action::Insert('N') => self.find(false, moment),
            Action::Insert('?') => {
                self.page = Some(Page::new(vec![help()]));
            }
            Action::Insert(c @ ('r' | 'e' | 'd' | 'y' | 'o')) => self.with_selected(c, moment, effects),
            _ => self.notice.say(
                "no key of browse mode: ? shows them, i goes back to typing",
                moment.now,
            ),
        }
        true
    }

    /// Does something with the selected message.
    fn with_selected(&mut self, key: char, moment: Moment, effects: &mut Vec<Effect>) {
        let room = self.rooms.current_mut();
        let Some(said) = room.selected() else { return };
        let mine = said.by().is_none();
        if said.deleted {
            return self.notice.say("it was deleted", moment.now);
        }
        let (id, text) = (said.id, said.text.to_string());
        match key {
            'r' => {
                let target = room.target_of(said);
                room.reply(target);
            }
            'e' if mine => room.edit(id),
            'd' if mine => {
                if let Some(browse) = &mut room.browse {
                    browse.asks = Some(Asks::Delete);
                }
            }
            'y' => effects.push(Effect::Copy(text)),
            'o' => {
                let links = markup::links(&text).into_iter().map(|(_, address)| address);
                let mut links: Vec<_> = links.take(MAX_LINKS).collect();
                match (links.len(), &mut room.browse) {
                    (0, _) => self.notice.say("there is no link in it", moment.now),
                    (1, _) => effects.extend(links.pop().map(Effect::OpenLink)),
                    (_, Some(browse)) => browse.asks = Some(Asks::Link(links)),
                    (_, None) => {}
                }
            }
            _ => self.notice.say("it is not yours", moment.now),
        }
    }

    /// A key that answers what the event line asks.
    fn answered(&mut self, asks: Asks, action: Action, moment: Moment, effects: &mut Vec<Effect>) {
        let room = self.rooms.current_mut();
        let again = match (asks, action) {
            (_, Action::Dismiss | Action::Interrupt) => None,
            (Asks::Needle(text), Action::Send) => {
                if let (Some(needle), Some(browse)) = (Needle::new(&text), &mut room.browse) {
                    browse.needle = Some(needle);
                }
                return self.find(true, moment);
            }
            (Asks::Needle(text), action) => typed(text, action, MAX_NEEDLE).map(Asks::Needle),
            (Asks::Reaction(text), Action::Send) => {
                self.react(text, effects);
                None
            }
            (Asks::Reaction(text), Action::Insert(c @ '1'..='6')) if text.is_empty() => {
                let number = usize::from(c as u8 - b'1');
                self.react(REACTIONS[number].to_owned(), effects);
                None
            }
            (Asks::Reaction(text), action) => {
                typed(text, action, sotto_protocol::message::MAX_REACTION).map(Asks::Reaction)
            }
            (Asks::Link(links), Action::Insert(c)) => {
                let number = c
                    .to_digit(10)
                    .and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1));
                effects.extend(
                    number
                        .and_then(|number| links.get(number).cloned())
                        .map(Effect::OpenLink),
                );
                None
            }
            (Asks::Delete, Action::Insert('d' | 'y')) => {
                let id = room.selected().map(|said| said.id);
                let room = self.rooms.current_id();
                effects.extend(id.map(|id| Effect::Do {
                    room,
                    command: Command::Delete { id },
                }));
                None
            }
            (Asks::Link(_) | Asks::Delete, _) => None,
        };
        if let Some(browse) = &mut self.rooms.current_mut().browse {
            browse.asks = again;
        }
    }

    fn react(&mut self, reaction: String, effects: &mut Vec<Effect>) {
        let room = self.rooms.current();
        if let Some(said) = room.selected() {
            let target = room.target_of(said);
            effects.push(Effect::Do {
                room: self.rooms.current_id(),
                command: Command::React { target, reaction },
            });
        }
    }
}

/// A short text after a key; `None` when it was given up.
fn typed(mut text: String, action: Action, limit: usize) -> Option<String> {
    match action {
        Action::Insert(c) if c != '\t' && text.len() + c.len_utf8() <= limit => text.push(c),
        Action::Backspace => {
            text.pop()?;
        }
        Action::KillToStart | Action::KillWord => text.clear(),
        _ => {}
    }
    Some(text)
}
