//! For the operator: what a relay is told, and tells, beside its sockets.

pub(crate) mod hardening;
pub mod invite;
pub mod log;
pub(crate) mod metrics;
pub mod operator;
pub mod systemd;
