//! The subcommands, one a file: from what the command line says to what is done, and to the exit code.

mod completions;
mod connect;
#[cfg(feature = "host")]
mod demo;
mod doctor;
mod generate;
#[cfg(feature = "host")]
mod host;
mod inbox;
mod join;
mod manual;
mod pipe;
mod remembered;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::runtime::Builder;

use crate::cli::{Cli, Command};
use crate::exit::{Exit, say};
use crate::open::End;
use crate::open::ask::AskError;
use crate::open::target::{TwoRooms, UnknownRoom};
use crate::relay_url::proxy::ProxyError;
use crate::room::{Recorder, Room, Updates};
use crate::screen::conversation::Conversation;
use crate::screen::settings::Settings;
use crate::secret::rater;
use crate::tui::session::Session;
use crate::tui::terminal;
use crate::{chat, plain, platform};

/// Does what the command line says; says what kept it from being done.
pub fn main() -> ExitCode {
    if let Err(error) = platform::harden() {
        say(&format!("core dumps cannot be forbidden: {error}"));
    }
    if rater::serve_if_asked() {
        return Exit::Done.into();
    }
    let cli = Cli::parse();
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            say(&format!("{error:#}"));
            match error.downcast_ref::<AskError>() {
                Some(asker) => asker.exit(),
                None if error.is::<TwoRooms>() || error.is::<UnknownRoom>() || error.is::<ProxyError>() => {
                    Exit::Usage
                }
                None => Exit::Failed,
            }
            .into()
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        None => block_on(connect::connect(cli.plain)),
        #[cfg(feature = "host")]
        Some(Command::Host(options)) => block_on(host::host(options)),
        Some(Command::Join(options)) => block_on(join::join(options)),
        Some(Command::Inbox(options)) => block_on(inbox::inbox(options)),
        Some(Command::Pipe(options)) => block_on(pipe::pipe(options)),
        #[cfg(feature = "host")]
        Some(Command::Demo(options)) => block_on(demo::demo(options)),
        Some(Command::Forget(options)) => block_on(remembered::forget(options)),
        Some(Command::Known(options)) => block_on(remembered::known(options)),
        Some(Command::Doctor(options)) => block_on(doctor::run(options)),
        Some(Command::Generate(options)) => generate::run(&options),
        Some(Command::RoomId(options)) => block_on(generate::print_room_id(options)),
        Some(Command::Completions { shell }) => completions::completions(shell),
        Some(Command::Man) => manual::print_page(),
    }
}

/// Runs a subcommand to its end.
fn block_on(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    // The screen is on this thread and may be held up by a terminal; the rooms are on the other.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let exit = runtime.block_on(work);
    // A read of the terminal or a look-up of a name may hold a thread: it is not waited for.
    runtime.shutdown_background();
    exit
}

/// Chats in a room, on the screen or in lines, until it is left.
///
/// # Errors
/// Those of the terminal.
async fn show(
    plain: bool,
    room: (Room, Updates),
    conversation: Conversation,
    settings: Settings,
) -> io::Result<End> {
    if terminal::plain_is_wanted(plain) {
        return plain::run(room, conversation, settings).await;
    }
    chat::run(Session::take(settings.escape_time)?, room, conversation, settings).await
}

/// A line on stdout; a reader that is gone is an error, not a panic.
fn print(line: &str) -> anyhow::Result<Exit> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")?;
    Ok(Exit::Done)
}

/// Where the sealed payloads are to be written down, if anywhere.
fn recorder(path: Option<&Path>) -> anyhow::Result<Option<Recorder>> {
    path.map(|path| Recorder::create(path).with_context(|| format!("cannot write {}", path.display())))
        .transpose()
}
