//! Sockets on the loopback interface, with tungstenite at the other end.

mod peer;
mod serving;
