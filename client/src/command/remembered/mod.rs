//! The subcommands about what is remembered, of rooms that are not joined.

mod forget;
mod known;

use sotto_protocol::Root;

pub(super) use self::forget::forget;
pub(super) use self::known::known;
use crate::cli::Shared;
use crate::config::Config;
use crate::open::ask::Asker;
use crate::open::target::{Target, room_name};
use crate::secret::source::Source;

/// The root of a room that is not joined.
async fn root(target: Target, secret: Shared) -> anyhow::Result<Root> {
    let mut asker = Asker::open()?;
    let (config, _) = Config::load();
    let (invitation, entry) = target.find(&config)?;
    let room = room_name(secret.room.as_ref(), invitation.room.as_ref())?;
    let of_file = entry.filter(|_| !secret.source.is_given());
    let command = of_file.and_then(|entry| entry.passphrase_command.clone());
    let source = Source {
        passphrase_command: command.or(secret.source.passphrase_command),
        ..secret.source
    };
    let passphrase = asker.passphrase(source).await?;
    Ok(asker.root(passphrase, room).await?)
}
