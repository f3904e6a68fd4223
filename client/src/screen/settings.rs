//! What the user has set, as plain data: the configuration file fills it in.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use sotto_protocol::RoomName;

use super::talk::clock::TimeFormat;
use super::theme::Theme;
use crate::relay_url::Invitation;

/// What the others are told of what the user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// That something is being typed.
    pub(crate) typing: bool,
    /// That a message was read; that it was delivered they always are.
    pub(crate) receipts: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            typing: true,
            receipts: true,
        }
    }
}

/// How long an ESC waits for what may make another key of it, such as an arrow: over slow lines its bytes come apart.
pub(crate) const ESCAPE_TIME: Duration = Duration::from_millis(50);

/// How the screen behaves; the default is what somebody gets who has set nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// As [`ESCAPE_TIME`].
    pub(crate) escape_time: Duration,
    /// Locks the screen when so long no key came; `None` never does.
    pub(crate) lock_after: Option<Duration>,
    pub(crate) time_format: TimeFormat,
    /// How the user is told of a message.
    pub(crate) notices: Notices,
    /// What the others are told of the user.
    pub(crate) told: Told,
    /// Whether what nobody is here to get is left on the relay.
    pub(crate) keep: Keep,
    /// How things look.
    pub theme: &'static Theme,
    /// The end in a hurry forgets everything that is remembered here.
    pub(crate) panic_forgets: bool,
    /// The mouse is ours, and not the terminal's for its own selection.
    pub(crate) mouse: bool,
    /// Keys of the user's own, by action: `next = "Alt+n"`.
    pub(crate) keys: BTreeMap<String, String>,
    /// The rooms that `/join` knows by a name.
    pub(crate) rooms: Vec<RoomEntry>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            panic_forgets: false,
            escape_time: ESCAPE_TIME,
            lock_after: None,
            time_format: TimeFormat::default(),
            notices: Notices::default(),
            told: Told::default(),
            keep: Keep::default(),
            theme: Default::default(),
            mouse: false,
            keys: BTreeMap::new(),
            rooms: Vec::new(),
        }
    }
}

/// Whether what nobody is here to get is left on the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Keep {
    /// Never, not even when the user says so.
    Never,
    /// When the user says so.
    #[default]
    Ask,
    /// By itself.
    Always,
}

/// When a notice is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum When {
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
pub(crate) struct Notices {
    pub(crate) bell: When,
    pub(crate) desktop: When,
}

/// A room with a name for the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomEntry {
    /// What to call it here.
    pub(crate) name: String,
    /// Where it is, with the room's name where the URL has one.
    pub(crate) relay: Invitation,
    /// The room's name, where the URL has none.
    pub(crate) room: Option<RoomName>,
    /// Whether it is remembered from one run to the next; `None`: if it was before.
    pub(crate) remember: Option<bool>,
    /// The command whose first line is the passphrase.
    pub(crate) passphrase_command: Option<String>,
}

/// What is wrong in the file; all else of it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// In which line, from 1 on; `None` for the file as a whole.
    pub(crate) line: Option<usize>,
    /// What is wrong, and what is allowed.
    pub(crate) what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "config.toml, line {line}: {}", self.what),
            None => write!(f, "config.toml: {}", self.what),
        }
    }
}
