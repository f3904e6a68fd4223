//! What the operator may set, and whether a relay could start with it.

mod bounds;
mod check;
pub(crate) mod environment;
pub(crate) mod error;
mod keeping;
pub(crate) mod options;
pub(crate) mod size;
