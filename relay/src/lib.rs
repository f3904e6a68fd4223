//! The relay of Sotto: a Phoenix Channels server that has no notion of identity.
//!
//! A socket is a pipe and everyone may connect. Each join of a room carries its own credentials, which the relay
//! checks against its table of rooms; what members then push goes to all others of the room, untouched.
//!
//! [`Relay`] runs it, in the binary `sotto-relay` and within `sotto host`; [`Options`] are its settings.
#![warn(missing_docs)]

pub mod limits;
pub mod options;
pub mod server;
pub mod size;

pub use options::{OptionError, Options};
pub use server::{BindError, Relay};
pub use size::Size;
pub use tokio_util::sync::CancellationToken;
