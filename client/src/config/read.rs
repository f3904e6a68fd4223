//! From the text of the configuration file to what it sets. What is wrong in it is said with its line, and the rest
//! counts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use sotto_protocol::{Name, RoomName};
use toml_edit::{Document, Item, TableLike, Value};

use super::{Config, SETTINGS};
use crate::relay_url::Invitation;
use crate::screen::keymap::Keymap;
use crate::screen::settings::{Complaint, Notices, RoomEntry, When};
use crate::screen::talk::clock::TimeFormat;
use crate::screen::theme;
use crate::screen::theme::depth::Depth;
use crate::screen::theme::{BUILT_IN, STYLES, Theme};
use crate::visible::shortened;

/// The longest time that a setting takes, in seconds: a year.
const MAX_SECONDS: u64 = 366 * 86_400;
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
    config.theme = reader.theme(look);
    (config, reader.all_complaints())
}

/// What says how things look, before it is known which themes there are.
struct Look {
    theme: String,
    at: Option<Range<usize>>,
    depth: Depth,
    own: BTreeMap<String, Theme>,
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
                    config.time_format = self.choice(key, item, &formats).unwrap_or_default();
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
                "mouse" => self.switch(key, item, &mut config.mouse),
                "typing" => self.switch(key, item, &mut config.told.typing),
                "receipts" => self.switch(key, item, &mut config.told.receipts),
                "lock_after" => config.lock_after = self.read(key, item, duration).flatten(),
                "notices" => self.notices(item, &mut config.notices),
                "keys" => self.keys(item, &mut config.keys),
                "room" => self.rooms(item, &mut config.room),
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
        let Some(table) = item.as_table_like() else {
            return self.wrong("notices", item, "a table: [notices]");
        };
        for (key, item) in table.iter() {
            match key {
                "bell" => notices.bell = self.choice(key, item, &whens).unwrap_or_default(),
                "desktop" => notices.desktop = self.choice(key, item, &whens).unwrap_or_default(),
                _ => self.unknown(table, key, "notice", "bell and desktop"),
            }
        }
    }

    fn keys(&mut self, item: &Item, keys: &mut BTreeMap<String, String>) {
        let Some(table) = item.as_table_like() else {
            return self.wrong("keys", item, "a table: [keys]");
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

    fn rooms(&mut self, item: &Item, rooms: &mut Vec<RoomEntry>) {
        let Some(tables) = item.as_array_of_tables() else {
            return self.wrong("room", item, "tables of its own: [[room]]");
        };
        for table in tables {
            let (mut name, mut relay, mut room, mut passphrase_command) = (None, None, None, None);
            for (key, item) in table.iter() {
                match key {
                    "name" => name = self.read(key, item, |text| room_entry_name(text, rooms)),
                    "relay" => {
                        relay = self.read(key, item, |text| {
                            text.parse::<Invitation>().map_err(|error| error.to_string())
                        })
                    }
                    "room" => {
                        room = self.read(key, item, |text| {
                            RoomName::new(text).map_err(|error| error.to_string())
                        })
                    }
                    "passphrase_command" => passphrase_command = self.string(key, item).map(str::to_owned),
                    _ => self.unknown(
                        table,
                        key,
                        "setting of a room",
                        "name, relay, room and passphrase_command",
                    ),
                }
            }
            match (name, relay) {
                (Some(name), Some(relay)) if relay.room.is_some() && room.is_some() && relay.room != room => {
                    self.complain(
                        table.span(),
                        format!("the room {name:?} is named by its relay and by room, differently"),
                    );
                }
                (Some(name), Some(relay)) => rooms.push(RoomEntry {
                    name,
                    relay,
                    room,
                    passphrase_command,
                }),
                // What is wrong with the one that is there was said.
                _ if table.contains_key("name") && table.contains_key("relay") => {}
                _ => self.complain(
                    table.span(),
                    "a [[room]] needs a name and a relay; this one does not count".to_owned(),
                ),
            }
        }
    }

    fn themes(&mut self, item: &Item, look: &mut Look) {
        let Some(themes) = item.as_table_like() else {
            return self.wrong("themes", item, "tables of its own: [themes.NAME]");
        };
        for (name, item) in themes.iter() {
            let Some(table) = item.as_table_like() else {
                self.wrong(name, item, "a table: [themes.NAME]");
                continue;
            };
            let mut theme = match table.get("base") {
                Some(base) => {
                    let bases = BUILT_IN.map(|name| (name, Theme::built_in(name)));
                    self.choice("base", base, &bases).flatten()
                }
                None => None,
            }
            .unwrap_or_default()
            .clone();
            for (key, item) in table.iter() {
                match (key, item.as_array()) {
                    ("base", _) => {}
                    ("accents", Some(list)) if !list.is_empty() => {
                        let styles: Vec<_> = list
                            .iter()
                            .filter_map(|value| self.style_of(key, value))
                            .collect();
                        if !styles.is_empty() {
                            theme.accents = styles;
                        }
                    }
                    ("accents", _) => self.wrong(key, item, "a list of styles: [\"cyan\", \"bold magenta\"]"),
                    _ => match (theme.style_mut(key), item.as_value()) {
                        (Some(style), Some(value)) => {
                            if let Some(read) = self.style_of(key, value) {
                                *style = read;
                            }
                        }
                        (Some(_), None) => self.wrong(key, item, "a text"),
                        (None, _) => {
                            self.unknown(table, key, "style", &names(["base"].into_iter().chain(STYLES)))
                        }
                    },
                }
            }
            look.own.insert(name.to_owned(), theme);
        }
    }

    fn style_of(&mut self, key: &str, value: &Value) -> Option<ratatui::style::Style> {
        let Some(text) = value.as_str() else {
            self.complain(
                value.span(),
                format!("{key} has to be a text in quotes: {}", theme::STYLE_HELP),
            );
            return None;
        };
        theme::style(text)
            .map_err(|error| self.complain(value.span(), error.to_string()))
            .ok()
    }

    /// The theme that was chosen, in the colours that there are.
    fn theme(&mut self, mut look: Look) -> &'static Theme {
        let own = look.own.remove(&look.theme);
        let theme = own.or_else(|| Theme::built_in(&look.theme).cloned());
        let theme = theme.unwrap_or_else(|| {
            let all = names(BUILT_IN.into_iter().chain(look.own.keys().map(String::as_str)));
            let theme = shortened(&look.theme, SHOWN);
            self.complain(look.at, format!("there is no theme {theme:?}; there are {all}"));
            <&Theme>::default().clone()
        });
        theme.at(look.depth).kept()
    }

    fn switch(&mut self, key: &str, item: &Item, on: &mut bool) {
        match item.as_bool() {
            Some(set) => *on = set,
            None => self.wrong(key, item, "true or false"),
        }
    }

    fn string<'i>(&mut self, key: &str, item: &'i Item) -> Option<&'i str> {
        let text = item.as_str();
        if text.is_none() {
            self.wrong(key, item, "a text in quotes");
        }
        text
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
        let text = match item.as_str() {
            Some(text) => text,
            None => {
                self.wrong(key, item, &format!("one of {allowed}, in quotes"));
                return None;
            }
        };
        let found = choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let text = shortened(text, SHOWN);
            self.complain(
                item.span(),
                format!("{key} cannot be {text:?}; it can be {allowed}"),
            );
        }
        found
    }

    fn wrong(&mut self, key: &str, item: &Item, wanted: &str) {
        let key = shortened(key, SHOWN);
        self.complain(
            item.span(),
            format!("{key} has to be {wanted}, not {}", kind(item)),
        );
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

fn room_entry_name(text: &str, rooms: &[RoomEntry]) -> Result<String, String> {
    if text.is_empty()
        || text.contains([':', '/', '#', '?'])
        || text.starts_with('-')
        || text.chars().any(char::is_control)
    {
        return Err("a room's name here has no :, /, # or ?, which URLs have, and no - in front".to_owned());
    }
    if rooms.iter().any(|room| room.name == text) {
        return Err(format!("there are two rooms called {text:?}; the first counts"));
    }
    Ok(text.to_owned())
}

/// `90s`, `15m`, `2h`; `never` is none.
pub fn duration(text: &str) -> Result<Option<Duration>, String> {
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
