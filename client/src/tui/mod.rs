//! The terminal in a person's hands: what it shows ([`terminal`]), what comes from it ([`keyboard`]), both together with
//! the signals ([`session`]); and what else the desktop has: calls for attention ([`notify`]), a clipboard and links
//! ([`clipboard`]), an editor ([`external_editor`]).

pub(crate) mod session;

pub(crate) mod keyboard;

mod ambiguous_width;
mod hyperlinks;
pub(crate) mod terminal;

pub(crate) mod clipboard;
pub(crate) mod external_editor;
pub(crate) mod notify;
