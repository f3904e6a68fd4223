//! From a connection to a WebSocket: who is accepted, from which address, with TLS or without.

pub(crate) mod acme;
pub(crate) mod certificate;
pub(crate) mod client_addr;
pub(crate) mod descriptors;
mod handshake;
pub(crate) mod proxy_protocol;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod upgrade;
