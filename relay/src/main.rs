//! The relay binary: reads its options, serves until it is told to end.

mod manual;

use std::{
    io::{self, Write},
    net::IpAddr,
    process::ExitCode,
    sync::Arc,
};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use sotto_relay::{
    Admittance, BindError, CancellationToken, Options, Relay, Tls,
    health::{HealthError, Place},
    invite, log,
    operator::{self, OperatorError},
    systemd::{Manager, Sockets},
};
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// A relay for Sotto: passes messages on between people who share a passphrase, without being able to read them
#[derive(Parser)]
#[command(name = "sotto-relay", version = env!("SOTTO_VERSION"), args_conflicts_with_subcommands = true)]
struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,

    /// Look at options, files and permissions, say what is wrong, and end; options that are not given are those of
    /// /etc/default/sotto-relay, if that is there [default: start]
    #[arg(long)]
    check: bool,

    /// What to log to stderr, as in RUST_LOG: error, warn, info, debug or trace [default: $RUST_LOG, else info]
    #[arg(long, env = "SOTTO_RELAY_LOG", value_name = "FILTER")]
    log: Option<String>,
}

/// What the binary does besides serving.
#[derive(Subcommand)]
enum Command {
    Room(operator::Room),
    /// Print what to hand over to those who are to join the relay that runs with the same options
    ///
    /// Options that are not given are those of /etc/default/sotto-relay, if that is there.
    Invite {
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Ask a relay whether it is well: exits with 0 if it is, else with 1 and a sentence
    ///
    /// Whose certificate it shows is not looked at: `sotto doctor` does that.
    Health {
        /// Where, by its address: https://192.0.2.1:4000 [default: where the relay with the same options listens, which
        /// are those of /etc/default/sotto-relay, if that is there]
        #[arg(value_name = "URL")]
        place: Option<Place>,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Print this manual page
    Man,
    /// Print what completes the options in a shell
    Completions {
        /// For which
        shell: Shell,
    },
}

/// The threads that serve.
const WORKER: &str = "worker";

/// An option cannot be.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let exit = run();
    log::flush();
    exit
}

fn run() -> ExitCode {
    let cli = Cli::parse();
    let names = std::env::vars_os().map(|(name, _)| name);
    if let Err(error) = sotto_relay::check_environment(&Cli::command(), names) {
        return fail(USAGE, &error.to_string());
    }
    if let Some(Command::Room(room)) = cli.command {
        return match room.run(cli.options.db, &mut io::stdout().lock()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(OperatorError::Output(error)) => output_failed(&error),
            Err(error) if error.is_usage() => fail(USAGE, &error.to_string()),
            Err(error) => fail(1, &error.to_string()),
        };
    }
    let printed = match &cli.command {
        Some(Command::Man) => Some(manual::page(Cli::command(), &mut io::stdout())),
        Some(Command::Completions { shell }) => {
            Some(manual::completions(*shell, Cli::command(), &mut io::stdout()))
        }
        _ => None,
    };
    if let Some(printed) = printed {
        return printed.map_or_else(|error| output_failed(&error), |()| ExitCode::SUCCESS);
    }
    let asks = matches!(&cli.command, Some(Command::Health { place: None, .. }));
    let of_the_service = cli.check || asks || matches!(cli.command, Some(Command::Invite { .. }));
    if of_the_service && let Err(error) = operator::become_service() {
        return fail(1, &error.to_string());
    }
    let log = cli
        .log
        .or_else(|| std::env::var("RUST_LOG").ok())
        .unwrap_or_else(|| "info".to_owned());
    match EnvFilter::try_new(&log) {
        Ok(filter) => log::start(filter),
        Err(error) => return fail(USAGE, &format!("--log is {log}: {error}")),
    }
    match cli.command {
        Some(Command::Invite { options }) => return invite(&options),
        Some(Command::Health { place, options }) => return health(place, &options),
        _ => {}
    }
    sotto_relay::raise_descriptor_limit();
    if cli.check {
        return check(&cli.options);
    }
    let disclosed = sotto_relay::seclude();
    sotto_relay::end_with_each_thread(WORKER);
    let runtime = match Builder::new_multi_thread()
        .enable_all()
        .thread_name(WORKER)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(1, &format!("cannot start: {error}")),
    };
    let exit = runtime.block_on(serve(cli.options, &disclosed));
    // A socket that does not end in time does not keep the process.
    runtime.shutdown_background();
    exit
}

