//! The keys as the user has them: from a press, or several one after the other, to an action.

pub(crate) mod action;
pub(crate) mod chord;

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::KeyEvent;

use self::action::{Action, BINDINGS, BROWSING, Binding};
use self::chord::Chord;

/// A section: its heading, and its lines, what is explained and the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) heading: &'static str,
    /// What is explained, and the explanation; either may be empty.
    pub(crate) lines: Vec<(String, String)>,
}

/// How long after Esc a key counts as one with Alt: terminals that keep Alt for themselves leave this way. Not for
/// ever, as Esc also takes things back, and then one types on.
const ESC_COUNTS: Duration = Duration::from_secs(1);

/// The keys that lead to each action, and what was pressed so far of those that are several.
#[derive(Debug)]
pub(crate) struct Keymap {
    /// For the input and the window.
    typing: Vec<Bound>,
    /// Before those, while a message is selected.
    browsing: Vec<Bound>,
    begun: Vec<Chord>,
    esc: Option<Duration>,
}

/// Keys, one after the other, and what they do.
type Bound = (Vec<Chord>, Action);

/// What a press comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// Something is to be done.
    Action(Action),
    /// More keys have to follow: [`Keymap::begun`].
    Begun,
    /// These keys do nothing.
    Unknown(String),
    /// Nothing at all.
    Nothing,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&BTreeMap::new()).0
    }
}

impl Keymap {
    /// The keys of the table, but for what the user has otherwise: keys by the name of the action, separated by
    /// commas, nothing or `none` for no key. What is wrong with them is told, and passed over.
    pub(crate) fn new(own: &BTreeMap<String, String>) -> (Self, Vec<String>) {
        let (mut typing, mut browsing) = (as_in(BINDINGS, own), as_in(BROWSING, own));
        let mut complaints = Vec::new();
        for (name, keys) in own {
            let Some(binding) = named(name) else {
                complaints.push(format!("there is no action {name:?}: /help keys lists them"));
                continue;
            };
            let browses = matches!(binding.action, Action::Browse(_));
            match sequences(keys).and_then(|keys| if browses { Ok(keys) } else { no_text(keys) }) {
                Ok(sequences) => {
                    let bound = if browses { &mut browsing } else { &mut typing };
                    for keys in sequences {
                        bound.retain(|(other, _)| *other != keys);
                        bound.push((keys, binding.action));
                    }
                }
                Err(why) => complaints.push(format!("{name}: {why}")),
            }
        }
        let keymap = Self {
            typing,
            browsing,
            begun: Vec::new(),
            esc: None,
        };
        (keymap, complaints)
    }

    /// A key was pressed; `browsing`: while a message is selected.
    pub(crate) fn press(&mut self, key: &KeyEvent, browsing: bool, now: Duration) -> Pressed {
        let Some(chord) = Chord::of(key) else {
            return Pressed::Nothing;
        };
        let esc = self
            .esc
            .take()
            .is_some_and(|since| now.saturating_sub(since) < ESC_COUNTS);
        if !self.begun.is_empty() {
            return self.go_on(chord, browsing);
        }
        if esc
            && chord != Chord::ESC
            && let Some(action) = self.action(&[chord.with_alt()], false)
            // The Esc may have selected the message that this key is for.
            && (action.is_for_the_window() || !self.is_for_a_message(chord, browsing))
        {
            return Pressed::Action(action);
        }
        if chord == Chord::ESC {
            self.esc = Some(now);
        }
        match (self.action(&[chord], browsing), chord.text()) {
            (Some(action), _) => Pressed::Action(action),
            (None, _) if self.leads_on(&[chord], browsing) => {
                self.begun = vec![chord];
                Pressed::Begun
            }
            (None, Some(c)) => Pressed::Action(Action::Insert(c)),
            (None, None) => Pressed::Nothing,
        }
    }

    /// The keys that were pressed and that others have to follow.
    pub(crate) fn begun(&self) -> Option<String> {
        (!self.begun.is_empty()).then(|| shown(&self.begun))
    }

    fn go_on(&mut self, chord: Chord, browsing: bool) -> Pressed {
        let mut keys = std::mem::take(&mut self.begun);
        if chord == Chord::ESC {
            return Pressed::Action(Action::Dismiss);
        }
        keys.push(chord.lower());
        if let Some(action) = self.action(&keys, browsing) {
            Pressed::Action(action)
        } else if self.leads_on(&keys, browsing) {
            self.begun = keys;
            Pressed::Begun
        } else {
            Pressed::Unknown(shown(&keys))
        }
    }

    /// What counts, in the order in which it does.
    fn bound(&self, browsing: bool) -> impl Iterator<Item = &Bound> {
        let first = if browsing { self.browsing.as_slice() } else { &[] };
        first.iter().chain(&self.typing)
    }

    fn action(&self, keys: &[Chord], browsing: bool) -> Option<Action> {
        let found = self.bound(browsing).find(|(bound, _)| bound == keys);
        found.map(|(_, action)| *action)
    }

