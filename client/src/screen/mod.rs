//! The chat on a screen.
pub mod editor;
pub mod visible;
pub mod wrap;
