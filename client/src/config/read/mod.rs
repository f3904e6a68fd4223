//! From the text of the configuration file to what it sets. What is wrong in it is said with its line, and the rest
//! counts.

mod look;
mod rooms;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use sotto_protocol::Name;
use toml_edit::{Document, Item, TableLike};

use self::look::Look;
use super::{Config, SETTINGS};
use crate::screen::keymap::Keymap;
use crate::screen::settings::{Complaint, Keep, Notices, When};
use crate::screen::talk::clock::TimeFormat;
use crate::screen::theme::depth::Depth;
use crate::visible::shortened;

/// The longest time that a setting takes, in seconds: a year.
const MAX_SECONDS: u64 = 366 * 86_400;
/// The longest time that a key may take to be complete, in milliseconds.
const MAX_ESCAPE_TIME: i64 = 1000;
/// So much of a wrong value is shown, in characters.
const SHOWN: usize = 40;
/// The complaints that are made; of the others, how many there are. A file of something else has one for each line.
pub(super) const MAX_COMPLAINTS: usize = 10;

/// Reads a text, for a terminal of some colours.
pub(super) fn parse(text: &str, depth: Depth) -> (Config, Vec<Complaint>) {
    let mut reader = Reader {
        text,
        complaints: Vec::new(),
        more: 0,
    };
    let mut config = Config::default();
    let mut look = Look {
        theme: "terminal".to_owned(),
        at: None,
        depth,
        own: BTreeMap::new(),
    };
    match Document::parse(text) {
        Ok(document) => reader.settings(document.as_table(), &mut config, &mut look),
        Err(error) => {
            let what = format!(
                "this is not TOML, so nothing of the file counts: {}",
                shortened(error.message().trim(), 200)
            );
            reader.complain(error.span(), what);
        }
    }
    config.settings.theme = reader.theme(look);
    (config, reader.all_complaints())
}

/// Goes through a document and notes what is wrong.
struct Reader<'a> {
    text: &'a str,
    complaints: Vec<Complaint>,
    /// The complaints that were too many.
    more: usize,
}

