//! `sotto pipe`: a room without a screen.

use std::io::{self, IsTerminal};

use anyhow::Context;
use sotto_protocol::Name;

use crate::cli;
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::ask::Entrance;
use crate::pipe::output::Format;
use crate::pipe::{self, Ending, Pipe};
use crate::platform;
use crate::room::{Recorder, Room, Settings, Timing};

/// Joins a room to standard input and output.
///
/// # Errors
/// What keeps it from being joined, as a sentence.
pub async fn pipe(mut options: cli::Pipe) -> anyhow::Result<Exit> {
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
