//! What the user has set, as plain data: the configuration file fills it in.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::TimeFormat;
use super::theme::Theme;
use crate::config::{Notices, RoomEntry};

/// What the others are told of what the user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// That something is being typed.
    pub typing: bool,
    /// That a message was read; that it was delivered they always are.
    pub receipts: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            typing: true,
            receipts: true,
        }
    }
}

/// How the screen behaves; the default is what somebody gets who has set nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Locks the screen when so long no key came; `None` never does.
    pub lock_after: Option<Duration>,
    /// How times are shown.
    pub time_format: TimeFormat,
    /// How the user is told of a message.
    pub notices: Notices,
    /// What the others are told of the user.
    pub told: Told,
    /// How things look.
    pub theme: &'static Theme,
    /// The mouse is ours, and not the terminal's for its own selection.
    pub mouse: bool,
    /// Keys of the user's own, by action: `next = "Alt+n"`.
    pub keys: BTreeMap<String, String>,
    /// The rooms that `/join` knows by a name.
    pub rooms: Vec<RoomEntry>,
}
