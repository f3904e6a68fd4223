//! The relay of Sotto: a Phoenix Channels server that has no notion of identity.
//!
//! A socket is a pipe and everyone may connect. Each join of a room carries its own credentials, which the relay
//! checks against its table of rooms; what members then push goes to all others of the room, untouched.
//!
//! [`Relay`] runs it, in the binary `sotto-relay` and within `sotto host`; [`Options`] are its settings.
//!
//! Data passes through these modules in this order:
//!
//! 1. in `net` a server accepts connections, and lets them upgrade to WebSocket, with [`tls`] under a certificate if
//!    there is one; [`client_addr`] knows the address of each, which a proxy may have to say;
//! 2. a [`socket`] takes messages out of the stream and gives them to its `handler`;
//! 3. the handler joins the `rooms`, which a `store` may keep in a file, and passes pushes on to the seats of a
//!    `room`, which tells of its `presence`; what has many receivers is a `fanout`;
//! 4. strangers are held within bounds by the `limit`s, on one `clock`.
//!
//! The `hub` is what all sockets share. Every number is in [`limits`]. For the operator there are `check` before a
//! start, [`invite`] for those who are to join, `metrics` for a watchman, and [`operator`], which changes the file of
//! rooms beside a relay that runs. A `service` manager may start it, and `seclusion` keeps its memory to itself.
#![warn(missing_docs)]

mod admin;
mod channel;
mod clock;
mod config;
mod counters;
mod hub;
mod limit;
mod limits;
mod net;
mod rooms;
mod socket;
mod store;

pub use admin::{hardening::seclude, invite, operator, systemd};
pub use config::options::{self, Admittance, OptionError, Options};
pub use config::size::Size;
pub use net::certificate::{Certificate, CertificateError};
pub use net::client_addr::ProxyOptions;
pub use net::descriptors::raise_descriptor_limit;
pub use net::server::{BindError, Relay};
pub use net::tls::{self, Tls, TlsOptions};
pub use store::StoreError;
pub use tokio_util::sync::CancellationToken;
