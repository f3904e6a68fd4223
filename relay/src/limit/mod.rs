//! What strangers may do: how often, how much at a time and how much a second, each by their address.

pub(crate) mod bucket;
pub(crate) mod budget;
pub(crate) mod quota;
pub(crate) mod slot;
