//! What only members of a room compute and read, in the order in which data passes through it.

pub mod secret;

pub mod passphrase;
pub mod root;
pub mod words;

pub mod message;
pub mod name;

pub mod envelope;
pub mod handshake;
pub mod run_key;
pub mod session;

pub mod memory;

pub mod instance;
