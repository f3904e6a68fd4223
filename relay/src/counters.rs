//! What a relay counts since its start: sums only, nothing of a room, a member or an address.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::channel::reply::Refusal;

/// Why a connection is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// The address has connected too often.
    TooOften,
    /// As many connections are open as may be.
    Full,
}

/// The outcomes of a join, as they are counted.
pub(crate) const OUTCOMES: [&str; 6] = [
    "ok",
    "unauthorized",
    "room_full",
    "relay_full",
    "rate_limited",
    "too_many_channels",
];

/// What is counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) joins: [AtomicU64; OUTCOMES.len()],
    pub(crate) seats: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) delivered_bytes: AtomicU64,
    pub(crate) paused: AtomicU64,
    pub(crate) too_often: AtomicU64,
    pub(crate) full: AtomicU64,
}

impl Counters {
    pub(crate) fn joined(&self, outcome: Result<(), Refusal>) {
        let index = match outcome {
            Ok(()) => 0,
            Err(Refusal::RoomFull) => 2,
            Err(Refusal::RelayFull) => 3,
            Err(Refusal::RateLimited) => 4,
            Err(Refusal::TooManyChannels) => 5,
            Err(_) => 1,
        };
        self.joins[index].fetch_add(1, Relaxed);
    }

    /// A socket has a seat.
    pub(crate) fn took_seat(&self) {
        self.seats.fetch_add(1, Relaxed);
    }

    /// A socket has given up a seat that it took.
    pub(crate) fn left_seat(&self) {
        self.seats.fetch_sub(1, Relaxed);
    }

    /// A message of so many bytes went to so many receivers.
    pub(crate) fn passed(&self, bytes: usize, receivers: usize) {
        self.messages.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
        self.delivered_bytes
            .fetch_add((bytes as u64).saturating_mul(receivers as u64), Relaxed);
    }

    /// A socket is not read for a while: it, its address or all are over a budget.
    pub(crate) fn paused(&self) {
        self.paused.fetch_add(1, Relaxed);
    }

    /// A connection was not let in.
    pub(crate) fn turned_away(&self, why: NotAdmitted) {
        let counter = match why {
            NotAdmitted::TooOften => &self.too_often,
            NotAdmitted::Full => &self.full,
        };
        counter.fetch_add(1, Relaxed);
    }
}
