//! `sotto pipe`: a room without a screen.

use std::io::{self, IsTerminal};

use anyhow::Context;
use sotto_protocol::Name;

use super::recorder;
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::ask::Asker;
use crate::open::ticket::{Destination, Ticket, known_name};
use crate::pipe::output::Format;
use crate::pipe::{self, Ending, Pipe};
use crate::room::{Keeping, Room};
use crate::secret::source::Source;
use crate::{cli, platform};

/// Joins a room to standard input and output.
///
/// # Errors
/// What keeps it from being joined, as a sentence.
pub(super) async fn pipe(options: cli::Pipe) -> anyhow::Result<Exit> {
    let mut asker = Asker::open()?;
    let (config, complaints) = Config::load();
    for complaint in complaints {
        say(&complaint.to_string());
    }
    let to = Destination::find(options.target, &options.identity, &config)?;
    let name = known_name(&options.identity, &config);
    let recorder = recorder(options.record.as_deref())?;
    let source = Source {
        passphrase_command: to.command.clone(),
        ..options.identity.source
    };
    let ticket = Ticket {
        to,
        name: match name {
            Some(name) => name,
            None => Name::new("sotto")?,
        },
        made: false,
        recorder,
        keeping: Keeping {
            always: options.keep,
            ..Keeping::default()
        },
    };
    let passphrase = asker.passphrase(source).await?;
    let derived = asker.derive(ticket, passphrase).await?;
    // Two who do not meet find out that one of them has mistyped.
    if !options.json {
        say(&format!("room words: {}", derived.settings.root.room_words()));
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
        keep: options.keep,
    };
    let signals = platform::asked_to_end().context("cannot listen for signals")?;
    drop(asker);
    let room = Room::open(derived.settings);
    let lines = pipe::stdin(options.json);
    let ends = (tokio::io::stdout(), tokio::io::stderr());
    Ok(Pipe::new(room, lines, signals, ends, format, ending).run().await)
}
