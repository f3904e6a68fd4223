//! The room database: one table in an SQLite file.
//!
//! It is used in WAL mode with a sync after each transaction, and what is deleted is overwritten.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, config::DbConfig, params};
use sotto_protocol::RoomId;

use super::file::{
    StoreError, VERSION, beside, check_header, check_space, create, identity, lock, real, upgrade,
};
use crate::{
    clock::Day,
    limits,
    rooms::{Hashed, Record, Standing},
};

/// What is to be written of one room.
pub(super) enum Change<'a> {
    /// It is joined for the first time, or taken over.
    Add(&'a Hashed, &'a Record),
    /// It was used.
    Use(&'a Hashed, &'a Record),
    /// It is no more.
    Remove(&'a Hashed),
}

/// An open room database.
pub(crate) struct Database {
    pub(super) connection: Connection,
    path: PathBuf,
    /// What [`changed_by_others`](Self::changed_by_others) saw last.
    seen: i64,
    /// The file, and its write-ahead log as it was last seen.
    identity: Option<(u64, u64)>,
    log: Option<(u64, u64)>,
    /// Held as long as a relay uses the file.
    lock: Option<fs::File>,
}

/// A room database that a relay had, and that is no more where it was.
pub(super) struct Lost {
    path: PathBuf,
    lock: Option<fs::File>,
}

/// What became of a room that the operator adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It was not the operator's.
    New,
    /// It was, with the same access hash.
    Known,
    /// It has another access hash.
    Replaced,
    /// It is there with another access hash, and stays so.
    Refused,
}

/// A room as the operator sees it.
pub(crate) struct Listed {
    /// Of the room hash.
    pub(crate) name: Hashed,
    /// What the relay keeps.
    pub(crate) record: Record,
    /// What the operator wrote beside it.
    pub(crate) note: Option<String>,
}

