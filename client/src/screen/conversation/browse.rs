//! Browse mode: one message is selected, and bare keys do something with it.

use std::time::Duration;

use sotto_protocol::instance::Target;

use super::Conversation;
use crate::screen::keymap::Keymap;
use crate::screen::keymap::action::{Action, Browsing};
use crate::screen::talk::entry::{Measure, Said};
use crate::screen::talk::list::{Marked, Reader};
use crate::screen::text::search::Needle;
use crate::screen::text::visible::visible_line;

/// What the event line names.
const SHOWN: &[Browsing] = &[
    Browsing::Newer,
    Browsing::Older,
    Browsing::Find,
    Browsing::Edit,
    Browsing::Delete,
    Browsing::Reply,
    Browsing::Copy,
    Browsing::Open,
    Browsing::React,
];

/// What is selected, and what was asked for.
#[derive(Debug)]
pub(crate) struct Browse {
    pub(crate) selected: u64,
    /// Where the reader was before.
    pub(crate) before: Reader,
    pub(crate) needle: Option<Needle>,
    pub(crate) asks: Option<Question>,
}

impl Browse {
    /// What is to stand out in the list.
    pub(crate) fn marked(&self) -> Marked<'_> {
        Marked {
            selected: Some(self.selected),
            needle: self.needle.as_ref(),
        }
    }

    /// Whether something is being typed on the event line: characters are text then.
    pub(crate) fn asks(&self) -> bool {
        self.asks.is_some()
    }

    /// What the event line says.
    pub(crate) fn line(&self, keymap: &Keymap) -> String {
        let keys = |does: &[Browsing]| {
            let keys = does
                .iter()
                .filter_map(|does| keymap.first_key(Action::Browse(*does)));
            keys.collect::<Vec<_>>().join(" ")
        };
        let help = keys(&[Browsing::Help]);
        match &self.needle {
            Some(needle) => format!(
                "/{}: {} · Esc back · {help} keys",
                visible_line(needle.text()),
                keys(&[Browsing::FindNext, Browsing::FindPrevious])
            ),
            // The way out comes first, for where not all fits.
            None => format!("browse: Esc back · {help} keys · {}", keys(SHOWN)),
        }
    }
}

impl Conversation {
    /// What the event line says while browsing: of a message that fades, also when.
    pub(crate) fn browsing_told(&self, keymap: &Keymap, now: Duration) -> Option<String> {
        let browse = self.browse.as_ref()?;
        let fades = self
            .selected()
            .and_then(|said| said.fades.told(said.by().is_none(), now));
        Some(match fades {
            Some(fades) => format!("{fades} · {}", browse.line(keymap)),
            None => browse.line(keymap),
        })
    }

    /// The message that is selected.
    pub(crate) fn selected(&self) -> Option<&Said> {
        self.list.said(self.browse.as_ref()?.selected)
    }

    /// A message as others know it.
    pub(crate) fn target_of(&self, said: &Said) -> Target {
        Target {
            author: said.by().unwrap_or(self.id),
            id: said.id,
        }
    }

    /// Browses no more. `back`: to where the reader was before.
    pub(crate) fn stop_browsing(&mut self, back: bool) {
        if let Some(browse) = self.browse.take()
            && back
        {
            self.list.go_back(browse.before);
        }
    }

    /// After messages went: if the selected one did, the next one is, or the one before it.
    pub(crate) fn keep_browsing(&mut self) {
        let Some(Browse { selected, asks, .. }) = &mut self.browse else {
            return;
        };
        if self.list.said(*selected).is_some() {
            return;
        }
        *asks = None;
        let next = self.list.next(*selected, false, |_| true);
        match next.or_else(|| self.list.next(*selected, true, |_| true)) {
            Some(next) => *selected = next,
            None => self.stop_browsing(true),
        }
    }

    pub(crate) fn select(&mut self, number: Option<u64>, measure: Measure, height: usize) {
        if let (Some(number), Some(browse)) = (number, &mut self.browse) {
            browse.selected = number;
            self.list.show(number, measure, height);
        }
    }

    /// Selects the next message that matches, upwards or downwards, and round.
    ///
    /// # Errors
    /// A sentence that says that there is none.
    pub(crate) fn find(&mut self, up: bool, measure: Measure, height: usize) -> Result<(), String> {
        let found = self.next_match(up);
        let why = found.ok_or_else(|| {
            let needle = self.browse.as_ref().and_then(|browse| browse.needle.as_ref());
            needle.map_or("nothing to search for: / begins".to_owned(), |needle| {
                format!("nothing here says {}", needle.text())
            })
        });
        let stays = || {
            let last = self.list.next(u64::MAX, true, |_| true);
            last.filter(|_| self.selected().is_none())
        };
        self.select(found.or_else(stays), measure, height);
        why.map(|_| ())
    }

    fn next_match(&self, up: bool) -> Option<u64> {
        let Browse { needle, selected, .. } = self.browse.as_ref()?;
        let needle = needle.as_ref()?;
        let matches = |said: &Said| !said.deleted && needle.is_in(&said.text);
        let around = if up { u64::MAX } else { 0 };
        self.list
            .next(*selected, up, matches)
            // From there on everything was looked through already.
            .or_else(|| (*selected != around).then(|| self.list.next(around, up, matches))?)
    }
}

/// The links that can be chosen from: each has a digit.
pub(crate) const MAX_LINKS: usize = 9;

/// What is asked on the event line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// What to look for.
    Needle(String),
    /// A reaction.
    Reaction(String),
    /// Which of these links.
    Link(Vec<String>),
    /// Whether to delete the message.
    Delete,
}
