//! The client of Sotto.
//!
//! Data passes through these modules in this order:
//!
//! 1. the command line ([`cli`]) says which [`command`] is to be done;
//! 2. that goes one way into a room ([`open`]): where it is ([`relay_url`]), or what the configuration file ([`config`])
//!    says of it, with which passphrase ([`secret`]), and what is left out is asked for;
//! 3. [`room`] is that room on that relay: its socket, its channel, its peers, and what is remembered of it ([`memory`]);
//! 4. [`pipe`] joins it to standard input and output, [`plain`] to a person who wants lines, [`chat`] to one at a
//!    terminal ([`tui`]): keys and what happens in the room change the [`screen`], which is drawn.
//!
//! [`exit`] says how a run ended, [`platform`] holds what differs from system to system, and [`visible`] keeps escape
//! codes away from terminals.
#![warn(missing_docs)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation is for those who read the code"
)]

mod exit;
pub mod platform;
mod visible;

mod cli;
pub mod command;

mod config;
pub mod open;
pub mod relay_url;
pub mod secret;

mod memory;

pub mod room;

mod pipe;

mod chat;
mod plain;
pub mod screen;
mod tui;
