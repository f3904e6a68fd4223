//! The draft in the user's own editor: a file that only the user can read, in memory, removed afterwards.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use rand::RngExt;
use tokio::task::{JoinHandle, spawn_blocking};
use zeroize::Zeroizing;

use crate::platform;

/// What is read of a file at most: far more than a message holds, so that nothing is lost that can be shortened.
const MAX_FILE: u64 = 1 << 20;

/// Why a draft cannot be edited elsewhere, or was not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    /// There is no place in memory for it.
    #[error("no editor: $XDG_RUNTIME_DIR is not set, and a draft is not written to a disk")]
    NoPlace,
    /// Others could read it there.
    #[error("no editor: $XDG_RUNTIME_DIR ({0}) is not a directory that is yours alone")]
    OpenPlace(PathBuf),
    /// The user has not said which one.
    #[error("no editor: set $VISUAL or $EDITOR to one")]
    NoEditor,
    /// The file cannot be written or read.
    #[error("cannot edit the draft: {0}")]
    File(#[from] io::Error),
    /// The editor says that it failed; nothing of it counts.
    #[error("the editor ended with an error; the draft is as it was")]
    Failed,
}

/// A draft in a file, and the editor that is to have it. When this is dropped the file is removed.
#[derive(Debug)]
pub(crate) struct Prepared {
    place: Place,
    before: Zeroizing<String>,
    command: Command,
}

/// A draft that is being edited elsewhere. When this is dropped its file is removed.
#[derive(Debug)]
pub(crate) struct Composing {
    place: Place,
    before: Zeroizing<String>,
    editor: JoinHandle<io::Result<bool>>,
}

impl Prepared {
    /// Writes the draft into its file.
    ///
    /// # Errors
    /// Why it cannot be edited elsewhere.
    pub(crate) fn new(draft: &str) -> Result<Self, ComposeError> {
        let editor = editor()?;
        let place = Place::new()?;
        let file = place.file();
        platform::private_file(&file, true)?.write_all(draft.as_bytes())?;
        // The variable may hold arguments; a shell takes them apart, as it does for others who use it.
        let command = platform::shell_with(&editor, &file);
        Ok(Self {
            place,
            before: Zeroizing::new(draft.to_owned()),
            command,
        })
    }

    /// Begins: the editor has the terminal until it ends. Has to be called inside a Tokio runtime.
    pub(crate) fn begin(self) -> Composing {
        let Self {
            place,
            before,
            mut command,
        } = self;
        Composing {
            place,
            before,
            editor: spawn_blocking(move || Ok(command.status()?.success())),
        }
    }
}

impl Composing {
    /// Waits for the editor's end. May be dropped and called again until it has come.
    ///
    /// # Errors
    /// [`ComposeError`] when there was no editor, or it failed.
    pub(crate) async fn ended(&mut self) -> Result<(), ComposeError> {
        match (&mut self.editor).await.map_err(io::Error::other)?? {
            true => Ok(()),
            false => Err(ComposeError::Failed),
        }
    }

    /// What the draft is now; nothing when it was not changed.
    ///
    /// # Errors
    /// [`ComposeError::File`].
    pub(crate) fn outcome(&self) -> Result<Option<Zeroizing<String>>, ComposeError> {
        let mut bytes = Zeroizing::new(Vec::new());
        File::open(self.place.file())?
            .take(MAX_FILE)
            .read_to_end(&mut bytes)?;
        let mut text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        // Editors end the last line, which nobody typed.
        if text.ends_with('\n') && !self.before.ends_with('\n') {
            text.pop();
        }
        Ok((*text != *self.before).then_some(text))
    }
}

/// A directory for one file, and for what an editor leaves beside it.
#[derive(Debug)]
struct Place(PathBuf);

impl Place {
    fn new() -> Result<Self, ComposeError> {
        let runtime = env::var_os("XDG_RUNTIME_DIR").ok_or(ComposeError::NoPlace)?;
        let number: u64 = rand::rng().random();
        let directory = check(Path::new(&runtime))?.join(format!("sotto-{number:016x}"));
        platform::private_folder(&directory, false)?;
        Ok(Self(directory))
    }

    fn file(&self) -> PathBuf {
        self.0.join("message.txt")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // There is nobody to tell, and it goes with the session at the latest.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn editor() -> Result<String, ComposeError> {
    ["VISUAL", "EDITOR"]
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find(|editor| !editor.trim().is_empty())
        .ok_or(ComposeError::NoEditor)
}

/// The user's directory in memory, if it is that.
fn check(place: &Path) -> Result<PathBuf, ComposeError> {
    if !platform::is_mine_alone(place) || !place.is_absolute() {
        return Err(ComposeError::OpenPlace(place.to_owned()));
    }
    Ok(place.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_directory_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(check(directory.path()), Err(ComposeError::OpenPlace(_))));
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(check(directory.path()).is_ok());
        assert!(check(&directory.path().join("missing")).is_err());
    }
}
