//! The terminal in a person's hands: what it shows ([`terminal`]), what comes from it ([`keyboard`]), both together with
//! the signals ([`session`]); and what else the desktop has: calls for attention ([`notify`]), a clipboard and links
//! ([`clipboard`]), an editor ([`external_editor`]).

pub mod session;

pub mod keyboard;

mod ambiguous_width;
mod hyperlinks;
pub mod terminal;

pub mod clipboard;
pub mod external_editor;
pub mod notify;
