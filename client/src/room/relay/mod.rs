//! The way to the relay: from its URL to a WebSocket ([`connect`], [`trust`], [`socket`]), our channel on it
//! ([`channel`], [`presence`]), and whether it is still there ([`heartbeat`]).

pub(crate) mod connect;
pub(crate) mod socket;
pub(crate) mod trust;

pub(crate) mod channel;
pub(crate) mod presence;

pub(crate) mod heartbeat;
