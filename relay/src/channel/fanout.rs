//! What is to be delivered to more seats than one turn may serve.

use std::{sync::Arc, vec};

use bytes::Bytes;

use crate::{
    limits,
    socket::{self, Outbound},
};

/// Deliveries to a snapshot of a room's seats, without its lock.
pub(crate) struct Fanout {
    left: vec::IntoIter<(Arc<Outbound>, Bytes)>,
    /// Readers that are behind.
    behind: Vec<Arc<Outbound>>,
}

impl Fanout {
    /// Delivers at once what one turn may serve; `Some` with the rest.
    pub fn start(deliveries: Vec<(Arc<Outbound>, Bytes)>) -> Option<Self> {
        let mut fanout = Self {
            left: deliveries.into_iter(),
            behind: Vec::new(),
        };
        socket::Fanout::step(&mut fanout).then_some(fanout)
    }

    /// Delivers all, and lets others run in between.
    pub(crate) async fn finish(mut self) {
        while socket::Fanout::step(&mut self) {
            tokio::task::yield_now().await;
        }
    }

    /// Of those that were served.
    pub(crate) fn behind(self) -> Vec<Arc<Outbound>> {
        self.behind
    }
}

impl socket::Fanout for Fanout {
    fn step(&mut self) -> bool {
        for (outbound, frame) in self.left.by_ref().take(limits::FANOUT_STEP) {
            if outbound.send(&frame) {
                self.behind.push(outbound);
            }
        }
        self.left.len() > 0
    }
}
