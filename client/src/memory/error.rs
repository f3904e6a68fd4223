//! Why a room is not remembered.

use std::io;
use std::path::{Path, PathBuf};

use sotto_protocol::memory::{OpenError, TooLarge};

use crate::platform::private::NotPrivate;

/// Why a room is not remembered, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error("there is no place for it: neither XDG_STATE_HOME nor HOME names a folder")]
    NoPlace,
    #[error("{} {what}", .path.display())]
    NotPrivate { path: PathBuf, what: NotPrivate },
    #[error("another run of sotto has this room open, and remembers it")]
    Held,
    #[error("the memory of this room, {}, is of no use: {why}. \"sotto forget\" takes it away", .path.display())]
    Unreadable { path: PathBuf, why: OpenError },
    #[error("{} is not a device secret", .path.display())]
    Device { path: PathBuf },
    #[error("it was forgotten by another run, with the device secret")]
    Forgotten,
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error("the disk is full: {} was not written", .path.display())]
    Full { path: PathBuf },
    #[error("{} is on a disk that takes no changes", .path.display())]
    ReadOnly { path: PathBuf },
    #[error("{}: {error}", .path.display())]
    System { path: PathBuf, error: io::Error },
}

impl MemoryError {
    /// What the system says of a file.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| {
            let path = path.to_owned();
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
                io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
                _ => Self::System { path, error },
            }
        }
    }

    pub(super) fn not_private(path: &Path) -> impl Fn(NotPrivate) -> Self {
        move |what| Self::NotPrivate {
            path: path.to_owned(),
            what,
        }
    }
}
