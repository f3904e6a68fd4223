//! Holds the crate to `vectors.json`, which a second implementation wrote (`vectors/make.py`).
#![cfg(feature = "session")]
// The lints let tests unwrap and panic, but not the functions around them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bond;
mod derivation;
mod envelope;
mod file;
mod frame;
mod handshake;
mod kept;
mod mail;
mod message;
mod playback;
mod run;
