//! What the room takes from one run to the next: written before anybody is told that it waits.

use std::time::Duration;

use sotto_protocol::instance::Now;
use sotto_protocol::memory::Memory;

use super::Task;
use crate::memory::{Found, MemoryError, MemoryFile, Remember};
use crate::room::{CommandError, Remembered, Update, clock};

/// How long what need not wait on the disk any more may stand there: a busy room is not written at each acknowledgement.
const SETTLE: Duration = Duration::from_secs(1);

/// The memory of a room, and whether it is as it should be on the disk.
pub(super) struct Remembering {
    /// Where it may be begun; `None` where the user does not want that.
    place: Option<Remember>,
    /// It, while there is one.
    file: Option<MemoryFile>,
    /// What is on the disk.
    written: Memory,
    /// When to look whether that is still right.
    due: Option<Duration>,
    /// It was told that it cannot be written.
    failing: bool,
}

impl Remembering {
    pub(super) fn new(place: Option<Remember>) -> Self {
        Self {
            place,
            file: None,
            written: Memory::default(),
            due: None,
            failing: false,
        }
    }
}

impl Task {
    /// Takes over what an earlier run has left, where the room is remembered.
    pub(super) fn recall(&mut self, now: Now) {
        let Some(Remember { folder, begin }) = &self.remembering.place else {
            return;
        };
        let opened = if *begin {
            MemoryFile::begin(folder, &self.root).map(Some)
        } else {
            MemoryFile::open(folder, &self.root)
        };
        match opened {
            Ok(Some(opened)) => self.remember(opened, now),
            Ok(None) => {}
            Err(why) => self.tell(Update::Remembered(Remembered::Failed(why))),
        }
    }

    /// From now on the room is remembered.
    pub(super) fn begin_to_remember(&mut self, now: Now) -> Result<(), CommandError> {
        if self.remembering.file.is_some() {
            return Ok(());
        }
        let Some(Remember { folder, .. }) = &self.remembering.place else {
            return Err(CommandError::NeverRemembered);
        };
        match MemoryFile::begin(folder, &self.root) {
            Ok(opened) => self.remember(opened, now),
            Err(why) => {
                self.tell(Update::Remembered(Remembered::Failed(why)));
                return Err(CommandError::NotRemembered);
            }
        }
        self.write_memory();
        Ok(())
    }

    fn remember(&mut self, (file, memory, found): (MemoryFile, Memory, Found), now: Now) {
        let mut unsent = memory.outbox.clone();
        if found == Found::Older {
            // It may have been sent since.
            let to = unsent.iter_mut().flat_map(|unsent| &mut unsent.to);
            to.for_each(|addressee| addressee.sent = true);
        }
        self.instance.take_over(unsent.clone(), now);
        self.remembering.file = Some(file);
        self.remembering.written = memory;
        self.tell(Update::Remembered(Remembered::Opened { found, unsent }));
    }

    /// Forgets the room: from now on nothing is remembered.
    pub(super) fn forget(&mut self) -> Result<(), CommandError> {
        self.remembering.due = None;
        match self.remembering.file.take().map(MemoryFile::forget) {
            Some(Err(why)) => {
                self.tell(Update::Remembered(Remembered::Failed(why)));
                Err(CommandError::NotForgotten)
            }
            Some(Ok(())) => {
                self.remembering.written = Memory::default();
                Ok(())
            }
            None => Err(CommandError::NotRemembered),
        }
    }

    /// Something that is remembered may have changed, without hurry.
    pub(super) fn memory_is_stale(&mut self) {
        if self.remembering.file.is_some() {
            let due = clock::now().monotonic + SETTLE;
            self.remembering.due.get_or_insert(due);
        }
    }

    /// When the memory is to be written.
    pub(super) fn memory_due(&self) -> Option<Duration> {
        self.remembering.due
    }

    /// Writes what is remembered, if it is not on the disk as it is.
    pub(super) fn write_memory(&mut self) {
        self.remembering.due = None;
        let Some(file) = &mut self.remembering.file else {
            return;
        };
        let memory = Memory {
            outbox: self.instance.unsent(),
        };
        if memory == self.remembering.written {
            return;
        }
        let told = match file.write(&memory) {
            Ok(()) => {
                self.remembering.written = memory;
                std::mem::take(&mut self.remembering.failing).then_some(Remembered::Again)
            }
            Err(MemoryError::Forgotten) => {
                self.remembering.file = None;
                Some(Remembered::Failed(MemoryError::Forgotten))
            }
            Err(why) => {
                let news = !std::mem::replace(&mut self.remembering.failing, true);
                news.then_some(Remembered::Failed(why))
            }
        };
        if let Some(told) = told {
            self.tell(Update::Remembered(told));
        }
    }
}
