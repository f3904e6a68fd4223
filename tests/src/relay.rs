//! The real relay on a free port of the loopback.

use std::net::SocketAddr;
use std::path::PathBuf;

use rustix::process::Signal;

use crate::process::{Process, command};
use crate::{binaries, limit::LIMIT};

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    process: Process,
    address: SocketAddr,
    options: Vec<String>,
    home: PathBuf,
}

impl Relay {
    /// Starts a relay and waits until it accepts connections.
    pub fn start(options: &[&str], home: PathBuf) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Self::listen("127.0.0.1:0", options, home)
    }

    fn listen(address: &str, options: Vec<String>, home: PathBuf) -> Self {
        let mut relay = command(binaries::relay(), &home);
        relay.args(["--listen", address]).args(&options);
        let process = Process::spawn(relay);
        let line = process
            .line()
            .unwrap_or_else(|| panic!("the relay does not listen in {LIMIT:?}: {}", process.errors()));
        let address = line
            .strip_prefix("listening on ws://")
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("not the line of a relay that listens: {line}"));
        Self {
            process,
            address,
            options,
            home,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client is given.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Ends it without a word to anybody.
    pub fn kill(&mut self) {
        self.process.signal(Signal::KILL);
        self.process.exit_code();
    }

    /// Starts it again at the same port, after [`kill`](Self::kill).
    pub fn start_again(&mut self) {
        *self = Self::listen(&self.address.to_string(), self.options.clone(), self.home.clone());
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
