//! What all sockets of a relay share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    clock::Clock,
    config::options::Options,
    counters::{Counters, NotAdmitted},
    limit::budget::Budgets,
    limit::quota::Quotas,
    limit::slot::{Slot, Slots},
    net::client_addr::ClientAddrs,
    net::descriptors,
    rooms::Rooms,
    socket::Sockets,
};

/// What all sockets of a relay share.
pub(crate) struct Hub {
    pub(crate) clock: Clock,
    /// Where addresses stand in the tables.
    pub(crate) slots: Slots,
    /// Whom to believe about an address.
    pub(crate) client_addrs: ClientAddrs,
    pub(crate) counters: Counters,
    /// What an address may do.
    pub(crate) quotas: Quotas,
    /// What may be delivered a second.
    pub(crate) budgets: Budgets,
    pub(crate) rooms: Arc<Rooms>,
    /// What waits in all sockets.
    pub(crate) sockets: Arc<Sockets>,
    /// Open connections, and how many may be.
    connections: AtomicUsize,
    max_connections: usize,
    /// Time for a request.
    pub(crate) head_time: Duration,
    /// Channels of a socket.
    pub(crate) max_channels: usize,
    /// Seats of a room.
    pub(crate) max_seats: usize,
}

impl Hub {
    /// Of a relay with these options and rooms.
    pub(crate) fn new(options: &Options, rooms: Arc<Rooms>) -> Self {
        Self {
            clock: Clock::start(),
            slots: Slots::new(&rand::random(), options.proxy.onion),
            client_addrs: ClientAddrs::new(&options.proxy),
            counters: Counters::default(),
            quotas: Quotas::new(options),
            budgets: Budgets::new(options),
            rooms,
            sockets: Arc::new(Sockets::new(options.socket_limits())),
            connections: AtomicUsize::new(0),
            max_connections: options.max_connections.unwrap_or_else(descriptors::connections),
            head_time: options.head_time(),
            max_channels: options.max_channels,
            max_seats: options.max_seats,
        }
    }

    /// How many connections are open.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }
}

/// A connection that counts as open until this is dropped.
pub(crate) struct Admission {
    /// What it is let in to.
    pub(crate) hub: Arc<Hub>,
}

impl Admission {
    /// Lets a connection in from an address, or from a proxy that has yet to say from which.
    ///
    /// # Errors
    /// [`NotAdmitted`] when it is one too many.
    pub(crate) fn take(hub: &Arc<Hub>, slot: Option<Slot>) -> Result<Self, NotAdmitted> {
        if slot.is_some_and(|slot| !hub.quotas.connections.take(slot, hub.clock.now())) {
            return Err(NotAdmitted::TooOften);
        }
        let admission = Self { hub: hub.clone() };
        let others = hub.connections.fetch_add(1, Relaxed);
        if others < hub.max_connections {
            Ok(admission)
        } else {
            Err(NotAdmitted::Full)
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.hub.connections.fetch_sub(1, Relaxed);
    }
}

impl std::ops::Deref for Admission {
    type Target = Hub;

    fn deref(&self) -> &Hub {
        &self.hub
    }
}
