//! The bags of the rooms in the file.

use std::collections::HashMap;

use rusqlite::params;
use sotto_protocol::kept::DropHash;

use super::{file::StoreError, sqlite::Database};
use crate::{
    clock::Day,
    kept::Entry,
    rooms::{Bags, Found, Hashed, Outcome},
};

/// How many blobs wait in a room, and the last day of the one that stays longest.
pub(crate) struct Waiting {
    pub(crate) blobs: u32,
    pub(crate) until: Day,
}

impl Database {
    /// What is in all bags, without the blobs themselves.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(super) fn bags(&self) -> Result<Bags, StoreError> {
        let mut bags = Bags::new();
        let mut rows = (self.connection).prepare_cached(
            "SELECT room, number, until, hash, length(blob) FROM kept ORDER BY room, number",
        )?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let entry = Entry {
                number: row.get::<_, u32>(1)?.into(),
                until: Day(row.get(2)?),
                hash: DropHash(row.get(3)?),
                size: row.get::<_, u32>(4)? as usize,
                blob: None,
            };
            bags.entry(row.get(0)?).or_default().push(entry);
        }
        Ok(bags)
    }

    /// What waits, by room.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub(crate) fn waiting(&self) -> Result<HashMap<Hashed, Waiting>, StoreError> {
        // Before the relay of this release has opened it there is none.
        if !(self.connection).table_exists(None, "kept")? {
            return Ok(HashMap::new());
        }
        let mut rows =
            (self.connection).prepare("SELECT room, count(*), max(until) FROM kept GROUP BY room")?;
        let waiting = rows.query_map([], |row| {
            let waiting = Waiting {
                blobs: row.get(1)?,
                until: Day(row.get(2)?),
            };
            Ok((row.get(0)?, waiting))
        })?;
        Ok(waiting.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes what has become of bags in one transaction; it survives a power cut when this returns.
    pub(super) fn keep(&mut self, outcomes: &[Outcome], today: Day) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let mut drop = transaction.prepare_cached("DELETE FROM kept WHERE room = ?1 AND number = ?2")?;
            // The operator may have removed the room.
            let mut put = transaction.prepare_cached(
                "INSERT INTO kept (room, number, until, hash, blob)
                 SELECT name, ?2, ?3, ?4, ?5 FROM room WHERE name = ?1",
            )?;
            // Else it would be taken for one that was only tried.
            let mut used = transaction.prepare_cached(
                "UPDATE room SET standing = max(standing, 1), used = max(used, ?2) WHERE name = ?1",
            )?;
            for Outcome { name, new, gone, .. } in outcomes {
                for number in gone {
                    drop.execute(params![name, signed(*number)])?;
                }
                if let Some(new) = new {
                    put.execute(params![
                        name,
                        signed(new.number),
                        new.until,
                        new.hash.0,
                        new.blob.as_ref()
                    ])?;
                    used.execute(params![name, today.0])?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Reads the blobs of what was found in a bag; without those that are not there.
    pub(super) fn with_blobs(&self, room: &Hashed, found: Vec<Found>) -> Result<Vec<Found>, StoreError> {
        let read = found.into_iter().filter_map(|found| {
            let blob = self.blob(room, found.number).transpose()?;
            Some(blob.map(|blob| Found {
                blob: Some(blob.into()),
                ..found
            }))
        });
        read.collect()
    }

    fn blob(&self, room: &Hashed, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut rows =
            (self.connection).prepare_cached("SELECT blob FROM kept WHERE room = ?1 AND number = ?2")?;
        let mut rows = rows.query(params![room, signed(number)])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// Deletes what was to stay until before today, and lets nothing stay longer than `longest` days from now.
    pub(super) fn sweep(&mut self, today: Day, longest: u32) -> Result<(), StoreError> {
        let last = today.0.saturating_add(longest);
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM kept WHERE until < ?1", [today.0])?;
        transaction.execute("UPDATE kept SET until = ?1 WHERE until > ?1", [last])?;
        transaction.commit()?;
        Ok(())
    }
}

/// As SQLite has numbers. A relay gives none that is so high.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
