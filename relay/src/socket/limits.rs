//! What a socket may take, in bytes and in time.

use std::time::Duration;

/// The limits of every socket of a relay.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The longest message that a client may send, in bytes; a longer one closes with 1009.
    pub(crate) message: usize,
    /// How much may wait for one reader, in bytes. A reader that lets more pile up is closed.
    pub(crate) queue: usize,
    /// How much all queues and incomplete messages may hold together, in bytes.
    pub(crate) buffered: usize,
    /// A socket on which no frame was completed for so long is closed.
    pub(crate) idle: Duration,
    /// A frame that was begun has to be whole within this time.
    pub(crate) frame: Duration,
    /// A reader for whom something has waited so long without a byte leaving is cut.
    pub(crate) stall: Duration,
    /// How long the rest of a frame and the close frame may take to leave.
    pub(crate) close: Duration,
    /// How long what a peer still sends is awaited after the close frame has left, before the reset.
    pub(crate) linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The largest envelope (64 KiB and 40 bytes), and a Phoenix header of five fields of 255 bytes.
            message: 68 * 1024,
            // Eight times what a client has on the way at most (128 KiB).
            queue: 1024 * 1024,
            buffered: 64 * 1024 * 1024,
            // Phoenix clients send a heartbeat every 30 s.
            idle: Duration::from_secs(60),
            // The largest frame on a link of 1.1 KiB a second.
            frame: Duration::from_secs(60),
            stall: Duration::from_secs(30),
            close: Duration::from_secs(3),
            linger: Duration::from_secs(2),
        }
    }
}