impl Database {
    /// Opens the file for a relay, which has it for itself but for the operator; makes it if there is none.
    ///
    /// # Errors
    /// [`StoreError`]; a file that cannot be used is left as it is.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let path = &real(path);
        let exists = check_header(path)?;
        let lock = lock(path)?;
        if !exists {
            create(path)?;
        }
        let file = Self::connect(path, Some(lock))?;
        file.check()?;
        file.upgrade()?;
        Ok(file)
    }

    /// Whether a relay could open it, which may be one that has it already.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed.
    pub(crate) fn rehearse(path: &Path) -> Result<(), StoreError> {
        let path = &real(path);
        let exists = check_header(path)?;
        check_space(path)?;
        if exists {
            Self::connect(path, None)?.check()?;
        }
        Ok(())
    }

    /// Opens the file for the operator, beside a relay that uses it.
    ///
    /// # Errors
    /// [`StoreError`]; a file that cannot be used is left as it is.
    pub(crate) fn open_beside(path: &Path) -> Result<Self, StoreError> {
        let path = &real(path);
        if !check_header(path)? {
            return Err(StoreError::Missing(path.to_owned()));
        }
        Self::connect(path, None)
    }

    fn connect(path: &Path, lock: Option<fs::File>) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(limits::STORE_BUSY)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let mut file = Self {
            connection,
            path: path.to_owned(),
            seen: 0,
            identity: identity(path),
            log: None,
            lock,
        };
        // The header may be older than what stands in the log.
        let found = file
            .pragma("user_version")
            .map_err(|error| file.damaged(&error))?;
        if found > i64::from(VERSION) {
            return Err(StoreError::Newer {
                path: file.path,
                found: u32::try_from(found).unwrap_or(u32::MAX),
            });
        }
        file.connection.pragma_update(None, "synchronous", "FULL")?;
        file.connection.pragma_update(None, "secure_delete", "ON")?;
        file.seen = file.pragma("data_version")?;
        Ok(file)
    }

    /// Whether the file still stands in its place.
    pub(super) fn is_in_place(&mut self) -> bool {
        let is_in_place = identity(&self.path) == self.identity;
        if is_in_place {
            self.log = identity(&beside(&self.path, "-wal"));
        }
        is_in_place
    }

    /// Lets go of a file that is no more in its place. What it left beside that goes: it would be taken for the log of
    /// the next one.
    pub(super) fn lose(self) -> Lost {
        let Self {
            connection,
            path,
            log,
            lock,
            ..
        } = self;
        drop(connection);
        let log_path = beside(&path, "-wal");
        if log.is_some() && identity(&log_path) == log {
            let _ = fs::remove_file(log_path);
            let _ = fs::remove_file(beside(&path, "-shm"));
        }
        Lost { path, lock }
    }

    /// Makes it one of this release, if an earlier one made it.
    fn upgrade(&self) -> Result<(), StoreError> {
        if self.pragma("user_version")? < i64::from(VERSION) {
            upgrade(&self.connection)?;
        }
        Ok(())
    }

    fn pragma(&self, name: &str) -> rusqlite::Result<i64> {
        self.connection.pragma_query_value(None, name, |row| row.get(0))
    }

    fn damaged(&self, error: &dyn ToString) -> StoreError {
        StoreError::Damaged {
            path: self.path.clone(),
            // Of several lines, where SQLite names the place.
            what: (error.to_string().split_whitespace().collect::<Vec<_>>()).join(" "),
        }
    }

    /// Whether all of it can be read.
    fn check(&self) -> Result<(), StoreError> {
        let found: rusqlite::Result<String> =
            (self.connection).query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        let wrong = match found.as_deref() {
            Ok("ok") => self.rooms().err().map(|error| error.to_string()),
            Ok(what) => Some(what.to_owned()),
            Err(error) => Some(error.to_string()),
        };
        match wrong {
            None => Ok(()),
            Some(what) => {
                // A damaged file is not to be changed by what the log holds.
                let leave = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
                let _ = self.connection.set_db_config(leave, true);
                Err(self.damaged(&what))
            }
        }
    }

    /// All rooms that the file holds.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(crate) fn rooms(&self) -> Result<Vec<(Hashed, Record)>, StoreError> {
        Ok((self.list()?.into_iter())
            .map(|listed| (listed.name, listed.record))
            .collect())
    }

    /// All rooms that the file holds, with the operator's notes.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(crate) fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let mut rows = (self.connection)
            .prepare_cached("SELECT name, access, made, used, standing, ended, note FROM room")?;
        let listed = rows.query_map([], |row| {
            Ok(Listed {
                name: row.get(0)?,
                record: Record {
                    access: row.get(1)?,
                    made: Day(row.get(2)?),
                    used: Day(row.get(3)?),
                    standing: match row.get(4)? {
                        0 => Standing::Tried,
                        1 => Standing::Met,
                        _ => Standing::Operators,
                    },
                    ended: row.get(5)?,
                },
                note: row.get(6)?,
            })
        })?;
        Ok(listed.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes changes of the relay's in one transaction; they survive a power cut when this returns. What the operator
    /// has added or removed meanwhile is not undone.
    pub(super) fn write<'a>(&mut self, changes: impl Iterator<Item = Change<'a>>) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let mut add = transaction.prepare_cached(
                "INSERT INTO room (name, access, made, used, standing) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (name) DO UPDATE SET access = ?2, made = ?3, used = ?4, standing = ?5, note = NULL
                 WHERE standing < 2",
            )?;
            let mut used = transaction.prepare_cached(
                "UPDATE room SET used = max(used, ?3), standing = max(standing, ?4) WHERE name = ?1 AND access = ?2",
            )?;
            let mut remove =
                transaction.prepare_cached("DELETE FROM room WHERE name = ?1 AND standing < 2")?;
            let mut ended = transaction.prepare_cached(
                "DELETE FROM kept WHERE room = (SELECT name FROM room WHERE name = ?1 AND standing < 2)",
            )?;
            for change in changes {
                match change {
                    Change::Add(name, record) => {
                        // Of an earlier room of this name, if that was ended and this one made before either was written.
                        ended.execute([name])?;
                        add.execute(params![
                            name,
                            record.access,
                            record.made.0,
                            record.used.0,
                            record.standing as u8
                        ])?
                    }
                    Change::Use(name, record) => {
                        // Only the operator makes a room the operator's.
                        let standing = record.standing.min(Standing::Met);
                        used.execute(params![name, record.access, record.used.0, standing as u8])?
                    }
                    Change::Remove(name) => remove.execute([name])?,
                };
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Whether somebody else has written since the last look.
    pub(super) fn changed_by_others(&mut self) -> Result<bool, StoreError> {
        let version = self.pragma("data_version")?;
        Ok(std::mem::replace(&mut self.seen, version) != version)
    }

    /// Moves what the write-ahead log holds into the database and empties it. `false`: somebody still reads it.
    pub(super) fn shorten_log(&self) -> Result<bool, StoreError> {
        let busy: i64 =
            (self.connection).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// The operator adds a room, or writes another note to one; another access hash only where that may `replace` one.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(crate) fn add(
        &mut self,
        id: &RoomId,
        note: Option<&str>,
        replace: bool,
        today: Day,
    ) -> Result<Added, StoreError> {
        let transaction = (self.connection).transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known: Option<(Hashed, u8)> = transaction
            .query_row(
                "SELECT access, standing FROM room WHERE name = ?1",
                [id.room],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let added = match known {
            None => Added::New,
            Some((access, _)) if access != id.access && !replace => return Ok(Added::Refused),
            Some((access, _)) if access != id.access => Added::Replaced,
            Some((_, standing)) if standing == Standing::Operators as u8 => Added::Known,
            Some(_) => Added::New,
        };
        transaction.execute(
            "INSERT INTO room (name, access, made, used, standing, note) VALUES (?1, ?2, ?3, ?3, 2, ?4)
             ON CONFLICT (name) DO UPDATE SET access = ?2, standing = 2, note = coalesce(?4, note)",
            params![id.room, id.access, today.0, note],
        )?;
        transaction.commit()?;
        Ok(added)
    }

    /// The operator removes a room. `false` when there is none of that name.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(crate) fn remove(&self, name: &Hashed) -> Result<bool, StoreError> {
        Ok((self.connection).execute("DELETE FROM room WHERE name = ?1", [name])? > 0)
    }

    /// The operator ends what goes on in a room, which stays. `false` when there is none of that name.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(crate) fn end(&self, name: &Hashed) -> Result<bool, StoreError> {
        let end = "UPDATE room SET ended = ended + 1 WHERE name = ?1";
        Ok(self.connection.execute(end, [name])? > 0)
    }
}

impl Lost {
    /// Why it is.
    pub(super) fn error(&self) -> StoreError {
        StoreError::Gone(self.path.clone())
    }

    /// Opens what stands in its place now, if that is a sound room database.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then.
    pub(super) fn find(&mut self) -> Result<Database, StoreError> {
        if !check_header(&self.path)? {
            return Err(self.error());
        }
        let mut found = Database::connect(&self.path, None)?;
        found.check()?;
        found.upgrade()?;
        found.lock = self.lock.take();
        // All of it is news.
        found.seen = -1;
        Ok(found)
    }
}
