//! `sotto join`: a chat on a relay.

use super::{recorder, show};
use crate::cli;
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::ask::Asker;
use crate::open::target::UnknownRoom;
use crate::open::ticket::{Destination, Ticket, known_name};
use crate::open::{clock, ended};
use crate::secret::source::Source;

/// Joins the room that the command line names.
///
/// # Errors
/// What keeps it from being joined, as a sentence.
pub(super) async fn join(options: cli::Join) -> anyhow::Result<Exit> {
    let mut asker = Asker::with_terminal(options.plain)?;
    let (config, complaints) = Config::load();
    let to = Destination::find(options.target, &options.identity, &config).inspect_err(|error| {
        // It may be in the file, and not count.
        if error.is::<UnknownRoom>() {
            complaints
                .iter()
                .for_each(|complaint| say(&complaint.to_string()));
        }
    })?;
    let recorder = recorder(options.record.as_deref())?;
    let name = known_name(&options.identity, &config);
    let source = Source {
        passphrase_command: to.command.clone(),
        ..options.identity.source
    };
    let ticket = Ticket {
        to,
        name: asker.name(name).await?,
        made: false,
        recorder,
        keeping: crate::room::Keeping::default(),
    };
    let passphrase = asker.passphrase(source).await?;
    let derived = asker.derive(ticket, passphrase).await?;
    drop(asker);
    let (room, mut conversation) = derived.open();
    conversation.complain(&complaints, clock());
    let end = show(options.plain, room, conversation, config.settings.clone()).await?;
    Ok(ended(end))
}
