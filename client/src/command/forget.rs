//! `sotto forget`: nothing is remembered any more, of a room or of all.

use sotto_protocol::Root;

use crate::cli::{self, Shared};
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::memory::{Folder, MemoryFile};
use crate::open::ask::Asker;
use crate::open::target::{Target, room_name};
use crate::secret::source::Source;

/// Forgets what the command line names.
///
/// # Errors
/// What keeps it from being forgotten, as a sentence.
pub(super) async fn forget(options: cli::Forget) -> anyhow::Result<Exit> {
    let folder = Folder::usual()?;
    let Some(target) = options.target else {
        say(&match folder.forget_all()? {
            0 => "nothing was remembered".to_owned(),
            1 => "1 room is forgotten".to_owned(),
            count => format!("{count} rooms are forgotten"),
        });
        return Ok(Exit::Done);
    };
    let root = root(target, options.secret).await?;
    if MemoryFile::forget_room(&folder, &root)? {
        say("the room is forgotten");
    } else {
        say("nothing was remembered of this room");
    }
    Ok(Exit::Done)
}

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
