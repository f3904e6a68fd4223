//! What all sockets of a relay share: above all the one budget of everything that waits in them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Close, Limits};

/// What all sockets of a relay share: their limits, the one budget of what waits in them, and their common end.
pub struct Sockets {
    limits: Limits,
    /// What all queues and incomplete messages hold, in bytes.
    held: AtomicUsize,
    /// Readers that were cut for being too slow.
    overflows: AtomicU64,
    open: Mutex<Open>,
}

/// Every open socket, by where in memory its `Outbound` lies.
#[derive(Default)]
struct Open {
    sockets: HashMap<usize, Weak<dyn Holder>>,
    /// Set once no socket is to be open any more.
    closed: Option<Close>,
}

/// A socket, as its bookkeeper sees it.
pub(super) trait Holder: Send + Sync {
    /// Stands for the peer's address.
    fn address(&self) -> u64;
    /// The memory that it holds, in bytes.
    fn held(&self) -> usize;
    fn close(&self, close: &Close);
    /// Takes back at once what it holds.
    fn cut(&self);
}

impl Sockets {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            held: AtomicUsize::new(0),
            overflows: AtomicU64::new(0),
            open: Mutex::default(),
        }
    }

    /// The limits of every socket.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn count(&self) -> usize {
        self.open().sockets.len()
    }

    /// What waits in all of them together, in bytes.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// How many readers were cut for being too slow.
    pub(crate) fn overflows(&self) -> u64 {
        self.overflows.load(Ordering::Relaxed)
    }

    pub(super) fn overflowed(&self) {
        self.overflows.fetch_add(1, Ordering::Relaxed);
    }

    /// Closes every socket, and every one that is still to come, at once; at a shutdown with [`Close::RESTART`]. Then
    /// wait for the tasks of [`serve`](super::serve): none takes longer than 5 s.
    pub(crate) fn close_all(&self, close: &Close) {
        self.open().closed = Some(close.clone());
        for holder in self.holders() {
            holder.close(close);
        }
    }

    pub(super) fn enter(&self, holder: &Arc<dyn Holder>) {
        let mut open = self.open();
        open.sockets
            .insert(Arc::as_ptr(holder).addr(), Arc::downgrade(holder));
        let closed = open.closed.clone();
        drop(open);
        if let Some(close) = closed {
            holder.close(&close);
        }
    }

    pub(super) fn leave(&self, place: usize) {
        self.open().sockets.remove(&place);
    }

    /// Enters into the books what a socket holds. `true`: the budget is exceeded, so call [`relieve`](Self::relieve)
    /// once no lock of a socket is held.
    pub(super) fn account(&self, before: usize, after: usize) -> bool {
        if after <= before {
            if after < before {
                self.held.fetch_sub(before - after, Ordering::Relaxed);
            }
            return false;
        }
        let more = after - before;
        self.held.fetch_add(more, Ordering::Relaxed) + more > self.limits.buffered
    }

    /// Cuts the largest holder of the address that holds most, until the rest is within the budget.
    pub(super) fn relieve(&self) {
        let holders = self.holders();
        let mut held: Vec<Held> = (holders.iter().enumerate())
            .map(|(index, holder)| Held {
                index,
                address: holder.address(),
                bytes: holder.held(),
            })
            .filter(|held| held.bytes > 0)
            .collect();
        while self.held() > self.limits.buffered
            && let Some(victim) = victim(&held)
        {
            let victim = held.swap_remove(victim);
            holders[victim.index].cut();
        }
    }

    /// All that are open. They are kept until the list is dropped, outside the lock: the last owner of a socket takes
    /// it out of the books, for which it needs the lock.
    fn holders(&self) -> Vec<Arc<dyn Holder>> {
        let mut holders = Vec::new();
        holders.extend(self.open().sockets.values().filter_map(Weak::upgrade));
        holders
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets")
            .field("limits", &self.limits)
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
struct Held {
    index: usize,
    address: u64,
    bytes: usize,
}

/// Which of them is to be cut.
fn victim(held: &[Held]) -> Option<usize> {
    let mut addresses: HashMap<u64, usize> = HashMap::new();
    for holder in held {
        *addresses.entry(holder.address).or_default() += holder.bytes;
    }
    let (address, _) = addresses.into_iter().max_by_key(|(_, bytes)| *bytes)?;
    let of_address = held
        .iter()
        .enumerate()
        .filter(|(_, holder)| holder.address == address);
    of_address
        .max_by_key(|(_, holder)| holder.bytes)
        .map(|(position, _)| position)
}
