//! What the operator may set, and whether a relay could start with it.

mod check;
pub(crate) mod environment;
mod keeping;
pub(crate) mod options;
pub(crate) mod size;
