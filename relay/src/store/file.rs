//! The file of a room database: looked at before SQLite does, and made; and why it cannot be used.
//!
//! A new one is made beside its place and moved there when it is whole, so that what stands there always opens.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{FlockOperation, flock};

/// Says in the file's header whose it is: `Stto`.
const APPLICATION: u32 = 0x5374_746f;

/// Of the table, in the file's header.
pub(super) const VERSION: u32 = 2;

/// Where SQLite's header has the version of the schema and the application's id, big-endian (SQLite, "Database File
/// Format", section 1.3).
const VERSION_AT: usize = 60;
const APPLICATION_AT: usize = 68;
const HEADER: usize = 100;

/// What a database and its write-ahead log take at first, in bytes.
const SPACE: usize = 64 * 1024;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// In the order of the names, which are hashes: nothing tells in which order the rooms were made.
const SCHEMA: &str = "
    CREATE TABLE room (
        name BLOB PRIMARY KEY CHECK (length(name) = 32),
        access BLOB NOT NULL CHECK (length(access) = 32),
        made INTEGER NOT NULL,
        used INTEGER NOT NULL,
        standing INTEGER NOT NULL CHECK (standing IN (0, 1, 2)),
        ended INTEGER NOT NULL DEFAULT 0,
        note TEXT
    ) STRICT, WITHOUT ROWID";

/// What waits in the rooms, since version 2 of the schema. In the order of the rooms' names and of the numbers within one,
/// so that nothing tells in which order blobs of different rooms came. It goes with its room, whoever removes that, and
/// when the room is another's or was ended.
const KEPT: &str = "
    CREATE TABLE kept (
        room BLOB NOT NULL CHECK (length(room) = 32),
        number INTEGER NOT NULL,
        until INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        blob BLOB NOT NULL CHECK (length(blob) > 0),
        PRIMARY KEY (room, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER kept_goes AFTER DELETE ON room BEGIN
        DELETE FROM kept WHERE room = old.name;
    END;
    CREATE TRIGGER kept_ends AFTER UPDATE OF access, ended ON room
    WHEN old.access <> new.access OR old.ended <> new.ended BEGIN
        DELETE FROM kept WHERE room = old.name;
    END";

/// Makes the tables of an earlier release into those of this one, or leaves them as they are.
pub(super) fn upgrade(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {KEPT}; PRAGMA user_version = {VERSION}; COMMIT"
    ))
}

/// Why the room database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system says no.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The database, or a file beside it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another program's file, or a damaged one.
    #[error("cannot use {}: it is not a Sotto room database", .0.display())]
    Foreign(PathBuf),
    /// Made by a later release.
    #[error("cannot use {}: it was made by a newer sotto-relay (version {found} of the table; this one knows {VERSION})", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Of its table.
        found: u32,
    },
    /// Something in it is wrong.
    #[error("cannot use {}: it is damaged ({what}); put it aside, or a backup in its place", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// In SQLite's words.
        what: String,
    },
    /// No new row could be written.
    #[error("cannot use {}: it is read-only", .0.display())]
    ReadOnly(PathBuf),
    /// Under its other name it would have another write-ahead log.
    #[error("cannot use {}: it has another name as well, a hard link: remove one of them", .0.display())]
    Linked(PathBuf),
    /// There is no space, or the folder is not ours to write in.
    #[error("cannot write beside {}: {source}", path.display())]
    Beside {
        /// The database.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two relays would not know of each other's rooms.
    #[error("cannot use {}: another relay has it", .0.display())]
    Taken(PathBuf),
    /// It was there when the relay started.
    #[error("the room database {} is gone, or another file stands in its place", .0.display())]
    Gone(PathBuf),
    /// There is nothing to work on.
    #[error("there is no room database at {}: start the relay with --db first", .0.display())]
    Missing(PathBuf),
    /// What SQLite says while it is used.
    #[error("the room database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The system gives no thread.
    #[error("cannot start the thread of the room database: {source}")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// By which two files are told apart, whatever their names are.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Takes the file for one relay, as long as what is returned lives.
pub(super) fn lock(path: &Path) -> Result<fs::File, StoreError> {
    let lock_path = beside(path, "-lock");
    let mut options = fs::OpenOptions::new();
    let lock = (options
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&lock_path))
    .map_err(|source| StoreError::Open {
        path: lock_path,
        source,
    })?;
    // Not on the file itself: the locks of SQLite are of the same kind on some systems.
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(_) => Err(StoreError::Taken(path.to_owned())),
    }
}

/// The file itself, where the path leads over symbolic links: what stands beside it is the same for all who use it.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether something as long as a new database can be written beside the file; nothing of it is left.
pub(super) fn check_space(path: &Path) -> Result<(), StoreError> {
    let draft = beside(path, &format!("-check-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let written = (options.write(true).create_new(true).mode(0o600).open(&draft)).map_err(|source| {
        StoreError::Open {
            path: path.to_owned(),
            source,
        }
    })?;
    let fits = (&written)
        .write_all(&[0; SPACE])
        .and_then(|()| written.sync_all());
    let removed = fs::remove_file(&draft);
    fits.and(removed).map_err(|source| StoreError::Beside {
        path: path.to_owned(),
        source,
    })
}

/// Looks at the file before SQLite does, which would already change some. `false`: there is none, or an empty one.
pub(super) fn check_header(path: &Path) -> Result<bool, StoreError> {
    let cannot = |source| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(cannot(error)),
    };
    let foreign = || StoreError::Foreign(path.to_owned());
    if !metadata.is_file() {
        return Err(foreign());
    }
    if metadata.nlink() > 1 {
        return Err(StoreError::Linked(path.to_owned()));
    }
    if metadata.len() == 0 {
        return Ok(false);
    }
    let mut header = [0; HEADER];
    match fs::File::open(path).map_err(cannot)?.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(foreign()),
        Err(error) => return Err(cannot(error)),
    }
    let number = |at: usize| u32::from_be_bytes(std::array::from_fn(|index| header[at + index]));
    if !header.starts_with(MAGIC) || number(APPLICATION_AT) != APPLICATION {
        return Err(foreign());
    }
    if number(VERSION_AT) > VERSION {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: number(VERSION_AT),
        });
    }
    // To root no file is read-only, but who made it so meant it.
    if metadata.mode() & 0o222 == 0 {
        return Err(StoreError::ReadOnly(path.to_owned()));
    }
    match fs::OpenOptions::new().write(true).open(path) {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(StoreError::ReadOnly(path.to_owned()))
        }
        Err(error) => Err(cannot(error)),
    }
}

/// Makes an empty room database.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let new = beside(path, "-new");
    let cannot = |source| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    for left in [
        new.clone(),
        beside(&new, "-journal"),
        beside(&new, "-wal"),
        beside(&new, "-shm"),
    ] {
        match fs::remove_file(left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(error)),
            _ => {}
        }
    }
    // SQLite gives the files beside it the same permissions.
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(cannot)?;
    let connection = Connection::open_with_flags(&new, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(&format!(
        "BEGIN; {SCHEMA}; {KEPT}; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT"
    ))?;
    let _: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    connection.close().map_err(|(_, error)| error)?;
    file.sync_all().map_err(cannot)?;
    // A log of an earlier file of this name is not this one's.
    for left in [beside(path, "-wal"), beside(path, "-shm")] {
        let _ = fs::remove_file(left);
    }
    fs::rename(&new, path).map_err(cannot)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    (fs::File::open(folder).and_then(|folder| folder.sync_all())).map_err(cannot)
}
