//! What lies over the talk.

pub mod form;
pub mod help;
pub mod join;
pub mod lock;
