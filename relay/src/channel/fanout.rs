//! What is to be delivered to more seats than one turn may serve.

use std::{sync::Arc, vec};

use bytes::Bytes;

use crate::{
    limits,
    socket::{self, Outbound},
};

/// Deliveries to a snapshot of a room's seats, without its lock.
pub(crate) struct Fanout(vec::IntoIter<(Arc<Outbound>, Bytes)>);

impl Fanout {
    /// Delivers at once what one turn may serve; `Some` with the rest.
    pub(crate) fn start(deliveries: Vec<(Arc<Outbound>, Bytes)>) -> Option<Self> {
        let mut fanout = Self(deliveries.into_iter());
        socket::Fanout::step(&mut fanout).then_some(fanout)
    }

    /// Delivers all, and lets others run in between.
    pub(crate) async fn finish(mut self) {
        while socket::Fanout::step(&mut self) {
            tokio::task::yield_now().await;
        }
    }
}

impl socket::Fanout for Fanout {
    fn step(&mut self) -> bool {
        for (outbound, frame) in self.0.by_ref().take(limits::FANOUT_STEP) {
            outbound.send(&frame);
        }
        self.0.len() > 0
    }
}
