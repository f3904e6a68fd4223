//! The chat on a screen: state, update and view, kept apart.
//!
//! Data passes through these modules in this order:
//!
//! 1. an input ([`update::Input`]: a key, a paste, something from the room) changes the [`update::State`];
//! 2. keys ([`chord`]s; the [`mouse`], if the user wants that) become actions ([`key`]) as the [`keymap`] has them, and these change the draft ([`editor`],
//!    [`typing`], [`history`]), what it is for ([`purpose`]), or what is selected ([`browse`]); without a screen whole
//!    [`lines`] come in;
//! 3. a draft that is sent is a text or a [`command`], which is answered ([`answering`]), opens a room ([`joining`]),
//!    locks ([`lock`]), shows a [`page`] of help or leaves ([`leaving`]), as the [`settings`] say;
//! 4. the state holds the [`rooms`], each as one value ([`conversation`]): who is here ([`people`]) and what was said
//!    ([`list`] of [`entry`]s, by the [`clock`]) and may [`fade`], what else the screen knows ([`focus`], [`notice`]), and the talk
//!    as a [`transcript`], if the user wants to keep it;
//! 5. what is to be done comes out as [`update::Effect`]s;
//! 6. [`view`] makes a picture of the state, in cells, in the styles of a [`theme`]; texts are made harmless
//!    ([`visible`]) and broken into rows ([`wrap`]).
//!
//! None of these does any I/O or knows what time it is.

pub mod effect;
pub mod settings;
pub mod theme;

pub mod keymap;
pub mod text;

pub mod editor;
pub mod talk;

pub mod conversation;
pub mod layer;
pub mod state;

pub mod view;
