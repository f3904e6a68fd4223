//! What lies over the talk.

pub mod form;