/// Serves until it is to end. `disclosed`: what the system does not keep to this process.
async fn serve(options: Options, disclosed: &[String]) -> ExitCode {
    let shutdown = CancellationToken::new();
    if let Err(error) = end_on_signals(&shutdown) {
        return fail(1, &format!("cannot listen for signals: {error}"));
    }
    let open = options.rooms == Admittance::Open;
    let manager = Manager::of_this_process();
    let sockets = match Sockets::take() {
        Ok(sockets) => sockets,
        Err(error) => return fail(1, &error.to_string()),
    };
    let is_activated = sockets.has_relays();
    let relay = match Relay::bind_under(manager, sockets, options).await {
        Ok(relay) => relay,
        Err(error) => return refuse(&error),
    };
    for sentence in disclosed {
        tracing::info!("{sentence}");
    }
    if let Err(error) = reload_on_hangup(manager, relay.tls()) {
        return fail(1, &format!("cannot listen for signals: {error}"));
    }
    let addr = relay.local_addr();
    if open && is_reached_by_strangers(addr.ip()) {
        tracing::warn!("this relay is open: strangers who reach {addr} may use it");
    }
    // Who closed our stdout does not want to know.
    let scheme = if relay.tls().is_some() { "wss" } else { "ws" };
    let _ = writeln!(io::stdout(), "listening on {scheme}://{addr}").and_then(|()| io::stdout().flush());
    // The socket may be of a network of which this process sees nothing.
    let invites = if is_activated { Vec::new() } else { relay.invites() };
    for url in invites {
        log::line(Level::INFO, &format!("to hand over: {}", invite::command(&url)));
    }
    relay.run(shutdown).await;
    ExitCode::SUCCESS
}

/// Whether a relay with these options could start.
fn check(options: &Options) -> ExitCode {
    match options.rehearse() {
        Ok(warnings) => {
            for warning in warnings {
                log::line(Level::WARN, &format!("sotto-relay: warning: {warning}"));
            }
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&error),
    }
}

/// The lines to hand over, of a relay that need not run.
fn invite(options: &Options) -> ExitCode {
    match options.invites() {
        Ok(urls) => {
            let lines = urls
                .iter()
                .try_for_each(|url| writeln!(io::stdout(), "{}", invite::command(url)));
            match lines {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => output_failed(&error),
            }
        }
        Err(error) => refuse(&error),
    }
}

/// Whether a relay is well.
fn health(place: Option<Place>, options: &Options) -> ExitCode {
    let asked = || -> Result<(), HealthError> {
        let place = place.map_or_else(|| Place::of(options), Ok)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(HealthError::Runtime)?;
        runtime.block_on(place.ask())
    };
    asked().map_or_else(|error| fail(1, &error.to_string()), |()| ExitCode::SUCCESS)
}

/// Who read enough has closed the pipe, and is not to be told.
fn output_failed(error: &io::Error) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitCode::SUCCESS;
    }
    fail(1, &format!("cannot write to standard output: {error}"))
}

fn refuse(error: &BindError) -> ExitCode {
    let code = if matches!(error, BindError::Option(_)) {
        USAGE
    } else {
        1
    };
    fail(code, &error.to_string())
}

fn is_reached_by_strangers(listening: IpAddr) -> bool {
    !listening.to_canonical().is_loopback()
}

/// SIGTERM and SIGINT end the relay gracefully.
fn end_on_signals(shutdown: &CancellationToken) -> io::Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut signals, shutdown) = (signal(kind)?, shutdown.clone());
        tokio::spawn(async move {
            signals.recv().await;
            shutdown.cancel();
        });
    }
    Ok(())
}

/// SIGHUP reads the certificate again; where there is none it does nothing, but must not end the relay.
fn reload_on_hangup(manager: Manager, tls: Option<Arc<Tls>>) -> io::Result<()> {
    let mut signals = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            manager.around_reload(|| {
                if let Some(tls) = &tls {
                    tls.reload();
                }
            });
        }
    });
    Ok(())
}

fn fail(code: u8, message: &str) -> ExitCode {
    log::line(Level::ERROR, &format!("sotto-relay: {message}"));
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_keeps_strangers_away() {
        for (address, strangers) in [
            ("127.0.0.1", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("0.0.0.0", true),
            ("::", true),
            ("192.0.2.1", true),
        ] {
            assert_eq!(
                is_reached_by_strangers(address.parse().unwrap()),
                strangers,
                "{address}"
            );
        }
    }
}
