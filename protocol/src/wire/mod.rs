//! What a relay sees: the hashes of a join, its topic, and the frames that carry everything.

pub mod hash;

pub mod join;
pub mod room_id;
pub mod topic;

pub mod frame;

pub mod kept;
