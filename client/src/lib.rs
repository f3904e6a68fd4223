//! The client of Sotto.
//!
//! Data passes through these modules in this order:
//!
//! 1. the command line ([`cli`]) names a relay ([`address`]), or a room of the configuration file ([`config`]), and
//!    where the passphrase comes from ([`secret`]; a [`rater`] tells its [`strength`]); what it leaves out is asked
//!    for ([`entrance`], [`prompt`]);
//! 2. the passphrase is stretched ([`derivation`]) to the root of a room;
//! 3. [`room`] is that room on that relay: its socket, its channel, its peers;
//! 4. [`pipe`] joins it to standard input and output, [`chat`] to a person at a [`desk`]: keys ([`keyboard`]) and
//!    what happens in the room change the [`screen`], which the [`terminal`] shows; [`compose`] hands the draft to the
//!    user's editor, [`attention`] tells of what came while the user looks elsewhere, [`save`] keeps the talk in a
//!    file.
//!
//! [`connect`], [`join`], `host` and `demo` are the ways into a chat; `invite` is what a host hands over. `doctor`
//! looks at a relay from outside, [`room_id`] is for the operator of a closed one; [`pin`] and [`proxy`] say whom a
//! connection trusts and which way it goes.
//!
//! [`exit`] says how a run ended, [`platform`] holds what differs from system to system, [`interrupts`] says whose
//! affair a Ctrl-C is, [`visible`] keeps escape codes away from terminals and [`wiping`] secrets out of memory that is
//! given back.
#![warn(missing_docs)]

pub mod exit;
pub mod platform;
pub mod visible;

pub mod cli;
pub mod config;
pub mod relay_url;
pub mod secret;

pub mod room;

pub mod chat;
pub mod pipe;
pub mod plain;
pub mod screen;
pub mod tui;

pub mod command;
pub mod open;
