//! Where memories are, and the secret of the device beside them.

use std::io;
use std::path::PathBuf;
use std::{env, fs};

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sotto_protocol::memory::{DeviceSecret, MemoryKey};

use super::disk::{self, Step, UNFINISHED};
use super::error::MemoryError;
use crate::platform::{private, private_folder};

/// The name of the file with the device's secret.
const DEVICE: &str = "device";
/// What the name of a lock ends in.
const LOCK: &str = "lock";

/// The folder of all memories. It need not be there.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The usual one.
    ///
    /// # Errors
    /// [`MemoryError::NoPlace`].
    pub(crate) fn usual() -> Result<Self, MemoryError> {
        Self::in_environment(|name| env::var_os(name).map(PathBuf::from)).ok_or(MemoryError::NoPlace)
    }

    /// The specification of the XDG folders wants an absolute path, and others to be ignored.
    fn in_environment(environment: impl Fn(&str) -> Option<PathBuf>) -> Option<Self> {
        let absolute = |name| environment(name).filter(|path| path.is_absolute());
        let home = || Some(absolute("HOME")?.join(".local").join("state"));
        let state = absolute("XDG_STATE_HOME").or_else(home)?;
        Some(Self(state.join("sotto")))
    }

    /// Whether it is there; one that is not the user's alone is an error.
    pub(super) fn is_there(&self) -> Result<bool, MemoryError> {
        match private::folder_fault(&self.0) {
            Ok(None) => Ok(true),
            Ok(Some(what)) => Err(MemoryError::not_private(&self.0)(what)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(MemoryError::at(&self.0)(error)),
        }
    }

    /// Makes it where it is not there.
    pub(super) fn make(&self) -> Result<(), MemoryError> {
        if self.is_there()? {
            return Ok(());
        }
        private_folder(&self.0, true)
            .and_then(|()| disk::sync_folder_of(&self.0))
            .map_err(MemoryError::at(&self.0))
    }

    /// The secret of this device; `None` where there is none.
    pub(super) fn device(&self) -> Result<Option<DeviceSecret>, MemoryError> {
        let path = self.0.join(DEVICE);
        let Some(mut file) = disk::open(&path)? else {
            return Ok(None);
        };
        let secret = DeviceSecret::read(|secret| io::Read::read_exact(&mut file, secret));
        let whole = file
            .metadata()
            .is_ok_and(|file| file.len() == DeviceSecret::LEN as u64);
        match secret {
            Ok(secret) if whole => Ok(Some(secret)),
            _ => Err(MemoryError::Device { path }),
        }
    }

    /// The same, made where there is none. Of two runs that make one at once, one has its way.
    pub(super) fn device_or_new(&self) -> Result<DeviceSecret, MemoryError> {
        if let Some(device) = self.device()? {
            return Ok(device);
        }
        let path = self.0.join(DEVICE);
        let beside = self
            .0
            .join(format!("{DEVICE}-{:016x}.{UNFINISHED}", rand::random::<u64>()));
        let device = DeviceSecret::random(&mut UnwrapErr(SysRng));
        disk::create(&beside, device.expose()).map_err(MemoryError::at(&beside))?;
        disk::step(Step::Rename(&beside, &path)).map_err(MemoryError::at(&path))?;
        let linked = match fs::hard_link(&beside, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        };
        // What was linked must not be overwritten.
        let tidied = fs::remove_file(&beside).and_then(|()| disk::sync_folder_of(&path));
        linked.and(tidied).map_err(MemoryError::at(&path))?;
        self.device()?.ok_or(MemoryError::Forgotten)
    }

    /// Where a room's memory is, and its lock.
    pub(super) fn files(&self, key: &MemoryKey) -> (PathBuf, PathBuf) {
        let file = self.0.join(key.file_name());
        let lock = file.with_extension(LOCK);
        (file, lock)
    }

    /// Forgets everything: first the secret, without which nothing else opens. How many rooms were remembered.
    ///
    /// # Errors
    /// [`MemoryError`]; the secret is gone then, unless it is the one that could not be removed.
    pub(crate) fn forget_all(&self) -> Result<usize, MemoryError> {
        if !self.is_there()? {
            return Ok(0);
        }
        disk::remove(&self.0.join(DEVICE))?;
        let count = self.count()?;
        for path in self.entries()? {
            disk::remove(&path)?;
        }
        Ok(count)
    }

    /// How many rooms are remembered.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub(crate) fn count(&self) -> Result<usize, MemoryError> {
        if !self.is_there()? {
            return Ok(0);
        }
        let is_memory = |path: &PathBuf| path.extension().is_none() && !path.ends_with(DEVICE);
        Ok(self.entries()?.iter().filter(|path| is_memory(path)).count())
    }

    fn entries(&self) -> Result<Vec<PathBuf>, MemoryError> {
        let entries = fs::read_dir(&self.0).map_err(MemoryError::at(&self.0))?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<io::Result<_>>().map_err(MemoryError::at(&self.0))
    }

    #[cfg(test)]
    pub(super) fn at(path: &std::path::Path) -> Self {
        Self(path.to_owned())
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_where_the_xdg_folders_are() {
        let at = |state: Option<&str>, home: Option<&str>| {
            let folder = Folder::in_environment(|name| match name {
                "XDG_STATE_HOME" => state.map(PathBuf::from),
                _ => home.map(PathBuf::from),
            });
            folder.map(|folder| folder.0)
        };
        assert_eq!(at(Some("/x"), Some("/h")), Some("/x/sotto".into()));
        assert_eq!(at(Some("x"), Some("/h")), Some("/h/.local/state/sotto".into()));
        assert_eq!(at(None, Some("/h")), Some("/h/.local/state/sotto".into()));
        assert_eq!(at(None, None), None);
    }
}
