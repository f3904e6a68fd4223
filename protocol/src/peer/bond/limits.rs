//! Every number of a bond, with its reason. `SPEC.md` repeats them.

/// Bonds that are remembered of a room: with two generations each they fill a [proof](super::Proof).
pub const BONDS: usize = 12;
/// Keys of messages that were skipped are kept for so many of a direction, the newest.
pub const SKIPPED: usize = 64;
/// What waits is looked for so many messages ahead. No key on the way is kept.
pub const AHEAD: u32 = 4096;
/// An author stops so many messages past the last one that he knows to be read: the reader still finds them.
pub const UNREAD: u32 = 4000;
/// A key that may still be needed is kept for so many days: one longer than any relay keeps a blob.
pub const DAYS: u32 = 15;
/// Directions of earlier generations in which something may still wait.
pub const RETIRED: usize = 16;
/// What was read is known again, and dropped when it comes back: the last so many.
pub const SPENT: usize = 256;
