//! The chat on a screen: state, update and view, kept apart.
//!
//! Data passes through these modules in this order:
//!
//! 1. an input ([`state::Input`]: a key, a paste, something from the room) changes the [`state::State`];
//! 2. keys become actions as the [`keymap`] has them; a [`layer`] that lies over the talk takes them first, and then
//!    they change the draft ([`editor`]), or what is selected, as the [`settings`] say;
//! 3. the state holds the rooms, each as one value ([`conversation`]): who is here, and what was said ([`talk`]);
//! 4. what is to be done comes out as [`effect::Effect`]s;
//! 5. [`view`] makes a picture of the state, in cells, in the styles of a [`theme`]; texts are made harmless and broken
//!    into rows ([`text`]).
//!
//! None of these does any I/O or knows what time it is.

pub mod effect;
pub mod settings;
pub mod theme;

pub(crate) mod keymap;
pub(crate) mod text;

pub(crate) mod editor;
pub mod talk;

pub mod conversation;
pub mod layer;
pub mod state;

pub mod view;
