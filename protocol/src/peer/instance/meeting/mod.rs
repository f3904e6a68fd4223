//! How instances find each other and agree, and what follows when one has come or gone.

mod bonding;
mod company;
mod handshake;
mod hello;
mod pace;

pub(super) use self::pace::Pace;
