//! A reader that is behind: whether its senders are to wait for it, and whether it is so slow that it holds them up.

use std::time::Duration;

use tokio::time::Instant;

/// For a reader that has taken nothing for so long no sender waits: it may be gone, and the others want to go on.
const ALIVE: Duration = Duration::from_secs(2);

/// Who takes less than this while senders wait is cut: 4 KiB a second for 30 s, two of the largest envelopes. A link that
/// slow cannot follow two people who type, with what TLS and TCP put around each frame.
const SLOWEST: usize = 4 * 1024 * 30;
const SLOW_TIME: Duration = Duration::from_secs(30);

/// What is known of a reader since its queue was more than half full. It is forgotten when that is nearly empty.
#[derive(Debug)]
pub(super) struct Pressure {
    /// When it took something last, or fell behind.
    moved: Instant,
    /// Since when what it takes is counted, and how much that is, in bytes.
    since: Instant,
    taken: usize,
}

impl Pressure {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            moved: now,
            since: now,
            taken: 0,
        }
    }

    /// Whether it is worth waiting for.
    pub(super) fn is_alive(&self, now: Instant) -> bool {
        now < self.moved + ALIVE
    }

    /// The reader has taken so much. `true`: all the time that was too little.
    pub(super) fn took(&mut self, bytes: usize, now: Instant) -> bool {
        self.moved = now;
        self.taken += bytes;
        if now < self.since + SLOW_TIME {
            return false;
        }
        self.since = now;
        std::mem::take(&mut self.taken) < SLOWEST
    }
}
