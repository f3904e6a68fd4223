//! Sockets on the loopback interface, with tungstenite at the other end.

mod agreement;
mod interleavings;
mod peer;
mod serving;

mod memory;
