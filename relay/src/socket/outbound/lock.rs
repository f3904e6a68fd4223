//! The lock of an [`Outbound`](super::Outbound).

use std::sync::{Mutex, PoisonError};

/// A lock that is held for the length of a call. Named so that the same code runs under a model checker's lock.
pub(crate) trait Lock {
    /// What it guards.
    type Value;
    /// A lock around `value`.
    fn new(value: Self::Value) -> Self;
    /// Calls `change` with the lock held.
    fn with<R>(&self, change: impl FnOnce(&mut Self::Value) -> R) -> R;
}

impl<T> Lock for Mutex<T> {
    type Value = T;

    fn new(value: T) -> Self {
        Mutex::new(value)
    }

    fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
