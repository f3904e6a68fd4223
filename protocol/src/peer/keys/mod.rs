//! What people know, what is computed from it, and what names a run.

pub mod passphrase;
pub mod root;
pub mod run_key;
pub mod words;
