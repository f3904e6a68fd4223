//! The one way into a room: where it leads ([`target`]), who joins ([`ticket`]) and is asked for what ([`ask`]), what a
//! host hands over (`handout`), and the room itself ([`stages`]).

pub(crate) mod ask;
#[cfg(feature = "host")]
pub(crate) mod handout;
pub(crate) mod stages;
pub(crate) mod target;
pub(crate) mod ticket;

use time::OffsetDateTime;

use crate::exit::{Exit, say};
use crate::room::RelayError;
use crate::screen::talk::clock::Clock;

/// How a chat ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The room was left.
    Left {
        /// How many of our messages were not delivered.
        undelivered: usize,
    },
    /// The first join failed.
    Failed(RelayError),
}

/// Says how a chat ended, where that is worth a word.
pub(crate) fn ended(end: End) -> Exit {
    match end {
        End::Left { undelivered: 0 } => Exit::Done,
        End::Left { undelivered } => {
            let what = if undelivered == 1 {
                "1 message was"
            } else {
                &format!("{undelivered} messages were")
            };
            say(&format!("{what} not delivered"));
            Exit::Undelivered
        }
        End::Failed(trouble) => {
            say(&trouble.to_string());
            trouble.exit()
        }
    }
}

/// The time of the day where the user is; where that is not known, UTC.
pub fn clock() -> Clock {
    Clock::at(OffsetDateTime::now_utc())
}
