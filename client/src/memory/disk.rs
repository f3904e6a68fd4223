//! Files that are written whole or not at all, and overwritten before they go. Between any two steps the process may be
//! killed and the power may fail.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::error::MemoryError;
use crate::platform::private;

/// What a file holds while it is being written. One that is found was left by a run that was killed.
pub(super) const UNFINISHED: &str = "new";

/// Reads a file of at most so many bytes; `None` where there is none. Of a longer one, one byte more.
pub(super) fn read(path: &Path, most: usize) -> Result<Option<Vec<u8>>, MemoryError> {
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    let read = file.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(MemoryError::at(path))?;
    Ok(Some(bytes))
}

/// Opens a file of the user's; `None` where there is none.
pub(super) fn open(path: &Path) -> Result<Option<File>, MemoryError> {
    match private::open(path) {
        Ok(Ok(file)) => Ok(Some(file)),
        Ok(Err(what)) => Err(MemoryError::not_private(path)(what)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(MemoryError::at(path)(error)),
    }
}

/// Puts bytes in the place of a file: all of them, or none. `settled` is called when they are on the disk, before they
/// take that place.
pub(super) fn replace(
    path: &Path,
    bytes: &[u8],
    settled: impl FnOnce() -> Result<(), MemoryError>,
) -> Result<(), MemoryError> {
    let before = open(path)?;
    let beside = path.with_extension(UNFINISHED);
    remove(&beside)?;
    let replaced = create(&beside, bytes)
        .map_err(MemoryError::at(&beside))
        .and_then(|()| settled())
        .and_then(|()| rename(&beside, path).map_err(MemoryError::at(path)));
    if let Err(error) = replaced {
        // A full disk has room again.
        let _ = remove(&beside);
        return Err(error);
    }
    if let Some(before) = before {
        overwrite(before).map_err(MemoryError::at(path))?;
    }
    Ok(())
}

/// Makes a file that is on the disk when this is done, but for its name.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    step(Step::Create(path))?;
    let mut file = private::create(path)?;
    step(Step::Write(path, bytes))?;
    file.write_all(bytes)?;
    step(Step::Sync(path))?;
    file.sync_all()
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step(Step::Rename(from, to))?;
    fs::rename(from, to)?;
    sync_folder_of(to)
}

/// The names in a folder are on the disk when this is done.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    step(Step::SyncFolder)?;
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Overwrites a file and takes it away. Whether there was one.
pub(super) fn remove(path: &Path) -> Result<bool, MemoryError> {
    let Some(file) = open(path)? else {
        return Ok(false);
    };
    let gone = overwrite(file).and_then(|()| {
        step(Step::Remove(path))?;
        fs::remove_file(path)?;
        sync_folder_of(path)
    });
    gone.map_err(MemoryError::at(path))?;
    Ok(true)
}

/// Takes a file out of its place, whole or not at all, and then away.
pub(super) fn retire(path: &Path) -> Result<(), MemoryError> {
    let beside = path.with_extension(UNFINISHED);
    remove(&beside)?;
    if open(path)?.is_some() {
        rename(path, &beside).map_err(MemoryError::at(path))?;
        remove(&beside)?;
    }
    Ok(())
}

/// Writes zeros over a file, where the disk lets them stand in its place.
fn overwrite(mut file: File) -> io::Result<()> {
    step(Step::Overwrite)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.sync_all()
}

/// A step of what is done to the disk, before it is done.
#[cfg_attr(not(test), expect(dead_code, reason = "a test looks at it"))]
pub(super) enum Step<'a> {
    Create(&'a Path),
    Write(&'a Path, &'a [u8]),
    Sync(&'a Path),
    Rename(&'a Path, &'a Path),
    SyncFolder,
    Overwrite,
    Remove(&'a Path),
}

#[cfg(not(test))]
#[inline(always)]
pub(super) fn step(_: Step<'_>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use super::tests::crash::step;
