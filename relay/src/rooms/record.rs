//! What is kept of a room.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::{channel::room::Room, clock::Day, kept::Bag};

/// SHA-256 of a hash as it is written: what stands in the table instead of the hash.
pub(crate) type Hashed = [u8; 32];

/// SHA-256 of a hash as it is written.
pub(crate) fn hashed(hex: &str) -> Hashed {
    Sha256::digest(hex.as_bytes()).into()
}

/// Who may have a room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    /// Rooms that strangers may make the relay know.
    pub(crate) max_rooms: usize,
    /// Only rooms that the operator added.
    pub(crate) closed: bool,
    /// Days without anybody after which a stranger's room goes.
    pub(crate) ttl: Option<u32>,
}

/// Whose a room is, which decides when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Never had two seats taken at the same time: it goes after a day.
    Tried = 0,
    /// Two have met in it.
    Met = 1,
    /// The operator added it: only the operator removes it.
    Operators = 2,
}

/// What is kept of a room while nobody sits in it, in memory or in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// Of the access hash.
    pub(crate) access: Hashed,
    /// When it was first joined or added.
    pub(crate) made: Day,
    /// When somebody was last seen in it.
    pub(crate) used: Day,
    /// Whose it is.
    pub(crate) standing: Standing,
    /// How often the operator has ended what goes on in it.
    pub(crate) ended: u32,
}

impl Record {
    /// Of a room that is joined for the first time.
    pub(crate) fn new(access: Hashed, today: Day) -> Self {
        Self {
            access,
            made: today,
            used: today,
            standing: Standing::Tried,
            ended: 0,
        }
    }

    /// Whether an empty room with this record stays today. `ttl`: days without anybody after which it does not.
    pub(crate) fn stays(&self, today: Day, ttl: Option<u32>) -> bool {
        // The day on which it was made and the next one, whole.
        let tried = self.standing > Standing::Tried || today.since(self.made) < 2;
        let lives = ttl.is_none_or(|days| today.since(self.used) <= days);
        self.standing == Standing::Operators || tried && lives
    }
}

/// A record in the table.
pub(super) struct Row {
    pub(super) record: Record,
    /// The store has it. Nobody is let in before.
    pub(super) saved: bool,
    pub(super) life: Life,
    /// What waits there, if anything ever did.
    pub(super) bag: Option<Box<Bag>>,
}

impl Row {
    /// Whether something waits there: then it does not go.
    pub(super) fn keeps(&self) -> bool {
        self.bag.as_ref().is_some_and(|bag| !bag.is_empty())
    }
}

pub(super) enum Life {
    /// Somebody sits in it, or is about to.
    Live(Arc<Room>),
    /// Nobody does; its place among the empty ones.
    Empty(Emptied),
    /// Nobody does, and it does not go to make room for another.
    Kept,
}

/// The day on which a room became empty, and its place among all that ever did.
pub(super) type Emptied = (Day, u64);
