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
    scheme: String,
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
        let (scheme, address) = line
            .strip_prefix("listening on ")
            .and_then(|url| url.split_once("://"))
            .and_then(|(scheme, address)| Some((scheme.to_owned(), address.parse().ok()?)))
            .unwrap_or_else(|| panic!("not the line of a relay that listens: {line}"));
        Self {
            process,
            scheme,
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
        format!("{}://{}", self.scheme, self.address)
    }

    /// What its operator hands over: the URL that `sotto-relay invite` prints for the same options.
    pub fn invite(&self) -> String {
        let mut invite = command(binaries::relay(), &self.home);
        invite.args(["invite", "--listen", &self.address.to_string()]);
        invite.args(&self.options);
        let line = Process::spawn(invite).line();
        let line = line.expect("an invite");
        let url = line
            .strip_prefix("sotto join '")
            .and_then(|url| url.strip_suffix('\''));
        url.unwrap_or_else(|| panic!("not an invite: {line}")).to_owned()
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
