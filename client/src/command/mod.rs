//! The subcommands, one a file: from what the command line says to what is done, and to the exit code.

pub mod completions;
pub mod connect;
#[cfg(feature = "host")]
pub mod demo;
pub mod doctor;
pub mod generate;
#[cfg(feature = "host")]
pub mod host;
pub mod join;
pub mod manual;
pub mod pipe;

use std::io::{self, Write};

use anyhow::Context;

use crate::exit::Exit;
use crate::open::End;
use crate::room::{Room, Updates};
use crate::screen::conversation::Conversation;
use crate::screen::settings::Settings;
use crate::tui::session::Desk;
use crate::tui::terminal;
use crate::{chat, plain};

/// Chats in a room, on the screen or in lines, until it is left.
///
/// # Errors
/// Those of the terminal.
pub async fn show(
    plain: bool,
    room: (Room, Updates),
    conversation: Conversation,
    settings: Settings,
) -> io::Result<End> {
    if terminal::plain_is_wanted(plain) {
        return plain::run(room, conversation, settings).await;
    }
    chat::run(Desk::take()?, room, conversation, settings).await
}

/// A line on stdout; a reader that is gone is an error, not a panic.
fn print(line: &str) -> anyhow::Result<Exit> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")?;
    Ok(Exit::Done)
}
