//! Where the table of rooms survives: nowhere (the default), or in a file.
//!
//! The table itself is in memory either way. With a file it is read from there at the start, and one thread keeps the
//! file up with it: the table tells it of `changes`, the `writer` writes all there are in one transaction, and whoever
//! waits for one is told when the disk has it. The file is an SQLite database, which the operator changes with
//! `sotto-relay room` while the relay runs.

mod file;
mod kept;
mod sqlite;
mod writer;

use std::{path::Path, sync::Arc, thread::JoinHandle, time::Duration};

use crate::{
    clock::Day,
    config::options::{Admittance, Options},
    kept::Keeping,
    limits,
    rooms::{Changes, Policy, Rooms},
};
pub use file::StoreError;
pub(crate) use kept::Waiting;
pub(crate) use sqlite::{Added, Database, Listed};
use writer::Writer;

/// The thread that keeps the table of rooms in a file.
pub(crate) struct Store {
    changes: Arc<Changes>,
    writer: Option<JoinHandle<()>>,
}

/// A table of rooms, and what keeps it: nothing, if it ends with the process.
pub(crate) type Kept = (Arc<Rooms>, Option<Store>);

/// The table of rooms as the options want it.
///
/// # Errors
/// [`StoreError`] when the file cannot be used.
pub(crate) fn open(options: &Options) -> Result<Kept, StoreError> {
    let policy = policy(options);
    match &options.db {
        None => {
            let rooms = Rooms::new(policy, None).with_keeping(options.keeping(), Day::today());
            Ok((Arc::new(rooms), None))
        }
        Some(path) => open_file(path, policy, options.keeping(), Day::today()),
    }
}

/// Who may have a room.
fn policy(options: &Options) -> Policy {
    Policy {
        max_rooms: options.max_rooms,
        closed: options.rooms == Admittance::Closed,
        ttl: options.room_ttl.or(options.db.as_ref().map(|_| limits::ROOM_TTL)),
    }
}

fn open_file(path: &Path, policy: Policy, keeping: Keeping, today: Day) -> Result<Kept, StoreError> {
    let file = Database::open(path)?;
    let changes = Arc::new(Changes::default());
    let (found, mut bags) = (file.rooms()?, file.bags()?);
    // Rooms in which something waits are used each day, so this is the last day on which a relay ran.
    let keep = found.iter().filter(|(name, _)| bags.contains_key(name));
    let seen = keep.map(|(_, record)| record.used).max().unwrap_or(today);
    let rooms = Rooms::new(policy, Some(changes.clone())).with_keeping(keeping, seen);
    let rooms = Arc::new(rooms);
    for (name, record) in found {
        rooms.restore(name, record, bags.remove(&name).unwrap_or_default());
    }
    rooms.sweep(today);
    let writer = Writer::new(file, rooms.clone(), changes.clone());
    let writer = std::thread::Builder::new()
        .name("store".to_owned())
        .spawn(move || writer.run())
        .map_err(|source| StoreError::Thread { source })?;
    let store = Store {
        changes,
        writer: Some(writer),
    };
    Ok((rooms, Some(store)))
}

impl Store {
    /// Whether the thread has come round within this time: it does so several times a second, unless the disk holds it.
    pub(crate) fn answers(&self, within: Duration) -> bool {
        self.changes.taken_within(within)
    }
}

impl Drop for Store {
    /// Waits until all is written: a moment, or what the disk takes for it.
    fn drop(&mut self) {
        self.changes.end();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests;
