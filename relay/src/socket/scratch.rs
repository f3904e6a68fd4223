//! The one buffer of a thread into which its connections read, one after the other.

use std::cell::Cell;

/// Holds the frame of the largest envelope (64 KiB and 40 bytes) with its Phoenix header, so that a frame that has
/// arrived as a whole is never copied.
const SIZE: usize = 72 * 1024;

thread_local! {
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Lends the scratch buffer of this thread. What is in it is of no meaning.
pub(super) fn lend<R>(borrower: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut scratch = SCRATCH.take().unwrap_or_else(|| vec![0; SIZE].into_boxed_slice());
    let result = borrower(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}
