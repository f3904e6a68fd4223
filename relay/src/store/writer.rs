//! The one thread that writes the file.

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Instant};

use super::{
    file::StoreError,
    sqlite::{Change, Database, Lost},
};
use crate::{
    channel::reply::Refusal,
    clock::Day,
    limits,
    rooms::{Answer, Batch, Changes, Hashed, Job, Notices, Outcome, Record, Rooms, Sender},
};

/// Keeps the file up with the table of rooms, and the table with what the operator does to the file.
pub(super) struct Writer {
    /// As long as it stands in its place; then what is left of it.
    database: Option<Database>,
    lost: Option<Lost>,
    rooms: Arc<Rooms>,
    changes: Arc<Changes>,
    /// Since when the write-ahead log may hold what has been deleted.
    logged: Option<Instant>,
    /// The last write failed.
    failing: bool,
}

impl Writer {
    pub(super) fn new(database: Database, rooms: Arc<Rooms>, changes: Arc<Changes>) -> Self {
        Self {
            database: Some(database),
            lost: None,
            rooms,
            changes,
            // What a killed relay left.
            logged: Some(Instant::now()),
            failing: false,
        }
    }

    /// Until [`Changes::end`].
    pub(super) fn run(mut self) {
        loop {
            let mut batch = self.changes.take(limits::STORE_TICK);
            let last = batch.last;
            let (jobs, sweep) = (std::mem::take(&mut batch.jobs), batch.sweep);
            self.write(batch);
            self.keep(jobs);
            if let Some(today) = sweep {
                self.sweep(today);
            }
            if last {
                break;
            }
            self.look();
            self.shorten();
        }
        if let Err(error) = self.database().and_then(|database| database.shorten_log()) {
            tracing::warn!(%error, "the log of the room database stays until the next start");
        }
    }

    /// Writes what has become of some rooms in one transaction, and then tells who waits for it.
    fn write(&mut self, batch: Batch) {
        if batch.names.is_empty() {
            tell(batch);
            return;
        }
        let records: Vec<(Hashed, Option<(Record, bool)>)> = (batch.names.iter())
            .map(|name| (*name, self.rooms.record(name)))
            .collect();
        let changes = records.iter().map(|(name, known)| match known {
            Some((record, false)) => Change::Add(name, record),
            Some((record, true)) => Change::Use(name, record),
            None => Change::Remove(name),
        });
        match self.database().and_then(|database| database.write(changes)) {
            Ok(()) => {
                for (name, known) in &records {
                    if let Some((record, false)) = known {
                        self.rooms.saved(name, record);
                    }
                }
                self.written();
                tell(batch);
            }
            Err(error) => self.failed(&error, &records),
        }
    }

    /// The file has taken something, which may have written over what the log still holds.
    fn written(&mut self) {
        self.logged.get_or_insert_with(Instant::now);
        self.works();
    }

    /// New rooms are refused; what has become of others is tried again.
    fn failed(&mut self, error: &StoreError, records: &[(Hashed, Option<(Record, bool)>)]) {
        self.fails(error, "no new rooms until the room database can be written");
        let (new, old): (Vec<_>, Vec<_>) =
            (records.iter().copied()).partition(|(_, known)| matches!(known, Some((_, false))));
        for (name, _) in new {
            self.rooms.not_saved(&name);
        }
        self.changes.put_back(old.into_iter().map(|(name, _)| name));
    }

