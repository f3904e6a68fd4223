//! How long a test waits for anything, and how many run at once.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The longest wait for one event. A debug build derives a key in about a second; a machine that is busy with
/// other builds needs many times that.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Scenes that are played at the same time in a process. Each client takes 256 MiB while it derives its keys.
const SCENES: usize = 3;

static PLAYED: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// Leave to play a scene; given back on drop.
#[derive(Debug)]
pub struct Turn(());

impl Turn {
    /// Waits for a turn.
    pub fn take() -> Self {
        let played = PLAYED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut played = ENDED
            .wait_while(played, |played| *played == SCENES)
            .unwrap_or_else(PoisonError::into_inner);
        *played += 1;
        Self(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *PLAYED.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}
