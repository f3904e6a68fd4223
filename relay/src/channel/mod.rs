//! What is said on a socket: pushes come in, and go to the seats of a room; the relay replies, and tells who is present.

pub(crate) mod fanout;
pub(crate) mod join_ref;
pub(crate) mod presence;
pub(crate) mod reply;
pub(crate) mod room;
pub(crate) mod session;
