//! What is remembered of a room from one run to the next, where the user wants that: one sealed file
//! ([`sotto_protocol::memory`]), written whole, held by one run at a time. Without it nothing touches a disk.

mod disk;
mod error;
mod folder;
mod lock;

use std::path::{Path, PathBuf};

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sotto_protocol::Root;
use sotto_protocol::memory::{DeviceSecret, MAX_FILE, Memory, MemoryKey, Part};

pub use self::error::MemoryError;
pub(crate) use self::folder::Folder;
use self::lock::{Lock, Mark, Noted};

/// A room's memory on the disk, which is this run's until it is dropped.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    folder: Folder,
    device: DeviceSecret,
    key: MemoryKey,
    path: PathBuf,
    lock: Lock,
    /// Of the file as it is on the disk.
    mark: Mark,
}

/// That a room may be remembered, where, and whether it is unasked.
#[derive(Debug, Clone)]
pub(crate) struct Remember {
    /// Where memories are.
    pub(crate) folder: Folder,
    /// It is remembered from now on. Else only if it was before.
    pub(crate) begin: bool,
}

impl Remember {
    /// As the user wants it: `None` is only if it was before.
    pub(crate) fn wanted(remember: Option<bool>) -> Option<Self> {
        let folder = Folder::usual().ok()?;
        let begin = remember.unwrap_or(false);
        (remember != Some(false)).then_some(Self { folder, begin })
    }
}

/// What is said of one that is gone.
pub(crate) const LOST: &str =
    "what was remembered of this room is gone from the disk; it begins anew: compare the words";
/// What is said of one that is older than it was left.
pub(crate) const OLDER: &str = "what is remembered of this room is older than it was left, as if from a backup: what waits may \
     be a repeat";

/// How a memory was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// There was none.
    New,
    /// There was one, and it is gone.
    Lost,
    /// As it was left.
    AsLeft,
    /// Older than it was left: from a backup. What was said since is not in it, and others may have gone on.
    Older,
}

impl MemoryFile {
    /// Opens what is remembered of a room; `None` where nothing is, and then nothing was touched.
    ///
    /// # Errors
    /// [`MemoryError`]; nothing is remembered then.
    pub(crate) fn open(folder: &Folder, root: &Root) -> Result<Option<(Self, Memory, Found)>, MemoryError> {
        if !folder.is_there()? {
            return Ok(None);
        }
        let Some(device) = folder.device()? else {
            return Ok(None);
        };
        let key = MemoryKey::new(root, &device);
        let (path, lock) = folder.files(&key);
        if disk::open(&path)?.is_none() && disk::open(&lock)?.is_none() {
            return Ok(None);
        }
        let held = Self::hold(folder.clone(), device, key)?;
        // What was forgotten has left its lock.
        Ok(Some(held).filter(|(.., found)| *found != Found::New))
    }

    /// The same, begun where nothing is remembered.
    ///
    /// # Errors
    /// [`MemoryError`]; nothing is remembered then.
    pub(crate) fn begin(folder: &Folder, root: &Root) -> Result<(Self, Memory, Found), MemoryError> {
        folder.make()?;
        let device = folder.device_or_new()?;
        let key = MemoryKey::new(root, &device);
        let (mut file, memory, found) = Self::hold(folder.clone(), device, key)?;
        if matches!(found, Found::New | Found::Lost) {
            file.write(&memory)?;
        }
        Ok((file, memory, found))
    }

    fn hold(
        folder: Folder,
        device: DeviceSecret,
        key: MemoryKey,
    ) -> Result<(Self, Memory, Found), MemoryError> {
        let (path, lock) = folder.files(&key);
        let mut lock = Lock::take(lock)?;
        let noted = lock.noted();
        // A run was killed while it wrote.
        disk::remove(&path.with_extension(disk::UNFINISHED))?;
        let bytes = disk::read(&path, MAX_FILE)?;
        let mut file = Self {
            folder,
            device,
            key,
            path,
            lock,
            mark: Mark::default(),
        };
        let Some(bytes) = bytes else {
            // Before the first write there was nothing.
            let was_there = noted.is_some_and(|noted| noted.before != Mark::default());
            let found = if was_there { Found::Lost } else { Found::New };
            return Ok((file, Memory::default(), found));
        };
        let opened = file.key.open(Part::Memory, &bytes);
        let memory = opened.map_err(|why| MemoryError::Unreadable {
            path: file.path.clone(),
            why,
        })?;
        file.mark = mark(&bytes);
        let is_last = noted.is_none_or(|noted| [noted.before, noted.last].contains(&file.mark));
        let found = if is_last { Found::AsLeft } else { Found::Older };
        Ok((file, memory, found))
    }

    /// Writes it: when this is done it is on the disk; when it is not done, the memory is as it was.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub(crate) fn write(&mut self, memory: &Memory) -> Result<(), MemoryError> {
        let same = |device: DeviceSecret| device.expose() == self.device.expose();
        if !self.folder.is_there()? || !self.folder.device()?.is_some_and(same) {
            return Err(MemoryError::Forgotten);
        }
        let bytes = self.key.seal(Part::Memory, memory, &mut UnwrapErr(SysRng))?;
        let noted = Noted {
            before: self.mark,
            last: mark(&bytes),
        };
        disk::replace(&self.path, &bytes, || self.lock.note(&noted))?;
        self.mark = noted.last;
        Ok(())
    }

    /// Forgets a room, whatever its memory looks like. Whether anything was remembered.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub(crate) fn forget_room(folder: &Folder, root: &Root) -> Result<bool, MemoryError> {
        if !folder.is_there()? {
            return Ok(false);
        }
        let Some(device) = folder.device()? else {
            return Ok(false);
        };
        let (path, lock) = folder.files(&MemoryKey::new(root, &device));
        if disk::open(&path)?.is_none() && disk::open(&lock)?.is_none() {
            return Ok(false);
        }
        forget(&path, Lock::take(lock)?).map(|()| true)
    }

    /// Forgets the room.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub(crate) fn forget(self) -> Result<(), MemoryError> {
        forget(&self.path, self.lock)
    }
}

/// First it is forgotten that there was a memory, so that none is missed; then it goes.
fn forget(path: &Path, mut lock: Lock) -> Result<(), MemoryError> {
    lock.clear()?;
    disk::retire(path)?;
    lock.remove()
}

/// What tells a write from all others.
fn mark(bytes: &[u8]) -> Mark {
    bytes.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
