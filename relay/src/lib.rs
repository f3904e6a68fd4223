//! The relay of Sotto.

pub mod socket;
