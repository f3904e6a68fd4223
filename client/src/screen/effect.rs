//! What the screen wants done, and when and where that is.

use std::time::Duration;

use sotto_protocol::instance::Target;
use zeroize::Zeroizing;

use crate::room::Command;
use crate::screen::talk::entry::Clock;

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since any fixed moment; never goes back.
    pub now: Duration,
    /// What the clock on the wall shows.
    pub clock: Clock,
}

/// A room of this screen, as long as the screen lives: never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoomId(pub(crate) u32);

impl RoomId {
    /// The room that the screen begins with.
    pub const FIRST: Self = Self(0);
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say this; answered by [`Update::Said`](crate::room::Update::Said), one at a time.
    Say {
        /// In which room.
        room: RoomId,
        /// What.
        text: String,
        /// What it answers.
        reply_to: Option<Target>,
    },
    /// Do this; answered by [`Update::Done`](crate::room::Update::Done).
    Do {
        /// In which room.
        room: RoomId,
        /// What.
        command: Command,
    },
    /// Hand this text to the clipboard; answered by `Input::Told`.
    Copy(String),
    /// Open this link, which does no harm; answered by `Input::Told`.
    OpenLink(String),
    /// Write the talk into a new file; answered by `Input::Told`.
    Save {
        /// Which file, as the user wrote it.
        file: String,
        /// The talk.
        talk: Zeroizing<String>,
    },
    /// Open the room that `State::take_ticket` gives; answered by `Input::Opened`.
    Open(RoomId),
    /// Say how strong the passphrase is that `State::unrated` gives; answered by `Input::Rated`.
    Rate,
    /// Give the terminal to the command that prints a passphrase; answered by `Input::Fetched`.
    Fetch(String),
    /// Wipe everything, leave the rooms, give the terminal back and end, all at once.
    Panic,
    /// Give the terminal back to the shell until it calls again.
    Suspend,
    /// Give the draft and the terminal to the user's editor; answered by `Input::Composed`.
    Compose,
    /// Tell the user that a message came.
    Alert {
        /// By the bell.
        bell: bool,
        /// By a notice of the desktop.
        desktop: bool,
    },
    /// Draw everything anew.
    Redraw,
}
