//! End-to-end tests of Sotto: the machinery that spawns and drives both real binaries, from outside.
//!
//! A test sets a [`scene`]: a relay and a passphrase. On it run [`process`]es: the [`relay`], clients as
//! [`pipe`]s that are driven line by line, and clients in a [`terminal`], what they write being taken apart into
//! [`sequences`], while a [`stub`] may stand in for a program of the machine's. The [`binaries`] are built once.
//!
//! Between client and relay may stand a [`proxy`], whose [`recording`] is what somebody on the way sees; a [`socks`]
//! proxy; or a web server, as a [`front`], with a certificate of the test's own [`authority`]. In the
//! place of the relay may stand other people's: a plain [`phoenix`] server, one that does [`mischief`], or a
//! [`stranger`] that is no relay at all; and in the place of a client a [`peer`] that says what no
//! user can, or a [`member`] that obeys no rules at all.
//!
//! What is left of secrets in a process is looked for in its [`memory`].
//!
//! Every wait has a [`limit`]. Beside all that, [`house`] reads the source of our own crates.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub mod binaries;
pub mod limit;
pub mod memory;

pub mod scene;

pub mod pipe;
pub mod process;
pub mod relay;
pub mod sequences;
pub mod stub;
pub mod terminal;

pub mod authority;
pub mod front;
pub mod proxy;
pub mod recording;
pub mod socks;

pub mod house;

pub mod member;
pub mod mischief;
pub mod peer;
pub mod phoenix;
pub mod stranger;

pub use authority::Authority;
pub use front::Front;
pub use member::Member;
pub use peer::Peer;
pub use pipe::Pipe;
pub use process::Process;
pub use proxy::Proxy;
pub use relay::Relay;
pub use scene::Scene;
pub use sequences::Sequences;
pub use socks::Socks;
pub use stub::Stub;
pub use terminal::Terminal;
