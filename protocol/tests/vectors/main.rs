//! Holds the crate to `vectors.json`, which a second implementation wrote (`vectors/make.py`).
#![cfg(feature = "session")]

mod derivation;
mod file;
mod frame;
