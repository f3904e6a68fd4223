//! `sotto-relay --db` from outside: what survives, what is refused, what the operator does meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the machinery of a test fails as the test does

mod closed;
mod crash;
mod disk;
mod disk_record;
mod keeper;
mod kept;
mod log;
mod member;
mod power;
mod refused;
mod relay;
mod replaced;
mod seized;
mod traced;
mod ttl;
