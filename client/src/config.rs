//! The configuration file: what the user has set, and the relay and name that are remembered. Never a passphrase,
//! never a message.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sotto_protocol::{Name, RoomName};
use toml_edit::{Document, DocumentMut, Item, TableLike, Value};

use crate::address::Invitation;
use crate::screen::keymap::Keymap;
use crate::screen::settings::Settings;
use crate::screen::theme::{self, BUILT_IN, Depth, STYLES, Theme};
use crate::visible::shortened;

/// The longest file that is read, in bytes: far more than anybody sets.
const MAX_FILE: u64 = 1024 * 1024;
/// The longest time that a setting takes, in seconds: a year.
const MAX_SECONDS: u64 = 366 * 86_400;
/// So much of a wrong value is shown, in characters.
const SHOWN: usize = 40;

/// The settings with their defaults and what they are for, as the manual lists them.
pub const SETTINGS: &[(&str, &str, &str)] = &[
    (
        "relay",
        "none",
        "the relay that the connect screen begins with; remembered",
    ),
    (
        "name",
        "asked",
        "what the others call you; remembered by the connect screen",
    ),
    (
        "time_format",
        "\"24h\"",
        "how times are shown: \"24h\", \"12h\" or \"none\"",
    ),
    (
        "theme",
        "\"terminal\"",
        "\"terminal\" (its own colours), \"dark\", \"light\", or one of your own",
    ),
    (
        "colors",
        "\"auto\"",
        "how many colours the terminal has: \"auto\", \"none\", \"16\", \"256\" or \"true\"",
    ),
    (
        "lock_after",
        "\"never\"",
        "locks the screen when so long no key came: \"90s\", \"15m\", \"1h\"",
    ),
    (
        "mouse",
        "false",
        "takes the mouse; the terminal's own selection needs Shift then",
    ),
    (
        "notices",
        "bell = \"unfocused\", desktop = \"unfocused\"",
        "how a message is told: \"never\", \"unfocused\" or \"always\"",
    ),
    (
        "keys",
        "none",
        "keys of your own, by action: next-room = \"F6\"; /help keys lists the actions",
    ),
    (
        "room",
        "none",
        "[[room]] with name, relay and, if you like, room and passphrase_command: sotto join NAME",
    ),
    (
        "themes.NAME",
        "none",
        "a theme of your own: base (one of the others), styles by name, and a list of accents",
    ),
];

pub use crate::screen::clock::TimeFormat;

/// When a notice is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// Not at all.
    Never,
    /// While the user looks elsewhere.
    #[default]
    Unfocused,
    /// For every message.
    Always,
}

/// How a message is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notices {
    /// By the terminal's bell.
    pub bell: When,
    /// By the desktop.
    pub desktop: When,
}

/// A room with a name for the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEntry {
    /// What to call it here.
    pub name: String,
    /// Where it is, with the room's name where the URL has one.
    pub relay: Invitation,
    /// The room's name, where the URL has none.
    pub room: Option<RoomName>,
    /// The command whose first line is the passphrase.
    pub passphrase_command: Option<String>,
}

/// What the user has set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// The last relay, as a URL.
    pub relay: Option<String>,
    /// What the others call us.
    pub name: Option<Name>,
    /// The rooms with names.
    pub room: Vec<RoomEntry>,
    /// How times are shown.
    pub time_format: TimeFormat,
    /// How things look.
    pub theme: &'static Theme,
    /// How a message is told.
    pub notices: Notices,
    /// Locks the screen when so long no key came; `None` never does.
    pub lock_after: Option<Duration>,
    /// Keys of the user's own, by action.
    pub keys: BTreeMap<String, String>,
    /// Takes the mouse.
    pub mouse: bool,
}

/// What is wrong in the file; all else of it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// In which line, from 1 on; `None` for the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, and what is allowed.
    pub what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "config.toml, line {line}: {}", self.what),
            None => write!(f, "config.toml: {}", self.what),
        }
    }
}

/// Where the file is, whether it exists or not.
pub fn path() -> Option<PathBuf> {
    path_in(|name| std::env::var_os(name).map(PathBuf::from))
}

/// The specification of the XDG folders wants an absolute path, and others to be ignored.
fn path_in(environment: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name| environment(name).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    Some(folder?.join("sotto").join("config.toml"))
}

impl Config {
    /// Reads the file. What is wrong in it is said, and the rest counts; without a file, everything is as it comes.
    pub fn load() -> (Self, Vec<Complaint>) {
        let depth = Depth::of(|name| std::env::var(name).ok());
        let text = match path().map(|path| read(&path)) {
            None => Ok(None),
            Some(text) => text,
        };
        match text {
            Ok(text) => Self::parse(&text.unwrap_or_default(), depth),
            Err(error) => {
                let (config, mut complaints) = Self::parse("", depth);
                let what = format!("it cannot be read: {error}");
                complaints.push(Complaint { line: None, what });
                (config, complaints)
            }
        }
    }

    /// What of it the screen goes by.
    pub fn settings(&self) -> Settings {
        Settings {
            lock_after: self.lock_after,
            time_format: self.time_format,
            notices: self.notices,
            theme: self.theme,
            keys: self.keys.clone(),
        }
    }

    /// Reads a text, for a terminal of some colours.
    pub fn parse(text: &str, depth: Depth) -> (Self, Vec<Complaint>) {
        let mut reader = Reader {
            text,
            complaints: Vec::new(),
        };
        let mut config = Self::default();
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
                    error.message().trim()
                );
                reader.complain(error.span(), what);
            }
        }
        config.theme = reader.theme(look);
        (config, reader.complaints)
    }
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
}

impl Reader<'_> {
    fn complain(&mut self, span: Option<Range<usize>>, what: String) {
        let before = span.and_then(|span| self.text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        self.complaints.push(Complaint { line, what });
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
                "lock_after" => config.lock_after = self.read(key, item, duration).flatten(),
                "mouse" => match item.as_bool() {
                    Some(on) => config.mouse = on,
                    None => self.wrong(key, item, "true or false"),
                },
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

/// The file's text; `None` where there is none.
fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = String::new();
    file.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok(Some(text))
}

/// Writes the relay and the name into the file, which keeps everything else, comments too.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::InvalidData`] for a file that is not TOML, which is left as it is.
pub fn remember(relay: &str, name: &Name) -> io::Result<()> {
    match path() {
        Some(path) => remember_in(&path, relay, name),
        None => Ok(()),
    }
}

fn remember_in(path: &Path, relay: &str, name: &Name) -> io::Result<()> {
    let before = read(path)?.unwrap_or_default();
    let mut document: DocumentMut = before
        .parse()
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    for (key, text) in [("relay", relay), ("name", name.as_str())] {
        match document.get_mut(key).and_then(Item::as_value_mut) {
            Some(value) if value.as_str() == Some(text) => {}
            Some(value) => {
                let decor = value.decor().clone();
                *value = text.into();
                *value.decor_mut() = decor;
            }
            None => document[key] = toml_edit::value(text),
        }
    }
    let after = document.to_string();
    if after == before {
        return Ok(());
    }
    // A link to somewhere else stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mode = fs::metadata(&path).map_or(0o600, |metadata| metadata.permissions().mode() & 0o777);
    let beside = path.with_extension("toml.new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&beside)?;
    file.write_all(after.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests;
