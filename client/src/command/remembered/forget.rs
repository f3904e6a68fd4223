//! `sotto forget`: nothing is remembered any more, of a room or of all.

use super::root;
use crate::cli;
use crate::exit::{Exit, say};
use crate::memory::{Folder, MemoryFile};

/// Forgets what the command line names.
///
/// # Errors
/// What keeps it from being forgotten, as a sentence.
pub(in crate::command) async fn forget(options: cli::Forget) -> anyhow::Result<Exit> {
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
