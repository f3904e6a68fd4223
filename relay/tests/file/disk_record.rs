//! The machinery of the tests: what SQLite does to the files of one folder, written down in order by a VFS that stands
//! before the system's own, and what a power cut leaves of it.
//!
//! SQLite's documentation, "The OS Backend (VFS)", says what each call means.
#![allow(unsafe_code)] // a VFS is a table of C functions

use std::{
    collections::{BTreeMap, HashMap},
    ffi::{CStr, c_char, c_int, c_void},
    path::{Path, PathBuf},
    ptr, slice,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use rusqlite::ffi;

/// What a slow disk takes for a sync: who does not wait for it is seen to answer before.
const SYNC: Duration = Duration::from_millis(3);

/// Something that happened, in its order among all that did.
#[derive(Debug, Clone)]
pub enum Event {
    /// Bytes were given to the system, to be written at an offset.
    Write(PathBuf, usize, Vec<u8>),
    /// A file was cut to a size.
    Truncate(PathBuf, usize),
    /// All before it of this file is on the disk.
    Sync(PathBuf),
    /// The file is gone.
    Delete(PathBuf),
    /// A client was told that it is in a room of this name, or that what has this drop hash is kept.
    Joined(String),
    /// A client was told that it is no more.
    Ended(String),
}

/// What happened since [`record`] was called.
static EVENTS: Mutex<Vec<Event>> = Mutex::new(Vec::new());
static RECORDED: Mutex<Option<PathBuf>> = Mutex::new(None);
/// The files that are open, by the place of SQLite's structure: their path, and how the system's VFS treats them.
static OPEN: Mutex<BTreeMap<usize, (PathBuf, usize)>> = Mutex::new(BTreeMap::new());
/// The system's VFS.
static SYSTEM: OnceLock<usize> = OnceLock::new();

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to write down what happens to the files in a folder.
pub fn record(folder: &Path) {
    *lock(&RECORDED) = Some(folder.to_owned());
    SYSTEM.get_or_init(|| {
        // SAFETY: the system's VFS lives as long as the process, and so does the copy, with all that it points at. Its
        // functions look at nothing of it that is not copied.
        unsafe {
            ffi::sqlite3_initialize();
            let system = ffi::sqlite3_vfs_find(ptr::null());
            let ours = Box::leak(Box::new(*system));
            ours.zName = c"recording".as_ptr();
            ours.pNext = ptr::null_mut();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            assert_eq!(ffi::sqlite3_vfs_register(ours, 1), ffi::SQLITE_OK);
            system as usize
        }
    });
}

/// Adds what a client was told.
pub fn note(event: Event) {
    lock(&EVENTS).push(event);
}

/// All that has happened.
pub fn events() -> Vec<Event> {
    lock(&EVENTS).clone()
}

/// The path, if it is of a file that is recorded.
///
/// # Safety
/// `name` is null or a string of C's.
unsafe fn recorded(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller's.
    let path = PathBuf::from(unsafe { CStr::from_ptr(name) }.to_str().ok()?);
    lock(&RECORDED)
        .as_ref()
        .is_some_and(|folder| path.parent() == Some(folder))
        .then_some(path)
}

fn system() -> *mut ffi::sqlite3_vfs {
    SYSTEM.get().map_or(ptr::null_mut(), |system| *system as *mut _)
}

/// The path of an open file, and what the system's VFS does with it.
fn opened(file: *mut ffi::sqlite3_file) -> (PathBuf, &'static ffi::sqlite3_io_methods) {
    let (path, methods) = lock(&OPEN)[&(file as usize)].clone();
    // SAFETY: the tables of the system's VFS are constants.
    (path, unsafe { &*(methods as *const ffi::sqlite3_io_methods) })
}

// SAFETY of all below: SQLite calls them with what its documentation promises, and they pass that on.

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        let code = (*system()).xOpen.unwrap()(system(), name, file, flags, out);
        if code == ffi::SQLITE_OK
            && let Some(path) = recorded(name)
        {
            let methods = (*file).pMethods;
            lock(&OPEN).insert(file as usize, (path, methods as usize));
            let mut ours = *methods;
            ours.xWrite = Some(write);
            ours.xTruncate = Some(truncate);
            ours.xSync = Some(sync);
            ours.xClose = Some(close);
            (*file).pMethods = Box::leak(Box::new(ours));
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, durably: c_int) -> c_int {
    unsafe {
        if let Some(path) = recorded(name) {
            note(Event::Delete(path));
        }
        (*system()).xDelete.unwrap()(system(), name, durably)
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: i64,
) -> c_int {
    let (path, methods) = opened(file);
    unsafe {
        let written = slice::from_raw_parts(bytes.cast::<u8>(), count as usize);
        note(Event::Write(path, offset as usize, written.to_owned()));
        methods.xWrite.unwrap()(file, bytes, count, offset)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let (path, methods) = opened(file);
    note(Event::Truncate(path, size as usize));
    unsafe { methods.xTruncate.unwrap()(file, size) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let (path, methods) = opened(file);
    let code = unsafe { methods.xSync.unwrap()(file, flags) };
    std::thread::sleep(SYNC);
    note(Event::Sync(path));
    code
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let (_, methods) = opened(file);
    lock(&OPEN).remove(&(file as usize));
    unsafe {
        (*file).pMethods = methods;
        methods.xClose.unwrap()(file)
    }
}

/// A disk: what is safe on it, and what it was given since.
#[derive(Default)]
pub struct Disk {
    safe: HashMap<PathBuf, Vec<u8>>,
    pending: Vec<Event>,
}

/// The smallest piece that a disk writes whole.
const SECTOR: usize = 512;

impl Disk {
    /// With these files safe on it.
    pub fn new(safe: HashMap<PathBuf, Vec<u8>>) -> Self {
        Self {
            safe,
            pending: Vec::new(),
        }
    }

    /// Something more happens.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Write(..) | Event::Truncate(..) => self.pending.push(event.clone()),
            Event::Sync(synced) => {
                let (done, left) = std::mem::take(&mut self.pending).into_iter().partition(|event| {
                    matches!(event, Event::Write(path, ..) | Event::Truncate(path, _) if path == synced)
                });
                self.pending = left;
                apply(&mut self.safe, done);
            }
            Event::Delete(path) => {
                self.safe.remove(path);
                self.pending.retain(
                    |event| !matches!(event, Event::Write(of, ..) | Event::Truncate(of, _) if of == path),
                );
            }
            Event::Joined(_) | Event::Ended(_) => {}
        }
    }

    /// What a power cut leaves now: the safe part, and of each sector written since, and each cut, what `keeps` says.
    pub fn image(&self, mut keeps: impl FnMut() -> bool) -> HashMap<PathBuf, Vec<u8>> {
        let mut image = self.safe.clone();
        let mut kept = Vec::new();
        for event in &self.pending {
            match event {
                Event::Write(path, offset, bytes) => {
                    let mut at = 0;
                    while at < bytes.len() {
                        let end = (SECTOR - (offset + at) % SECTOR + at).min(bytes.len());
                        if keeps() {
                            kept.push(Event::Write(path.clone(), offset + at, bytes[at..end].to_owned()));
                        }
                        at = end;
                    }
                }
                other if keeps() => kept.push(other.clone()),
                _ => {}
            }
        }
        apply(&mut image, kept);
        image
    }
}

fn apply(files: &mut HashMap<PathBuf, Vec<u8>>, events: Vec<Event>) {
    for event in events {
        match event {
            Event::Write(path, offset, bytes) => {
                let file = files.entry(path).or_default();
                if file.len() < offset + bytes.len() {
                    file.resize(offset + bytes.len(), 0);
                }
                file[offset..offset + bytes.len()].copy_from_slice(&bytes);
            }
            Event::Truncate(path, size) => files.entry(path).or_default().resize(size, 0),
            _ => {}
        }
    }
}
