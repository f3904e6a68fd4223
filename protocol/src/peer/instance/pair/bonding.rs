//! What a pair shows each other of what they remember, and what they add to it.

use crate::peer::bond::{BondId, Shown};
use crate::peer::secret::Secret;

#[derive(Default)]
pub(crate) struct Bonding {
    /// The handshake hash of the pair's first session.
    pub hash: [u8; 32],
    /// How much of our bonds was written when we said which we have.
    pub proved: Option<u64>,
    /// It has said which it has.
    pub introduced: bool,
    pub shown: Option<Shown>,
    /// What the two of us have made since, or have shown.
    pub bond: Option<BondId>,
    pub exchange: Exchange,
    /// What we say once it is written.
    pub to_hold: Option<(BondId, u32)>,
}

/// Where the exchange of a pair stands. There is one at most.
#[derive(Default)]
pub(crate) enum Exchange {
    /// Nothing was sent: what the other has sent, if it has.
    #[default]
    None,
    Received(Part),
    Sent(Part),
    /// It is done, or was given up for one with another run of the same bond.
    Over,
}

/// The random bytes of one side, for a generation.
#[derive(Clone)]
pub(crate) struct Part {
    pub generation: u32,
    pub bytes: Secret,
}
