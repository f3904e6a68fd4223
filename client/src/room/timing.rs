//! How long everything on the way to a relay may take. Values of a struct, so that tests need not wait.

use std::time::Duration;

/// The waits of a room.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// For the name of the relay's host to be found.
    pub(crate) resolve: Duration,
    /// For a TCP connection to one address of the relay; there may be several in turn.
    pub(crate) connect: Duration,
    /// For TLS and the WebSocket upgrade together.
    pub(crate) upgrade: Duration,
    /// For the answer to a join.
    pub(crate) join: Duration,
    /// Between two heartbeats, at least. A relay closes after 60 s without a frame; a Phoenix server, too.
    pub(crate) heartbeat_min: Duration,
    /// Between two heartbeats, at most. The spread keeps clients of one relay apart.
    pub(crate) heartbeat_max: Duration,
    /// For the answer to a heartbeat, or any other frame while one is waited for.
    pub(crate) heartbeat_answer: Duration,
    /// For the answer to a heartbeat after a jump of the clock, when the connection is probably gone.
    pub(crate) probe_answer: Duration,
    /// Between two looks at the clocks.
    pub(crate) tick: Duration,
    /// How much the clocks may differ between two looks before the connection is probed.
    pub(crate) jump: Duration,
    /// The first wait before a new connection, at most.
    pub(crate) retry_min: Duration,
    /// The longest wait before a new connection.
    pub(crate) retry_max: Duration,
    /// The shortest wait after the relay said that it has no place for us.
    pub(crate) busy_min: Duration,
    /// A connection that lasted so long begins anew with the shortest wait.
    pub(crate) settled: Duration,
    /// For the peers to acknowledge that we leave; they may wait 300 ms before they do.
    pub(crate) parting: Duration,
    /// For the relay to take our seat back.
    pub(crate) goodbye: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            upgrade: Duration::from_secs(10),
            join: Duration::from_secs(10),
            heartbeat_min: Duration::from_secs(25),
            heartbeat_max: Duration::from_secs(30),
            heartbeat_answer: Duration::from_secs(15),
            probe_answer: Duration::from_secs(3),
            tick: Duration::from_secs(2),
            jump: Duration::from_secs(5),
            retry_min: Duration::from_secs(1),
            retry_max: Duration::from_secs(30),
            busy_min: Duration::from_secs(5),
            settled: Duration::from_secs(10),
            parting: Duration::from_millis(600),
            goodbye: Duration::from_millis(300),
        }
    }
}
