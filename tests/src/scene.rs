//! What a test plays on: a relay, a passphrase, and a home for both.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use crate::limit::Turn;
use crate::{Pipe, Process, Relay, Terminal, binaries, process};

/// A relay and a passphrase in a folder of its own. All that runs on it ends with it.
#[derive(Debug)]
pub struct Scene {
    /// The relay, where the test did not bring its own.
    pub relay: Relay,
    url: String,
    /// The certificates that clients trust.
    trusted: Option<PathBuf>,
    home: TempDir,
    turn: Option<Turn>,
}

/// The passphrase of every scene; no test may find it anywhere but in its file.
pub const PASSPHRASE: &str = "clavicle 9 marmalade of the tests";

impl Scene {
    /// A relay as it is without options.
    pub fn new() -> Self {
        Self::with_relay(&[])
    }

    /// A relay with options.
    pub fn with_relay(options: &[&str]) -> Self {
        Self::prepared(options, |_| {})
    }

    /// A relay with options that name files of the scene's folder, which are put there first.
    pub fn prepared(options: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let turn = Turn::take();
        let home = TempDir::new().unwrap();
        prepare(home.path());
        let relay = Relay::start(options, home.path().to_owned());
        let scene = Self {
            url: relay.url(),
            trusted: None,
            relay,
            home,
            turn: Some(turn),
        };
        scene.write("passphrase", PASSPHRASE);
        scene
    }

    /// Clients are given this URL instead of the relay's own: a proxy, or another server.
    pub fn at(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }

    /// Clients trust whom the certificates in this file vouch for, and nobody else.
    pub fn trusting(mut self, certificates: impl Into<PathBuf>) -> Self {
        self.trusted = Some(certificates.into());
        self
    }

    /// From now on little happens in it for long: it takes no turn of others.
    pub fn rest(&mut self) {
        self.turn = None;
    }

    /// What clients are given.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file that only its owner can read, and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        use std::io::Write;
        let path = self.home().join(name);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .unwrap();
        file.write_all(content.as_ref()).unwrap();
        path
    }

    /// `sotto` with these arguments, nothing added.
    pub fn sotto(&self, args: &[&str]) -> Command {
        let mut sotto = process::command(binaries::sotto(), self.home());
        sotto.args(args);
        if let Some(certificates) = &self.trusted {
            sotto.env("SSL_CERT_FILE", certificates);
        }
        sotto
    }

    /// `sotto` with these arguments and no controlling terminal, which reads this and nothing else.
    pub fn without_terminal(&self, args: &[&str], input: &str) -> Process {
        let mut sotto = self.sotto(args);
        process::detach(&mut sotto);
        let mut process = Process::spawn(sotto);
        process.write(input);
        process.end_input();
        process
    }

    /// `sotto pipe` in the scene's room, under a name.
    pub fn pipe(&self, name: &str, args: &[&str]) -> Pipe {
        let mut pipe = self.sotto(&["pipe", self.url(), "--name", name]);
        pipe.args(["--passphrase-file", "passphrase"]).args(args);
        Pipe::start(pipe)
    }

    /// What `sotto doctor` finds at the scene's URL, one object a step.
    pub fn doctor(&self, args: &[&str]) -> Vec<serde_json::Value> {
        let doctor = Process::spawn(self.sotto(&[&["doctor", "--json", self.url()], args].concat()));
        let lines = std::iter::from_fn(|| doctor.line());
        lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
    }

    /// `sotto` with these arguments, to be started in a terminal.
    pub fn in_terminal(&self, args: &[&str]) -> CommandBuilder {
        self.at_terminal(binaries::sotto(), args)
    }

    /// Any program, to be started in a terminal: it finds nothing of the machine's in its environment but the path.
    pub fn at_terminal(&self, program: impl AsRef<OsStr>, args: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home());
        command.env("LANG", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        command.cwd(self.home());
        command.args(args);
        command
    }

    /// `sotto` with these arguments in a terminal of so many rows and columns.
    pub fn terminal(&self, (rows, columns): (u16, u16), args: &[&str]) -> Terminal {
        Terminal::start(self.in_terminal(args), rows, columns)
    }

    /// What `sotto` is given to join the scene's room under a name.
    pub fn joining<'a>(&'a self, name: &'a str) -> [&'a str; 6] {
        [
            "join",
            self.url(),
            "--name",
            name,
            "--passphrase-file",
            "passphrase",
        ]
    }

    /// `sotto join` of the scene's room in a terminal of the usual size, under a name.
    pub fn chat(&self, name: &str) -> Terminal {
        self.terminal((24, 80), &self.joining(name))
    }

    /// The same with other things in its environment.
    pub fn chat_with(&self, name: &str, variables: &[(&str, impl AsRef<OsStr>)]) -> Terminal {
        let mut sotto = self.in_terminal(&self.joining(name));
        for (variable, value) in variables {
            sotto.env(variable, value);
        }
        Terminal::start(sotto, 24, 80)
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}
