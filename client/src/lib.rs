//! The client of Sotto.
