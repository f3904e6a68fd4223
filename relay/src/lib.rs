//! The relay of Sotto.
