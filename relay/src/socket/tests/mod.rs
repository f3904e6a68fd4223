//! Sockets on the loopback interface, with tungstenite at the other end.

mod agreement;
mod interleavings;
mod peer;
mod pipe;
mod serving;
mod waiting;

mod budget;
mod ending;
mod memory;
mod outbound;
