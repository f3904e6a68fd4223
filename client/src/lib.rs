//! The client of Sotto.
//!
//! Data passes through these modules in this order:
//!
//! 1. the command line ([`cli`]) names a relay ([`address`]) and where the passphrase comes from ([`secret`]);
//! 2. the passphrase is stretched ([`derivation`]) to the root of a room;
//! 3. [`room`] is that room on that relay: its socket, its channel, its peers;
//! 4. [`pipe`] joins it to standard input and output.
//!
//! [`exit`] says how a run ended, [`harden`] keeps secrets out of core dumps, [`signals`] ask to end, [`visible`]
//! keeps escape codes away from terminals.
#![warn(missing_docs)]

pub mod exit;
pub mod harden;
pub mod signals;
pub mod visible;

pub mod address;
pub mod cli;
pub mod derivation;
pub mod generate;
pub mod prompt;
pub mod room_id;
pub mod secret;

pub mod room;

pub mod pipe;
