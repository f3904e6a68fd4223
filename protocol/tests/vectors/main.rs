//! Holds the crate to `vectors.json`, which a second implementation wrote (`vectors/make.py`).
#![cfg(feature = "session")]
// The lint lets tests unwrap, but not the functions around them.
#![allow(clippy::unwrap_used)]

mod derivation;
mod file;
mod frame;