    fn leads_on(&self, keys: &[Chord], browsing: bool) -> bool {
        self.bound(browsing)
            .any(|(bound, _)| bound.len() > keys.len() && bound.starts_with(keys))
    }

    fn is_for_a_message(&self, chord: Chord, browsing: bool) -> bool {
        browsing && self.browsing.iter().any(|(keys, _)| keys.first() == Some(&chord))
    }

    /// The keys of an action, as the help shows them.
    pub(crate) fn keys(&self, action: Action) -> String {
        let keys = self.bound(true).filter(|(_, bound)| *bound == action);
        keys.map(|(keys, _)| shown(keys)).collect::<Vec<_>>().join(", ")
    }

    /// What the help says about keys.
    pub(crate) fn help(&self) -> Section {
        let mut lines = Vec::new();
        let mut shell: Vec<String> = Vec::new();
        for binding in BINDINGS {
            let mut keys = self.keys(binding.action);
            if binding.help.is_empty() {
                // One is enough: the others are where a shell has them, too.
                keys.truncate(keys.find(',').unwrap_or(keys.len()));
            }
            match (keys.as_str(), binding.help, binding.action) {
                ("", ..) | (_, "", Action::Room(_)) => {}
                (_, "", _) => shell.push(keys),
                (_, help, _) => lines.push((keys, help.to_owned())),
            }
        }
        lines.push(("as in a shell".to_owned(), shell.join(", ")));
        lines.push(("every Alt+X".to_owned(), "is also Esc, then X".to_owned()));
        Section {
            heading: "keys",
            lines,
        }
    }

    /// What the help says about the keys while a message is selected.
    pub(crate) fn help_browsing(&self) -> Section {
        let line = |binding: &Binding| (self.keys(binding.action), binding.help.to_owned());
        let lines = BROWSING.iter().map(line).filter(|(keys, _)| !keys.is_empty());
        Section {
            heading: "a message is selected (Esc on an empty line)",
            lines: lines.collect(),
        }
    }

    /// The first key of an action, if it has one.
    pub(crate) fn first_key(&self, action: Action) -> Option<String> {
        let mut bound = self.bound(true);
        bound
            .find(|(_, bound)| *bound == action)
            .map(|(keys, _)| shown(keys))
    }

    /// Every action by its name, with its keys.
    pub(crate) fn names(&self) -> Section {
        let line = |binding: &Binding| match self.keys(binding.action) {
            keys if keys.is_empty() => (binding.name.to_owned(), "no key".to_owned()),
            keys => (binding.name.to_owned(), keys),
        };
        Section {
            heading: "actions and their keys",
            lines: all().map(line).collect(),
        }
    }
}

/// The names of all actions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|binding| binding.name)
}

/// The action of a name.
pub(crate) fn named(name: &str) -> Option<&'static Binding> {
    all().find(|binding| binding.name == name)
}

fn all() -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().chain(BROWSING)
}

/// The keys as a table has them, but for the actions that have keys of the user's own.
fn as_in(table: &[Binding], own: &BTreeMap<String, String>) -> Vec<Bound> {
    let theirs = table.iter().filter(|binding| !own.contains_key(binding.name));
    // The table is right: a test reads all of it.
    let bound = |binding: &Binding| (sequences(binding.keys).unwrap_or_default(), binding.action);
    theirs
        .map(bound)
        .flat_map(|(keys, action)| keys.into_iter().map(move |keys| (keys, action)))
        .collect()
}

/// Keys that begin with a character are no keys where characters are text.
fn no_text(sequences: Vec<Vec<Chord>>) -> Result<Vec<Vec<Chord>>, String> {
    let text = sequences
        .iter()
        .filter_map(|keys| keys.first())
        .find(|key| key.text().is_some());
    match text {
        Some(key) => Err(format!("{key} is text there; with Ctrl or Alt it can be a key")),
        None => Ok(sequences),
    }
}

fn sequences(keys: &str) -> Result<Vec<Vec<Chord>>, String> {
    if matches!(keys.trim(), "" | "none") {
        return Ok(Vec::new());
    }
    keys.split(',').map(sequence).collect()
}

fn sequence(keys: &str) -> Result<Vec<Chord>, String> {
    let chords: Result<Vec<Chord>, String> = keys.split_whitespace().map(str::parse).collect();
    let mut chords = chords?;
    if chords.is_empty() {
        return Err("a key is missing beside a comma".to_owned());
    }
    for chord in chords.iter_mut().skip(1) {
        *chord = chord.lower();
    }
    Ok(chords)
}

fn shown(keys: &[Chord]) -> String {
    let first = keys.iter().take(1).map(Chord::to_string);
    // Whether it is a capital makes no difference there.
    let rest = keys.iter().skip(1).map(|key| {
        let written = key.to_string();
        if key.text().is_some() {
            written.to_uppercase()
        } else {
            written
        }
    });
    first.chain(rest).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
