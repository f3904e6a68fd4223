//! A relay in this process, and clients on real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the machinery of a test fails as the test does

mod client;
mod door;
mod ending;
mod expiring;
mod fairness;
mod joining;
mod metrics;
mod presence;
mod proxies;
mod pushing;
mod quotas;
mod tls;
