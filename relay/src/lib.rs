//! The relay of Sotto: a Phoenix Channels server that has no notion of identity.
//!
//! A socket is a pipe and everyone may connect. Each join of a room carries its own credentials, which the relay
//! checks against its table of rooms; what members then push goes to all others of the room, untouched.
//!
//! [`Relay`] runs it, in the binary `sotto-relay` and within `sotto host`; [`Options`] are its settings.
//!
//! The modules are listed in the order of the data. A frame on its way from one member to the others passes
//!
//! 1. `net::server`: `Relay::run` accepts the connection, `Relay::welcome` admits it (`hub::Admission::take`);
//! 2. `net::upgrade::open`: a header of a proxy (`proxy_protocol::read`), TLS (`secure`) and one request (`answer`) make
//!    it a WebSocket, which knows its `client_addr` only as a `limit::slot`;
//! 3. `socket::serve`: its task reads (`Connection::poll`, `read_socket`) into the scratch buffer of the thread;
//! 4. `Connection::take_frames`: `Inbound::next` takes a frame out of it, checks and unmasks it;
//! 5. `channel::session`: `Session::message` decodes the push, `Session::push` looks for its channel,
//!    `Session::broadcast` encodes it once for all;
//! 6. `Room::push` finds the other seats; over 64 of them, a `Fanout` serves them in turns;
//! 7. `Outbound::send` writes it straight into each socket (`Writing::write_through`), or queues what that does not take;
//! 8. `Outbound::drain` in the receiver's own task writes what waited;
//! 9. back in the sender's task `Session::spend` counts it, and `Session::pause` says when to read on.
//!
//! What is for the bag of a room leaves it at 5 as well: `channel::session::kept` verifies it, `Rooms::ask` changes the
//! `kept` bag in the row of the room, at once or in the thread of the store.
//!
//! A join goes another way from 5 on: `Session::join` asks the `limit`s, `Rooms::enter` compares the hashes or makes the
//! room, `Room::join` seats the newcomer. Where there is a `store`, the room waits in `rooms::changes` until
//! `store::writer` has it on the disk, and `Session::resume` goes on.
//!
//! Beside them `net::acme` gets the certificate that TLS shows, where an authority is to give one.
//!
//! The `hub` is what all sockets share, the `counters` what is counted, `limits` every number with its reason. `admin` is
//! for the operator, beside a relay that runs: [`operator`] changes the file of rooms, [`invite`] tells what to hand over,
//! `metrics` feeds a watchman, [`health`] is one, `refusals` are the sums that its log has, [`systemd`] is the service
//! manager that may have started it, and `unit` what that lets it do; `hardening` keeps its memory to itself, and what it
//! says on stderr goes through the [`log`].
#![warn(missing_docs)]

mod config;

mod net;

mod hub;
mod socket;

mod channel;
mod kept;
mod rooms;
mod store;

mod clock;
mod counters;
mod limit;
mod limits;

mod admin;

pub use admin::hardening::{end_with_each_thread, seclude};
pub use admin::{health, invite, log, operator, systemd};
pub use config::environment::{UnknownVariable, check_environment};
pub use config::size::Size;
pub use config::{
    error::OptionError,
    options::{Admittance, Options},
};
pub use net::acme::AcmeOptions;
pub use net::certificate::{Certificate, CertificateError};
pub use net::client_addr::ProxyOptions;
pub use net::descriptors::raise_descriptor_limit;
pub use net::server::{BindError, Relay};
pub use net::tls::{Tls, TlsOptions};
pub use store::StoreError;
pub use tokio_util::sync::CancellationToken;
