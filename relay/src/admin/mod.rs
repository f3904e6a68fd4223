//! For the operator: what a relay is told, and tells, beside its sockets.

pub(crate) mod hardening;
pub mod health;
pub mod invite;
pub mod log;
pub(crate) mod metrics;
pub mod operator;
pub(crate) mod refusals;
pub mod systemd;
pub(crate) mod unit;
