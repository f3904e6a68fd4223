//! `sotto known`: who is known again in a room.

use super::root;
use crate::cli;
use crate::command::print;
use crate::exit::{Exit, say};
use crate::memory::{Folder, MemoryFile};
use crate::open::clock;
use crate::screen::talk::clock::Clock;
use crate::visible::visible;

/// Says who is known, or forgets somebody.
///
/// # Errors
/// What keeps it from being done, as a sentence.
pub(in crate::command) async fn known(options: cli::Known) -> anyhow::Result<Exit> {
    let folder = Folder::usual()?;
    let Some(target) = options.target else {
        say(&match folder.count()? {
            0 => "nothing is remembered".to_owned(),
            1 => "1 room is remembered".to_owned(),
            count => format!("{count} rooms are remembered"),
        });
        return Ok(Exit::Done);
    };
    let root = root(target, options.secret).await?;
    let Some((mut file, mut memory, _)) = MemoryFile::open(&folder, &root)? else {
        say("nothing is remembered of this room");
        return Ok(Exit::Done);
    };
    if let Some(name) = options.forget {
        let count = memory
            .bonds
            .forget(|bond| bond.name().skeleton() == name.skeleton());
        file.write(&memory)?;
        say(&match count {
            0 => format!("nobody called {name} is known"),
            _ => format!("{name} is not known any more"),
        });
        return Ok(Exit::Done);
    }
    for bond in memory.bonds.iter() {
        let since = Clock::of(bond.since()).date(clock());
        let whole = if bond.is_whole() {
            ""
        } else {
            ", not known to remember you"
        };
        print(&format!(
            "{}, since {since}{whole}",
            visible(bond.name().as_str())
        ))?;
    }
    if memory.bonds.iter().next().is_none() {
        say("nobody is known in this room");
    }
    Ok(Exit::Done)
}
