//! The chat on a screen: state, update and view, kept apart.
//!
//! Data passes through these modules in this order:
//!
//! 1. an input ([`update::Input`]: a key, a paste, something from the room) changes the [`update::State`]:
//!    keys ([`chord`]s, as the [`keymap`] has them) become actions ([`key`]) on the draft ([`editor`], [`typing`]), lines become texts ([`sending`]) or
//!    [`command`]s ([`answering`], [`leaving`]), as the [`settings`] say;
//! 2. the state holds the [`rooms`], each as one value ([`conversation`]): who is here ([`people`]) and what was said
//!    ([`list`] of [`entry`]s), and what else the screen knows ([`focus`], [`notice`]);
//! 3. what is to be done comes out as [`update::Effect`]s;
//! 4. [`view`] makes a picture of the state, in cells, in the styles of a [`theme`]; texts are made harmless ([`visible`]) and broken into
//!    rows ([`wrap`]).
//!
//! None of these does any I/O or knows a clock.

pub mod update;

mod alert;
pub mod answering;
pub mod browse;
pub mod chord;
pub mod command;
mod completion;
pub mod compose;
mod composing;
pub mod editor;
pub mod hidden;
pub mod history;
pub mod joining;
pub mod key;
pub mod keymap;
pub mod leaving;
pub mod lines;
pub mod lock;
pub mod recall;
mod sending;
pub mod settings;
pub mod typing;

pub mod clock;
pub mod conversation;
pub mod entry;
pub mod focus;
pub mod list;
pub mod markup;
pub mod notice;
pub mod people;
pub mod rooms;
pub mod row;
pub mod search;
pub mod unread;

pub mod theme;
pub mod view;
pub mod visible;
pub mod wrap;

#[cfg(test)]
mod tests;
