//! What was said and what happened: [`entry`] by entry, by the [`clock`], in a [`list`] with the reader's place in it,
//! what is [`unread`], what goes by itself ([`expiry`]); as rows on the screen ([`row`]) or lines of a file
//! ([`transcript`]).

pub mod clock;
pub mod entry;
pub(crate) mod expiry;
pub(crate) mod list;
pub(crate) mod row;
pub(crate) mod transcript;
pub(crate) mod unread;