    /// Does what was asked of bags: in the table, then in the file in one transaction; then each has its answer.
    fn keep(&mut self, jobs: Vec<(Job, Sender)>) {
        let today = Day::today();
        let (mut outcomes, senders): (Vec<_>, Vec<_>) = (jobs.into_iter())
            .map(|(job, sender)| (self.rooms.perform(job, today), sender))
            .unzip();
        let writes = |outcome: &Outcome| outcome.new.is_some() || !outcome.gone.is_empty();
        if outcomes.iter().any(writes) {
            match (self.database()).and_then(|database| database.keep(&outcomes, today)) {
                Ok(()) => self.written(),
                Err(error) => {
                    self.fails(&error, "no new rooms until the room database can be written");
                    // Backwards, as several may have changed one bag. Nobody has been told anything yet.
                    for outcome in outcomes.iter_mut().rev() {
                        if let Some(before) = outcome.before.take() {
                            self.rooms.not_kept(&outcome.name, before);
                        }
                        outcome.answer = Answer::Refused(Refusal::KeptFull);
                    }
                }
            }
        }
        for (outcome, sender) in outcomes.into_iter().zip(senders) {
            // Who does not wait any more does not want to know.
            let _ = sender.send(self.with_blobs(outcome));
        }
    }

    /// The answer, with what has to be read for it.
    fn with_blobs(&mut self, outcome: Outcome) -> Answer {
        match outcome.answer {
            Answer::Got { found, more } if outcome.reads => {
                let name = &outcome.name;
                let read = (self.database()).and_then(|database| database.with_blobs(name, found));
                match read {
                    Ok(found) => Answer::Got { found, more },
                    Err(error) => {
                        self.fails(&error, "the room database cannot be read");
                        Answer::Refused(Refusal::KeptFull)
                    }
                }
            }
            answer => answer,
        }
    }

    /// A day has begun.
    fn sweep(&mut self, today: Day) {
        if self.rooms.sweep_bags(today) {
            let longest = limits::KEPT_LONGEST.into();
            match (self.database()).and_then(|database| database.sweep(today, longest)) {
                Ok(()) => self.written(),
                Err(error) => self.fails(&error, "what was kept until yesterday stays until tomorrow"),
            }
        }
    }

    /// Looks whether the operator has changed something.
    fn look(&mut self) {
        let found = self
            .database()
            .and_then(|database| match database.changed_by_others()? {
                true => Ok(Some((database.rooms()?, database.bags()?))),
                false => Ok(None),
            });
        let (found, mut bags) = match found {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => return self.fails(&error, "the room database cannot be read"),
        };
        let mut names = HashSet::with_capacity(found.len());
        for (name, record) in found {
            names.insert(name);
            let kept = bags.remove(&name).unwrap_or_default();
            send(self.rooms.restore(name, record, kept));
        }
        send(self.rooms.retain(|name| names.contains(name)));
        self.logged.get_or_insert_with(Instant::now);
    }

    /// The database, if it stands in its place, or a sound one does.
    fn database(&mut self) -> Result<&mut Database, StoreError> {
        if let Some(gone) = self.database.take_if(|database| !database.is_in_place()) {
            let lost = gone.lose();
            self.fails(&lost.error(), "no new rooms until a room database stands there");
            self.lost = Some(lost);
        }
        if let Some(lost) = &mut self.lost {
            self.database = Some(lost.find()?);
            self.lost = None;
            self.works();
        }
        // One of the two is always there.
        (self.database.as_mut()).ok_or_else(|| StoreError::Missing(PathBuf::new()))
    }

    fn fails(&mut self, error: &StoreError, what: &str) {
        self.changes.fail(true);
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(%error, "{what}");
        }
    }

    fn works(&mut self) {
        if std::mem::take(&mut self.failing) {
            tracing::info!("the room database can be written again");
        }
        self.changes.fail(false);
    }

    /// What was deleted is not to stay in the log.
    fn shorten(&mut self) {
        if self
            .logged
            .is_some_and(|since| since.elapsed() >= limits::LOG_AGE)
            && let Ok(true) = self.database().and_then(|database| database.shorten_log())
        {
            self.logged = None;
        }
    }
}

fn tell(batch: Batch) {
    for saved in batch.waiting {
        // Who does not wait any more does not want to know.
        let _ = saved.send(());
    }
}

fn send(notices: Notices) {
    for (outbound, frame) in notices {
        outbound.send(&frame);
    }
}
