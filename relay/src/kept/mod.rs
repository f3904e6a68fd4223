//! What waits for who is away: a bag of sealed blobs for each room.
//!
//! A [`Bag`] is what is known of them; it stands in the row of its room and goes with it. A member asks for something (a
//! `Job`); `Rooms::perform` changes the bag and says what to write and what to answer. Without a file that happens at once,
//! and the blobs are in the bag. With one it happens in the thread of the `store`, the only one then that changes bags, and
//! the blobs are in the file: the answer goes out when the disk has them, and if it does not take them the bag becomes what
//! it was.
//!
//! The [`Calendar`] says when blobs go, [`Total`] how much there is in all.

mod bag;
mod calendar;
mod total;

use std::sync::Arc;

use crate::limits;

pub(crate) use bag::{Bag, Entry, NotKept};
pub(crate) use calendar::Calendar;
pub(crate) use total::Total;

/// How much is kept, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Keeping {
    /// Days of a blob at most; 0: nothing is kept.
    pub(crate) days: u8,
    /// Bytes of a room's blobs.
    pub(crate) room: usize,
    /// All that is kept.
    pub(crate) total: Arc<Total>,
}

impl Keeping {
    /// So many days, bytes of a room, and bytes in all.
    pub(crate) fn new(days: u8, room: usize, total: usize) -> Self {
        Self {
            days,
            room,
            total: Arc::new(Total::new(total)),
        }
    }

    /// Whether anything is taken.
    pub(crate) fn is_on(&self) -> bool {
        self.days > 0
    }

    /// What may be kept in all for the sake of one more blob: strangers' new rooms share the lower half, so that whoever
    /// makes rooms to fill the relay does not keep out those who were there before.
    pub(crate) fn share(&self, is_settled: bool) -> usize {
        let limit = self.total.limit();
        if is_settled { limit } else { limit / 2 }
    }
}

/// Nothing is kept.
impl Default for Keeping {
    fn default() -> Self {
        Self::new(0, limits::KEPT_ROOM, 0)
    }
}
