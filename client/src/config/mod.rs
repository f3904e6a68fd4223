//! The configuration file: what the user has set, and the relay and name that are remembered. Never a passphrase,
//! never a message.

mod file;
mod read;

use sotto_protocol::Name;

pub(crate) use self::file::remember;
use crate::screen::settings::{Complaint, Settings};
use crate::screen::theme::depth::Depth;

/// The settings with their defaults and what they are for, as the manual lists them.
#[rustfmt::skip]
pub(crate) const SETTINGS: &[(&str, &str, &str)] = &[
    ("relay", "none", "the relay that the connect screen begins with; remembered"),
    ("name", "asked", "what the others call you; remembered by the connect screen"),
    ("time_format", "\"24h\"", "how times are shown: \"24h\", \"12h\" or \"none\""),
    ("theme", "\"terminal\"", "\"terminal\" (its own colours), \"dark\", \"light\", or one of your own"),
    ("colors", "\"auto\"", "how many colours the terminal has: \"auto\", \"none\", \"16\", \"256\" or \"true\""),
    ("lock_after", "\"never\"", "locks the screen when so long no key came: \"90s\", \"15m\", \"1h\""),
    ("escape_time", "50", "how long an Esc waits for what may make another key of it, in milliseconds: more for a slow line"),
    ("mouse", "false", "true: the wheel scrolls, a click shows a room or selects a message; the terminal's own selection needs Shift"),
    ("typing", "true", "false: the others are not told that you type"),
    ("keep", "\"ask\"", "\"always\": what nobody is there to get is left on the relay, where whoever has the passphrase can read it; \"ask\": with /keep; \"never\""),
    ("receipts", "true", "false: the others are not told that you have read a message, only that it was delivered"),
    ("panic_forgets", "false", "true: the panic key also forgets everything that is remembered on this machine"),
    ("notices", "bell = \"unfocused\", desktop = \"unfocused\"", "how a message is told: \"never\", \"unfocused\" or \"always\""),
    ("keys", "none", "keys of your own, by action: next-room = \"F6\"; /help keys lists the actions"),
    ("room", "none", "[[room]] with name, relay and, if you like, room, passphrase_command and remember: sotto join NAME"),
    ("themes.NAME", "none", "a theme of your own: base (one of the others), styles by name, and a list of accents"),
];

/// What the user has set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Config {
    /// The last relay, as a URL.
    pub(crate) relay: Option<String>,
    /// What the others call us.
    pub(crate) name: Option<Name>,
    /// What the screen goes by.
    pub(crate) settings: Settings,
}

impl Config {
    /// Reads the file. What is wrong in it is said, and the rest counts; without a file, everything is as it comes.
    pub(crate) fn load() -> (Self, Vec<Complaint>) {
        let depth = Depth::of(|name| std::env::var(name).ok());
        match file::read() {
            Ok(text) => Self::parse(&text, depth),
            Err(error) => {
                let (config, mut complaints) = Self::parse("", depth);
                let what = format!("it cannot be read: {error}");
                complaints.push(Complaint { line: None, what });
                (config, complaints)
            }
        }
    }

    /// Reads a text, for a terminal of some colours.
    pub(crate) fn parse(text: &str, depth: Depth) -> (Self, Vec<Complaint>) {
        read::parse(text, depth)
    }
}

#[cfg(test)]
mod tests;
