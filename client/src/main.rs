//! The binary: from the command line to the function that does it, and to an exit code.

use std::alloc::System;
use std::future::Future;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use sotto::cli::{Cli, Command};
use sotto::command::{completions, connect, doctor, generate, join, manual, pipe};
#[cfg(feature = "host")]
use sotto::command::{demo, host};
use sotto::exit::Exit;
use sotto::exit::say;
use sotto::open::ask::EntranceError;
use sotto::open::target::{TwoRooms, UnknownRoom};
use sotto::platform;
use sotto::platform::zeroizing_alloc::Wiping;
use sotto::relay_url::proxy::ProxyError;
use sotto::secret::rater;
use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(System);

fn main() -> ExitCode {
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
            match error.downcast_ref::<EntranceError>() {
                Some(entrance) => entrance.exit(),
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
        Some(Command::Pipe(options)) => block_on(pipe::pipe(options)),
        #[cfg(feature = "host")]
        Some(Command::Demo(options)) => block_on(demo::demo(options)),
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
