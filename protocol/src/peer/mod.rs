//! What only members of a room compute and read, in the order in which data passes through it.

pub mod secret;

mod keys;
pub use keys::{passphrase, root, run_key, words};

pub mod message;
pub mod name;

pub mod envelope;
pub mod handshake;
pub mod session;

pub mod bond;
pub mod mail;
pub mod memory;

pub mod instance;
