//! `sotto join`: a chat on a relay.

use crate::command::show;
use crate::open::clock;
use crate::open::ended;
use crate::open::stages::conversation;

use anyhow::Context;

use crate::cli;
use crate::config::Config;
use crate::exit::Exit;
use crate::exit::say;
use crate::open::ask::Entrance;
use crate::open::target::Target;
use crate::room::{Recorder, Room, Settings, Timing};
use crate::secret::verifier::Keyhole;

/// Joins the room that the command line names.
///
/// # Errors
/// What keeps it from being joined, as a sentence.
pub async fn join(mut options: cli::Join) -> anyhow::Result<Exit> {
    let mut entrance = Entrance::with_terminal(options.plain)?;
    let (config, complaints) = Config::load();
    let called = match &options.target {
        Target::Room(name) => Some(name.clone()),
        Target::Url(_) => None,
    };
    let invitation = options
        .identity
        .find(options.target, &config)
        // It may be in the file, and not count.
        .inspect_err(|_| {
            complaints
                .iter()
                .for_each(|complaint| say(&complaint.to_string()))
        })?;
    let room_name = options.identity.room_name(&invitation)?;
    let recorder = match &options.record {
        Some(path) => {
            Some(Recorder::create(path).with_context(|| format!("cannot write {}", path.display()))?)
        }
        None => None,
    };
    let address = options.identity.address(&invitation)?;
    let name = entrance.name(options.identity.name).await?;
    let command = options.identity.source.passphrase_command.clone();
    let passphrase = entrance.passphrase(options.identity.source).await?;
    let keyhole = Keyhole::new(&passphrase, command);
    let root = entrance.root(passphrase, room_name).await?;
    let settings = Settings {
        address,
        root,
        name,
        recorder,
        timing: Timing::default(),
    };
    drop(entrance);
    let mut conversation = conversation(&settings);
    conversation.keyhole = Some(keyhole);
    if let Some(called) = called {
        conversation.call(called);
    }
    conversation.complain(&complaints, clock());
    let end = show(
        options.plain,
        Room::open(settings),
        conversation,
        config.settings(),
    )
    .await?;
    Ok(ended(end))
}
