//! What is to be delivered to more seats than one turn may serve.

use std::{sync::Arc, vec};

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::{
    limits,
    socket::{self, Outbound},
};

/// Deliveries to a snapshot of a room's seats, without its lock.
///
/// What is left when it is dropped is still delivered: a sender that is closed has had its reply.
pub struct Fanout(Deliveries);

type Deliveries = vec::IntoIter<(Arc<Outbound>, Bytes)>;

impl Fanout {
    /// Delivers at once what one turn may serve; `Some` with the rest.
    pub fn start(deliveries: Vec<(Arc<Outbound>, Bytes)>) -> Option<Self> {
        let mut fanout = Self(deliveries.into_iter());
        step(&mut fanout.0).then_some(fanout)
    }

    /// Delivers all, and lets others run in between.
    pub async fn finish(mut self) {
        finish(std::mem::take(&mut self.0)).await;
    }
}

/// Serves some seats. `true`: there are more.
fn step(deliveries: &mut Deliveries) -> bool {
    for (outbound, frame) in deliveries.by_ref().take(limits::FANOUT_STEP) {
        outbound.send(&frame);
    }
    deliveries.len() > 0
}

async fn finish(mut deliveries: Deliveries) {
    while step(&mut deliveries) {
        tokio::task::yield_now().await;
    }
}

impl socket::Fanout for Fanout {
    fn step(&mut self) -> bool {
        step(&mut self.0)
    }
}

impl Drop for Fanout {
    fn drop(&mut self) {
        // Without a runtime the relay is ending.
        if self.0.len() > 0
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(finish(std::mem::take(&mut self.0)));
        }
    }
}
