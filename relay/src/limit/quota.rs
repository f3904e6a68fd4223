//! What one address may do, whoever is behind it.

use std::time::Duration;

use crate::{
    config::options::Options,
    limit::bucket::{Buckets, Concurrency, Rate},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The limits by address.
pub(crate) struct Quotas {
    /// Connections a minute: 429 at the door.
    pub(crate) connections: Buckets,
    /// Joins a minute.
    pub(crate) joins: Buckets,
    /// Joins that failed, a minute. Only sockets that have failed themselves meet it.
    pub(crate) failed_joins: Buckets,
    /// Rooms made an hour.
    pub(crate) rooms: Buckets,
    /// Blobs put an hour.
    pub(crate) puts: Buckets,
    /// Bytes of them, a day.
    pub(crate) put_bytes: Buckets,
    /// Seats held now.
    pub(crate) seats: Concurrency,
    /// Sockets that hold none: 429 at the door.
    pub(crate) unseated: Concurrency,
}

impl Quotas {
    /// As the operator set them.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            connections: Buckets::new(Rate::new(options.address_connections, MINUTE)),
            joins: Buckets::new(Rate::new(options.address_joins, MINUTE)),
            failed_joins: Buckets::new(Rate::new(options.address_failed_joins, MINUTE)),
            rooms: Buckets::new(Rate::new(options.address_rooms, HOUR)),
            puts: Buckets::new(Rate::new(options.address_puts, HOUR)),
            put_bytes: Buckets::new(Rate::new(options.address_put_bytes, DAY)),
            seats: Concurrency::new(options.address_seats),
            unseated: Concurrency::new(options.address_unseated),
        }
    }
}
