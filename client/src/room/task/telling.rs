//! What the reader of the room is told, as fast as it takes it; and what is written down beside it.

use std::time::Duration;

use sotto_protocol::instance::{Event, Recognition};
use sotto_protocol::mail::mailbox::Copy;
use sotto_protocol::message::InstanceId;
use tokio::sync::mpsc::error::TrySendError;

use super::Task;
use crate::room::Update;
use crate::room::recorder::Direction;

impl Task {
    /// Takes what the instance has to tell.
    pub(super) fn gather(&mut self) {
        let waits = self.instance.is_waiting();
        let mut readdressed = std::mem::replace(&mut self.waits, waits) != waits;
        self.write_bonds();
        let mut next = None;
        while let Some(mut event) = next.take().or_else(|| self.instance.next_event()) {
            if let Event::PeerJoined { peer, compared, .. } = &mut event {
                // Whose words were compared in an earlier run needs no comparing in this one.
                next = self.instance.next_event();
                *compared |= next.as_ref().is_some_and(|next| is_known(next, *peer));
            }
            let name = self.names.of(&event);
            // Something may go now to one whom it was not for when it was written.
            readdressed |= matches!(event, Event::PeerJoined { .. } | Event::PeerLeft { .. });
            let copy = self.keeper.happened(&event, &self.instance);
            if let (Copy::Differs, Event::Message { id, .. }) = (copy, &event) {
                self.tell(Update::Differs(*id));
            }
            self.tell(match copy {
                Copy::Same => Update::Again { event, name },
                Copy::New | Copy::Differs => Update::Event { event, name },
            });
        }
        while let Some(update) = self.keeper.next_update(&mut self.instance) {
            self.tell(update);
        }
        while let Some((event, name)) = self.names.changed() {
            self.tell(Update::Event { event, name });
        }
        let undelivered = self.instance.undelivered();
        if undelivered != self.undelivered {
            self.undelivered = undelivered;
            self.tell(Update::Undelivered(undelivered));
            self.memory_is_stale();
        }
        if readdressed {
            self.write_memory();
        }
    }

    pub(super) fn tell(&mut self, update: Update) {
        self.pending.push_back(update);
        self.hand_over();
    }

    /// Gives the reader what it has room for.
    pub(super) fn hand_over(&mut self) {
        while let Some(update) = self.pending.pop_front() {
            match self.updates.try_send(update) {
                Ok(()) => {}
                Err(TrySendError::Full(update)) => return self.pending.push_front(update),
                Err(TrySendError::Closed(_)) => {
                    self.pending.clear();
                    return self.leave_by(Duration::ZERO);
                }
            }
        }
    }

    pub(super) fn record(&mut self, direction: Direction, payload: &[u8]) {
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.write(direction, payload)
        {
            self.recorder = None;
            self.tell(Update::RecordingFailed(error));
        }
    }
}

/// Whether this tells that a peer is the one who was met before.
fn is_known(event: &Event, known: InstanceId) -> bool {
    let Event::Recognised { peer, recognition } = event else {
        return false;
    };
    *peer == known && matches!(recognition, Recognition::Same { .. })
}
