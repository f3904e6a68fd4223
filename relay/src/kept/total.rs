//! How much is kept in all.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes and number of all blobs of all bags.
#[derive(Debug)]
pub(crate) struct Total {
    bytes: AtomicUsize,
    blobs: AtomicUsize,
    limit: usize,
}

impl Total {
    /// Nothing yet, and bytes at most.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            blobs: AtomicUsize::new(0),
            limit,
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    pub(crate) fn blobs(&self) -> usize {
        self.blobs.load(Relaxed)
    }

    /// Counts bytes that take the place of others that go, unless there would be more than `share` for it.
    pub(super) fn exchange(&self, added: usize, freed: usize, share: usize) -> bool {
        let after = |bytes: usize| {
            let after = bytes.saturating_sub(freed).saturating_add(added);
            (after <= share || added <= freed).then_some(after)
        };
        self.bytes.try_update(Relaxed, Relaxed, after).is_ok()
    }

    /// Counts what is there, however much it is.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn take(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
    }

    pub(super) fn count(&self, before: usize, now: usize) {
        if now >= before {
            self.blobs.fetch_add(now - before, Relaxed);
        } else {
            self.blobs.fetch_sub(before - now, Relaxed);
        }
    }
}
