//! `sotto inbox`: what was left for us on a relay, as lines.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, bail};
use sotto_protocol::Name;
use sotto_protocol::mail::mailbox::{Event, KeepError};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::cli;
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::ask::Asker;
use crate::open::ticket::{Destination, Ticket, known_name};
use crate::pipe::output::{Format, Line};
use crate::room::{Command, Keeping, Room, Update, Updates};
use crate::secret::source::Source;

/// How long the relay may take to confirm that it has dropped what was printed.
const DROPPING: Duration = Duration::from_secs(10);

/// Prints what was left for us and takes it, or looks only.
///
/// # Errors
/// What keeps it from being looked at, as a sentence.
pub(super) async fn inbox(options: cli::Inbox) -> anyhow::Result<Exit> {
    let mut asker = Asker::open()?;
    let (config, complaints) = Config::load();
    for complaint in complaints {
        say(&complaint.to_string());
    }
    let to = Destination::find(options.target, &options.identity, &config)?;
    let source = Source {
        passphrase_command: to.command.clone(),
        ..options.identity.source.clone()
    };
    let ticket = Ticket {
        to,
        name: match known_name(&options.identity, &config) {
            Some(name) => name,
            None => Name::new("sotto")?,
        },
        made: false,
        recorder: None,
        keeping: Keeping {
            only_looks: options.peek || options.count,
            ..Keeping::default()
        },
    };
    let passphrase = asker.passphrase(source).await?;
    let derived = asker.derive(ticket, passphrase).await?;
    drop(asker);
    let format = Format {
        json: options.json,
        terminal: io::stdout().is_terminal(),
    };
    let (room, mut updates) = Room::open(derived.settings);
    let print = |line: Option<Line>| match line {
        Some(Line::Out(line)) if !options.count => write_line(&line),
        _ => Ok(()),
    };
    let looked = timeout(options.timeout, look(&room, &mut updates, format, print)).await;
    let Ok(count) = looked else {
        bail!("the relay did not say in time what waits there");
    };
    let count = match count? {
        Ok(count) => count,
        Err(exit) => return Ok(exit),
    };
    if options.count {
        write_line(&count.to_string())?;
    }
    // Left already: the last update says it.
    let _ = room.command(Command::Leave { timeout: DROPPING }).await;
    while updates.next().await.is_some() {}
    Ok(Exit::Done)
}

/// Gives what was left for us to be printed, and takes what was. How many there were, or how it ends without.
async fn look(
    room: &Room,
    updates: &mut Updates,
    format: Format,
    print: impl Fn(Option<Line>) -> anyhow::Result<()>,
) -> anyhow::Result<Result<u64, Exit>> {
    let mut count = 0;
    while let Some(update) = updates.next().await {
        let line = format.update(&update, OffsetDateTime::now_utc());
        match update {
            Update::Mail(Event::Left(left)) => {
                print(line)?;
                count += 1;
                room.order(Command::Take(left.handle));
            }
            Update::Mail(Event::Looked { whole: true }) => return Ok(Ok(count)),
            Update::Mail(Event::Looked { whole: false }) => {
                bail!("the relay has not brought all that waits there");
            }
            Update::Keeps(None) => bail!(KeepError::KeepsNothing),
            Update::Failed(why) => {
                say(&why.to_string());
                return Ok(Err(why.exit()));
            }
            _ => {}
        }
    }
    bail!("the room was left")
}

fn write_line(line: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")
}
