//! Files that are the user's alone: nobody else's, for nobody else to read, and no links to somewhere else.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::getuid;

/// Why a file or folder is not the user's alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPrivate {
    #[error("is a symbolic link, which is not followed")]
    Link,
    #[error("belongs to another user")]
    Foreign,
    #[error("can be looked into by others (mode {0}): chmod go= takes that from them")]
    Open(String),
    #[error("is not what should be there")]
    Kind,
}

/// What is wrong with a folder, if anything.
///
/// # Errors
/// Those of the system.
pub(crate) fn folder_fault(path: &Path) -> io::Result<Option<NotPrivate>> {
    let found = fs::symlink_metadata(path)?;
    Ok(fault(&found, found.is_dir()))
}

/// Opens a file that is there, to be read and written, and says what is wrong with it, if anything.
///
/// # Errors
/// Those of the system.
pub(crate) fn open(path: &Path) -> io::Result<Result<File, NotPrivate>> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Ok(Err(NotPrivate::Link));
    }
    let file = options().open(path)?;
    let found = file.metadata()?;
    Ok(match fault(&found, found.is_file()) {
        Some(fault) => Err(fault),
        None => Ok(file),
    })
}

/// Makes a new file that only the user can read.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::AlreadyExists`] where there is anything.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

/// Whether the file that is open is the one that stands there.
pub(crate) fn stands_at(file: &File, path: &Path) -> bool {
    let place = |found: Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => place(open) == place(there),
        _ => false,
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    // A pipe that somebody has laid there must not hold us up.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed());
    options
}

fn fault(found: &Metadata, is_kind: bool) -> Option<NotPrivate> {
    if found.is_symlink() {
        Some(NotPrivate::Link)
    } else if !is_kind {
        Some(NotPrivate::Kind)
    } else if found.uid() != getuid().as_raw() {
        Some(NotPrivate::Foreign)
    } else {
        super::open_to_others(found).map(NotPrivate::Open)
    }
}
