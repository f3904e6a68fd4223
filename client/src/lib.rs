//! The client of Sotto.
pub mod screen;