impl Reader<'_> {
    fn complain(&mut self, span: Option<Range<usize>>, what: String) {
        if self.complaints.len() == MAX_COMPLAINTS {
            self.more += 1;
            return;
        }
        let before = span.and_then(|span| self.text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        self.complaints.push(Complaint { line, what });
    }

    fn all_complaints(mut self) -> Vec<Complaint> {
        if self.more > 0 {
            let what = format!("and {} more that is wrong", self.more);
            self.complaints.push(Complaint { line: None, what });
        }
        self.complaints
    }

    fn unknown(&mut self, table: &dyn TableLike, key: &str, what: &str, allowed: &str) {
        let span = table.get_key_value(key).and_then(|(key, _)| key.span());
        let key = shortened(key, SHOWN);
        self.complain(span, format!("there is no {what} {key:?}; there are {allowed}"));
    }

    fn settings(&mut self, table: &dyn TableLike, config: &mut Config, look: &mut Look) {
        for (key, item) in table.iter() {
            match key {
                "relay" => config.relay = self.string(key, item).map(str::to_owned),
                "name" => {
                    config.name = self.read(key, item, |text| {
                        Name::new(text).map_err(|error| error.to_string())
                    })
                }
                "time_format" => {
                    let formats = [
                        ("24h", TimeFormat::Hours24),
                        ("12h", TimeFormat::Hours12),
                        ("none", TimeFormat::None),
                    ];
                    config.settings.time_format = self.choice(key, item, &formats).unwrap_or_default();
                }
                "theme" => {
                    if let Some(theme) = self.string(key, item) {
                        (look.theme, look.at) = (theme.to_owned(), item.span());
                    }
                }
                "colors" => {
                    let depths = [
                        ("auto", None),
                        ("none", Some(Depth::None)),
                        ("16", Some(Depth::Sixteen)),
                        ("256", Some(Depth::Palette)),
                        ("true", Some(Depth::True)),
                    ];
                    // Set in the file, it counts more than the environment.
                    if let Some(Some(depth)) = self.choice(key, item, &depths) {
                        look.depth = depth;
                    }
                }
                "mouse" => self.switch(key, item, &mut config.settings.mouse),
                "panic_forgets" => self.switch(key, item, &mut config.settings.panic_forgets),
                "typing" => self.switch(key, item, &mut config.settings.told.typing),
                "keep" => {
                    let keeps = [
                        ("never", Keep::Never),
                        ("ask", Keep::Ask),
                        ("always", Keep::Always),
                    ];
                    config.settings.keep = self.choice(key, item, &keeps).unwrap_or_default();
                }
                "receipts" => self.switch(key, item, &mut config.settings.told.receipts),
                "lock_after" => config.settings.lock_after = self.read(key, item, duration).flatten(),
                "escape_time" => {
                    let time = item
                        .as_integer()
                        .filter(|time| (0..=MAX_ESCAPE_TIME).contains(time));
                    let wanted = format!("a number of milliseconds, {MAX_ESCAPE_TIME} at most");
                    if let Some(time) = self.wanted(key, item, time, &wanted) {
                        config.settings.escape_time = Duration::from_millis(time.unsigned_abs());
                    }
                }
                "notices" => self.notices(item, &mut config.settings.notices),
                "keys" => self.keys(item, &mut config.settings.keys),
                "room" => self.rooms(item, &mut config.settings.rooms),
                // TOML has no text and tables of one name.
                "themes" => self.themes(item, look),
                _ => self.unknown(
                    table,
                    key,
                    "setting",
                    &names(
                        SETTINGS
                            .iter()
                            .map(|(name, ..)| name.split('.').next().unwrap_or(name)),
                    ),
                ),
            }
        }
    }

    fn notices(&mut self, item: &Item, notices: &mut Notices) {
        let whens = [
            ("never", When::Never),
            ("unfocused", When::Unfocused),
            ("always", When::Always),
        ];
        let Some(table) = self.wanted("notices", item, item.as_table_like(), "a table: [notices]") else {
            return;
        };
        for (key, item) in table.iter() {
            let when = match key {
                "bell" => &mut notices.bell,
                "desktop" => &mut notices.desktop,
                _ => {
                    self.unknown(table, key, "notice", "bell and desktop");
                    continue;
                }
            };
            *when = self.choice(key, item, &whens).unwrap_or_default();
        }
    }

    fn keys(&mut self, item: &Item, keys: &mut BTreeMap<String, String>) {
        let Some(table) = self.wanted("keys", item, item.as_table_like(), "a table: [keys]") else {
            return;
        };
        for (action, item) in table.iter() {
            if let Some(key) = self.string(action, item) {
                let one = BTreeMap::from([(action.to_owned(), key.to_owned())]);
                match Keymap::new(&one).1.into_iter().next() {
                    Some(why) => self.complain(item.span(), shortened(&why, 200)),
                    None => keys.extend(one),
                }
            }
        }
    }

    fn switch(&mut self, key: &str, item: &Item, on: &mut bool) {
        *on = self
            .wanted(key, item, item.as_bool(), "true or false")
            .unwrap_or(*on);
    }

    fn string<'i>(&mut self, key: &str, item: &'i Item) -> Option<&'i str> {
        self.wanted(key, item, item.as_str(), "a text in quotes")
    }

    fn read<T>(&mut self, key: &str, item: &Item, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.string(key, item)?) {
            Ok(value) => Some(value),
            Err(why) => {
                self.complain(item.span(), format!("{key}: {why}"));
                None
            }
        }
    }

    fn choice<T: Copy>(&mut self, key: &str, item: &Item, choices: &[(&str, T)]) -> Option<T> {
        let allowed = names(choices.iter().map(|(name, _)| *name));
        let text = self.wanted(key, item, item.as_str(), &format!("one of {allowed}, in quotes"))?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let text = shortened(text, SHOWN);
            self.complain(
                item.span(),
                format!("{key} cannot be {text:?}; it can be {allowed}"),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// What was found behind a key, if it is of the kind that is wanted there.
    fn wanted<T>(&mut self, key: &str, item: &Item, found: Option<T>, wanted: &str) -> Option<T> {
        if found.is_none() {
            let (key, kind) = (shortened(key, SHOWN), kind(item));
            self.complain(item.span(), format!("{key} has to be {wanted}, not {kind}"));
        }
        found
    }
}

fn kind(item: &Item) -> &'static str {
    match item.type_name() {
        "string" => "a text",
        "integer" | "float" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "table" | "inline table" | "array of tables" => "a table",
        _ => "that",
    }
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// `90s`, `15m`, `2h`; `never` is none.
pub(super) fn duration(text: &str) -> Result<Option<Duration>, String> {
    const WANTED: &str =
        "a time is a number with s, m or h, such as 90s, 15m or 2h, a year at most, or never";
    if text == "never" {
        return Ok(None);
    }
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or(WANTED)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(WANTED.to_owned()),
    };
    let number: u64 = number.trim_end().parse().map_err(|_| WANTED)?;
    match number.checked_mul(seconds) {
        Some(seconds @ 1..=MAX_SECONDS) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(WANTED.to_owned()),
    }
}
