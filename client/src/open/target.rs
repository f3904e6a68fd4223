//! Where a command line leads: to the URL of a relay, or to a room of the configuration file.

use std::str::FromStr;

use sotto_protocol::RoomName;

use crate::config::Config;
use crate::relay_url::{AddressError, Invitation};
use crate::screen::settings::RoomEntry;

/// Where to go: a relay's URL, or the name of a room that the configuration file describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A URL.
    Url(Box<Invitation>),
    /// A name.
    Room(String),
}

impl FromStr for Target {
    type Err = AddressError;

    /// What has a character that a room's name has not is a URL, or meant as one.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() || text.contains([':', '/', '#', '?']) {
            text.parse().map(|invitation| Self::Url(Box::new(invitation)))
        } else {
            Ok(Self::Room(text.to_owned()))
        }
    }
}

/// A room that the configuration file does not describe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no room called {name:?} in config.toml{}; a relay's URL begins with ws:// or wss://", there_are(.rooms))]
pub(crate) struct UnknownRoom {
    /// What was given.
    name: String,
    /// Which there are.
    rooms: Vec<String>,
}

fn there_are(rooms: &[String]) -> String {
    match rooms {
        [] => String::new(),
        rooms => format!(" (there are {})", rooms.join(", ")),
    }
}

impl Target {
    /// Where it is, and what the configuration file says of it, if it is a room of its.
    ///
    /// # Errors
    /// [`UnknownRoom`].
    pub(crate) fn find(self, config: &Config) -> Result<(Invitation, Option<&RoomEntry>), UnknownRoom> {
        let name = match self {
            Self::Url(invitation) => return Ok((*invitation, None)),
            Self::Room(name) => name,
        };
        match config.settings.rooms.iter().find(|room| room.name == name) {
            Some(entry) => {
                let mut invitation = entry.relay.clone();
                invitation.room = invitation.room.or_else(|| entry.room.clone());
                Ok((invitation, Some(entry)))
            }
            None => Err(UnknownRoom {
                name: crate::visible::shortened(&name, 40),
                rooms: config
                    .settings
                    .rooms
                    .iter()
                    .map(|room| room.name.clone())
                    .collect(),
            }),
        }
    }
}

/// A command line that says two things at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the URL names one room and --room another; one of them is enough")]
pub(crate) struct TwoRooms;

/// The room's name, from the URL or the option; without either, the room without a name.
pub(crate) fn room_name(option: Option<&RoomName>, url: Option<&RoomName>) -> Result<RoomName, TwoRooms> {
    match (option, url) {
        (Some(option), Some(url)) if option != url => Err(TwoRooms),
        (option, url) => Ok(option.or(url).cloned().unwrap_or_default()),
    }
}
