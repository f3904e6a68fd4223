//! What one address may do, whoever is behind it.

use std::time::Duration;

use crate::{
    config::options::Options,
    limit::bucket::{Buckets, Counters, Rate},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The limits by address.
pub(crate) struct Quotas {
    /// Connections a minute: 429 at the door.
    pub connections: Buckets,
    /// Joins a minute.
    pub joins: Buckets,
    /// Joins that failed, a minute. Only sockets that have failed themselves meet it.
    pub failed_joins: Buckets,
    /// Rooms made an hour.
    pub rooms: Buckets,
    /// Seats held now.
    pub seats: Counters,
    /// Sockets that hold none: 429 at the door.
    pub unseated: Counters,
}

impl Quotas {
    /// As the operator set them.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            connections: Buckets::new(Rate::new(options.address_connections, MINUTE)),
            joins: Buckets::new(Rate::new(options.address_joins, MINUTE)),
            failed_joins: Buckets::new(Rate::new(options.address_failed_joins, MINUTE)),
            rooms: Buckets::new(Rate::new(options.address_rooms, HOUR)),
            seats: Counters::new(options.address_seats),
            unseated: Counters::new(options.address_unseated),
        }
    }
}
