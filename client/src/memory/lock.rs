//! One run at a time has a room's memory: a file of its own is locked for as long as it does. In that file stands which
//! write was the last, so that a memory is known that was put back from a backup.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::disk::{self, Step, step};
use super::error::MemoryError;
use crate::platform::private;

/// What tells one write from all others: the beginning of the file.
const MARK_LEN: usize = 25;
pub(super) type Mark = [u8; MARK_LEN];

/// The lock of a room's memory, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

/// The marks of the last two writes: the file has that of the one before while the last is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    pub before: Mark,
    pub last: Mark,
}

impl Lock {
    /// Takes it; makes the file where there is none.
    pub(super) fn take(path: PathBuf) -> Result<Self, MemoryError> {
        loop {
            let file = match disk::open(&path)? {
                Some(file) => file,
                None => match private::create(&path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    Err(error) => return Err(MemoryError::at(&path)(error)),
                },
            };
            match file.try_lock() {
                // Whoever had it may have taken the file away.
                Ok(()) if private::stands_at(&file, &path) => return Ok(Self { path, file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(MemoryError::Held),
                Err(TryLockError::Error(error)) => return Err(MemoryError::at(&path)(error)),
            }
        }
    }

    /// What the last write has noted; nothing before the first.
    pub(super) fn noted(&mut self) -> Option<Noted> {
        let mut marks = [0; 2 * MARK_LEN];
        self.file.seek(SeekFrom::Start(0)).ok()?;
        self.file.read_exact(&mut marks).ok()?;
        let (before, last) = marks.split_first_chunk()?;
        Some(Noted {
            before: *before,
            last: *last.first_chunk()?,
        })
    }

    /// Notes what is about to be written.
    pub(super) fn note(&mut self, noted: &Noted) -> Result<(), MemoryError> {
        let marks = [noted.before, noted.last].concat();
        let written = (|| {
            step(Step::Write(&self.path, &marks))?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&marks)?;
            step(Step::Sync(&self.path))?;
            self.file.sync_data()
        })();
        written.map_err(MemoryError::at(&self.path))
    }

    /// Forgets what was noted.
    pub(super) fn clear(&mut self) -> Result<(), MemoryError> {
        let cleared = (|| {
            step(Step::Write(&self.path, &[]))?;
            self.file.set_len(0)?;
            step(Step::Sync(&self.path))?;
            self.file.sync_all()
        })();
        cleared.map_err(MemoryError::at(&self.path))
    }

    /// Takes the file away. The lock is held to the end.
    pub(super) fn remove(self) -> Result<(), MemoryError> {
        disk::remove(&self.path).map(drop)
    }
}
