//! A relay in this process, and clients on real sockets.

mod client;
mod joining;
