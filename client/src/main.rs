//! The binary: from the command line to the function that does it, and to an exit code.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser};
use sotto::cli::{self, Cli, Command, TwoRooms};
use sotto::exit::Exit;
use sotto::pipe::output::Format;
use sotto::pipe::{Ending, Pipe};
use sotto::prompt::Terminal;
use sotto::room::{Recorder, Room, Settings, Timing};
use sotto::secret::{SecretError, passphrase};
use sotto::{derivation, generate, harden, pipe, room_id, signals};
use sotto_protocol::Name;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    if let Err(error) = harden::harden() {
        complain(&format!("core dumps cannot be forbidden: {error}"));
    }
    let cli = Cli::parse();
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            complain(&format!("{error:#}"));
            let usage = error.is::<TwoRooms>() || matches!(error.downcast_ref(), Some(SecretError::NoSource));
            if usage { Exit::Usage } else { Exit::Failed }.into()
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Some(Command::Pipe(options)) => run_pipe(options),
        Some(Command::Generate(options)) => {
            let (passphrase, strength) = generate::generate(options.words)?;
            print(passphrase.expose())?;
            complain(&strength);
            Ok(Exit::Done)
        }
        Some(Command::RoomId(options)) => run_room_id(options),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "sotto", &mut script);
            print(String::from_utf8_lossy(&script).trim_end())
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            print(String::from_utf8_lossy(&page).trim_end())
        }
        _ => anyhow::bail!("this build has no screen"),
    }
}

fn run_room_id(options: cli::RoomId) -> anyhow::Result<Exit> {
    let room_name = options.room_name()?;
    let (passphrase, warnings) = passphrase(&options.source, &mut Terminal)?;
    for warning in warnings {
        complain(&format!("warning: {warning}"));
    }
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let root = runtime.block_on(derivation::derive(passphrase, room_name))?;
    print(&room_id::room_id(&root))
}

fn run_pipe(options: cli::Pipe) -> anyhow::Result<Exit> {
    let room_name = options.identity.room_name(&options.invitation)?;
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
    let mut terminal = Terminal;
    let (passphrase, warnings) = passphrase(&options.identity.source, &mut terminal)?;
    for warning in warnings {
        complain(&format!("warning: {warning}"));
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
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let exit = runtime.block_on(async {
        let root = derivation::derive(passphrase, room_name).await?;
        let signals = signals::listen().context("cannot listen for signals")?;
        let room = Room::open(Settings {
            address: options.invitation.address,
            root,
            name,
            recorder,
            timing: Timing::default(),
        });
        let lines = pipe::stdin(options.json);
        let ends = (tokio::io::stdout(), tokio::io::stderr());
        anyhow::Ok(Pipe::new(room, lines, signals, ends, format, ending).run().await)
    });
    // A read of the terminal or a look-up of a name may hold a thread: it is not waited for.
    runtime.shutdown_background();
    exit
}

/// A line on stdout; a reader that is gone is an error, not a panic.
fn print(line: &str) -> anyhow::Result<Exit> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")?;
    Ok(Exit::Done)
}

/// A line on stderr, if that is still there.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "sotto: {line}");
}
