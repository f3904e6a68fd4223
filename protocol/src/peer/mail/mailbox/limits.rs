//! Every number of a mailbox, with its reason. `SPEC.md` repeats them.

use std::time::Duration;

/// Blobs of a bag that are looked at, whatever a relay announces: four times what ours keep.
pub const BLOBS: usize = 256;
/// Notes of ours that wait at a time: what our relays keep of a room.
pub const OWN: usize = 64;
/// Requests without an answer: enough that a far relay does not slow down who leaves, few enough for a slow link.
pub const IN_FLIGHT: usize = 4;
/// A request is answered within this time: the largest blob takes eight seconds at 2 KiB/s, and others are before it.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// What the relay had no place for, or what it did not answer, is tried again after this.
pub const RETRY: Duration = Duration::from_secs(5 * 60);
/// Two looks into the bag are so far apart at least: who says all the time that something is new gets no more.
pub const LOOK_SPACING: Duration = Duration::from_secs(2);
/// What was opened under bonds and is not read; more is left in the bag.
pub const INBOX: usize = 256;
/// Texts under bonds that were shown, whose copies are known in later runs.
pub const SEEN: usize = 256;
/// Texts that were shown, live or not, whose copies are known.
pub const SHOWN: usize = 1024;
