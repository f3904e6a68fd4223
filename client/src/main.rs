//! The binary: from the command line to the function that does it, and to an exit code.

use std::alloc::System;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser};
use sotto::cli::{self, Cli, Command, TwoRooms, UnknownRoom};
use sotto::config::Config;
use sotto::entrance::{Entrance, EntranceError};
use sotto::exit::Exit;
use sotto::exit::say;
use sotto::pipe::output::Format;
use sotto::pipe::{Ending, Pipe};
use sotto::platform::zeroizing_alloc::Wiping;
use sotto::relay_url::proxy::ProxyError;
use sotto::room::{Recorder, Room, Settings, Timing};
use sotto::secret::rater;
use sotto::{connect, doctor, generate, join, manual, pipe, platform, room_id};
#[cfg(feature = "host")]
use sotto::{demo, host};
use sotto_protocol::Name;
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
        Some(Command::Pipe(options)) => block_on(run_pipe(options)),
        #[cfg(feature = "host")]
        Some(Command::Demo(options)) => block_on(demo::demo(options)),
        Some(Command::Doctor(options)) => block_on(doctor::run(options)),
        Some(Command::Generate(options)) => {
            let (passphrase, strength) = generate::generate(options.words)?;
            print(passphrase.expose())?;
            say(&strength);
            Ok(Exit::Done)
        }
        Some(Command::RoomId(options)) => block_on(run_room_id(options)),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "sotto", &mut script);
            print(String::from_utf8_lossy(&script).trim_end())
        }
        Some(Command::Man) => {
            let page = manual::page(Cli::command())?;
            print(page.trim_end())
        }
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

async fn run_room_id(options: cli::RoomId) -> anyhow::Result<Exit> {
    let room_name = options.room_name()?;
    let mut entrance = Entrance::open()?;
    let passphrase = entrance.passphrase(options.source).await?;
    let root = entrance.root(passphrase, room_name).await?;
    print(&room_id::room_id(&root))
}

async fn run_pipe(mut options: cli::Pipe) -> anyhow::Result<Exit> {
    let mut entrance = Entrance::open()?;
    let (config, complaints) = Config::load();
    for complaint in complaints {
        say(&complaint.to_string());
    }
    let invitation = options.identity.find(options.target, &config)?;
    let room_name = options.identity.room_name(&invitation)?;
    let address = options.identity.address(&invitation)?;
    let name = match options.identity.name {
        Some(name) => name,
        None => Name::new("sotto")?,
    };
    let recorder = match &options.record {
        Some(path) => {
            let recorder = Recorder::create(path);
            Some(recorder.with_context(|| format!("cannot write {}", path.display()))?)
        }
        None => None,
    };
    let passphrase = entrance.passphrase(options.identity.source).await?;
    let root = entrance.root(passphrase, room_name).await?;
    // Two who do not meet find out that one of them has mistyped.
    if !options.json {
        say(&format!("room words: {}", root.room_words()));
    }
    let format = Format {
        json: options.json,
        terminal: io::stdout().is_terminal(),
    };
    let ending = Ending {
        follow: options.follow,
        count: options.count,
        until_peer_leaves: options.until_peer_leaves,
        timeout: options.timeout,
    };
    let signals = platform::asked_to_end().context("cannot listen for signals")?;
    drop(entrance);
    let room = Room::open(Settings {
        address,
        root,
        name,
        recorder,
        timing: Timing::default(),
    });
    let lines = pipe::stdin(options.json);
    let ends = (tokio::io::stdout(), tokio::io::stderr());
    Ok(Pipe::new(room, lines, signals, ends, format, ending).run().await)
}

/// A line on stdout; a reader that is gone is an error, not a panic.
fn print(line: &str) -> anyhow::Result<Exit> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")?;
    Ok(Exit::Done)
}
