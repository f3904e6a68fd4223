//! Keys while a message is selected.

use crate::screen::conversation::browse::{Browse, MAX_LINKS, Question};
use crate::screen::effect::{Effect, Moment};
use crate::screen::keymap::action::{Action, Browsing};
use crate::screen::layer::help::Page;
use crate::screen::state::State;
use crate::screen::talk::entry::Said;
use crate::screen::text::markup;
use crate::screen::text::search::Needle;

impl State {
    /// Begins to browse with the last message on the screen. False where there is none.
    pub(crate) fn browse(&mut self) -> bool {
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

    /// Brings what is selected before the reader's eyes again.
    pub(crate) fn show_selected(&mut self) {
        let (measure, height) = (self.measure(), self.list_height());
        let room = self.rooms.current_mut();
        let selected = room.browse.as_ref().map(|browse| browse.selected);
        room.select(selected, measure, height);
    }

    /// Selects a message that is on the screen.
    pub(crate) fn pick(&mut self, number: u64) {
        let room = self.rooms.current();
        // It may have faded since it was drawn.
        if room.list.said(number).is_none() || (room.browse.is_none() && !self.browse()) {
            return;
        }
        let (measure, height) = (self.measure(), self.list_height());
        self.rooms.current_mut().select(Some(number), measure, height);
    }

    /// Searches for a text from the newest message on.
    ///
    /// # Errors
    /// A sentence that says that it is nowhere: then nothing is selected either.
    pub(crate) fn search(&mut self, text: &str) -> Result<(), String> {
        self.rooms.current_mut().list.go_to_newest();
        if !self.browse() {
            return Err("nothing was said yet".to_owned());
        }
        let (measure, height) = (self.measure(), self.list_height());
        let room = self.rooms.current_mut();
        if let Some(browse) = &mut room.browse {
            browse.needle = Needle::new(text);
            browse.selected = u64::MAX;
        }
        room.find(true, measure, height)
            .inspect_err(|_| self.rooms.current_mut().stop_browsing(true))
    }

    /// A key while browsing. False when it is not for here, but for whatever is on the screen.
    pub(crate) fn browse_key(&mut self, action: Action, moment: Moment, effects: &mut Vec<Effect>) -> bool {
        if self.rooms.current().browse.is_none() || action == Action::Lock {
            return false;
        }
        let does = match action {
            Action::Browse(does) => does,
            Action::Up => Browsing::Older,
            Action::Down => Browsing::Newer,
            Action::PageUp => Browsing::PageUp,
            Action::PageDown => Browsing::PageDown,
            Action::Top | Action::Home => Browsing::Oldest,
            Action::Bottom | Action::End => Browsing::Newest,
            Action::Send => Browsing::Stay,
            Action::Interrupt | Action::EndOfInput | Action::Suspend | Action::Redraw | Action::Bare => {
                return false;
            }
            Action::Dismiss => {
                self.rooms.current_mut().stop_browsing(true);
                return true;
            }
            action if action.is_for_the_window() => {
                self.rooms.current_mut().stop_browsing(true);
                return false;
            }
            _ => {
                let says = match self.keymap.first_key(Action::Browse(Browsing::Help)) {
                    Some(help) => format!("no key of browse mode: {help} shows them, Esc goes back"),
                    None => "no key of browse mode: Esc goes back".to_owned(),
                };
                self.notice.say(says, moment.now);
                return true;
            }
        };
        self.browse_on(does, moment, effects);
        true
    }

    /// Does what a key of browse mode asks for.
    fn browse_on(&mut self, does: Browsing, moment: Moment, effects: &mut Vec<Effect>) {
        let (measure, height) = (self.measure(), self.list_height());
        let room = self.rooms.current_mut();
        let Some(browse) = &mut room.browse else { return };
        let (list, selected) = (&room.list, browse.selected);
        let number = match does {
            Browsing::Older => list.next(selected, true, |_| true),
            Browsing::Newer => list.next(selected, false, |_| true),
            Browsing::Oldest => list.ends().map(|(first, _)| first),
            Browsing::Newest => list.ends().map(|(_, last)| last),
            Browsing::PageUp => return self.turn_page(true),
            Browsing::PageDown => return self.turn_page(false),
            Browsing::Find => return browse.asks = Some(Question::Needle(String::new())),
            Browsing::FindNext | Browsing::FindPrevious => {
                let found = room.find(does == Browsing::FindNext, measure, height);
                return found.unwrap_or_else(|why| self.notice.say(why, moment.now));
            }
            Browsing::Stay => {
                let follows = !room.list.is_scrolled(measure, height);
                room.stop_browsing(false);
                if follows {
                    // The newest is where the reader was: what comes is to be seen.
                    room.list.go_to_newest();
                }
                return;
            }
            Browsing::Help => return self.page = Some(Page::new(vec![self.keymap.help_browsing()])),
            Browsing::Reply
            | Browsing::Edit
            | Browsing::Delete
            | Browsing::React
            | Browsing::Copy
            | Browsing::Open => return self.with_selected(does, moment, effects),
        };
        room.select(number, measure, height);
    }

    /// What a key of browse mode does, by its name and with no message selected: it is done with the newest message
    /// that it can be done with.
    pub(crate) fn browse_for(&mut self, does: Browsing, moment: Moment, effects: &mut Vec<Effect>) {
        if !self.browse() {
            return self.notice.say("nothing was said yet", moment.now);
        }
        let fits = |said: &Said| match does {
            Browsing::Reply | Browsing::React => !said.deleted && said.by().is_some(),
            Browsing::Edit | Browsing::Delete => !said.deleted && said.by().is_none(),
            Browsing::Open => !said.deleted && !markup::links(&said.text).is_empty(),
            Browsing::Copy => !said.deleted,
            _ => true,
        };
        let (measure, height) = (self.measure(), self.list_height());
        let room = self.rooms.current_mut();
        let newest = room.list.next(u64::MAX, true, fits);
        if newest.is_none() {
            room.stop_browsing(true);
            return self
                .notice
                .say("there is no message that this can be done with", moment.now);
        }
        room.select(newest, measure, height);
        self.browse_on(does, moment, effects);
        let room = self.rooms.current_mut();
        if matches!(does, Browsing::Copy | Browsing::Open)
            && room.browse.as_ref().is_some_and(|browse| !browse.asks())
        {
            room.stop_browsing(true);
        }
    }

    fn turn_page(&mut self, up: bool) {
        let (measure, height, page) = (self.measure(), self.list_height(), self.page());
        let room = self.rooms.current_mut();
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

    /// Does something with the selected message.
    fn with_selected(&mut self, does: Browsing, moment: Moment, effects: &mut Vec<Effect>) {
        let room = self.rooms.current_mut();
        let Some(said) = room.selected() else { return };
        let mine = said.by().is_none();
        if said.deleted {
            return self.notice.say("it was deleted", moment.now);
        }
        let (id, text) = (said.id, said.text.to_string());
        let asks = match does {
            Browsing::Reply => {
                let target = room.target_of(said);
                return room.reply(target);
            }
            Browsing::Edit if mine => return room.edit(id),
            Browsing::Delete if mine => Question::Delete,
            Browsing::React => Question::Reaction(String::new()),
            Browsing::Copy => return effects.push(Effect::Copy(text)),
            Browsing::Open => {
                let links = markup::links(&text).into_iter().map(|(_, address)| address);
                let mut links: Vec<_> = links.take(MAX_LINKS).collect();
                match links.len() {
                    0 => return self.notice.say("there is no link in it", moment.now),
                    1 => return effects.extend(links.pop().map(Effect::OpenLink)),
                    _ => Question::Link(links),
                }
            }
            _ => return self.notice.say("it is not yours", moment.now),
        };
        if let Some(browse) = &mut room.browse {
            browse.asks = Some(asks);
        }
    }
}
