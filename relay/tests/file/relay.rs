//! The machinery of the tests: a relay of its own process on a file of its own.

use std::{
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tempfile::TempDir;

/// Whatever is awaited comes within this time, or the test fails.
pub const SOON: Duration = Duration::from_secs(20);

/// A folder with a room database, or none yet.
pub struct Place {
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub fn db(&self) -> PathBuf {
        self.folder.path().join("rooms.db")
    }

    /// A place with an empty room database.
    pub fn with_db() -> Self {
        let place = Self::new();
        place.start(&[]).end();
        place
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sotto-relay"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOTTO_") || name == "RUST_LOG")
        {
            command.env_remove(name);
        }
        command
            .env("SOTTO_RELAY_DB", self.db())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        let free_port = [
            "--listen",
            "127.0.0.1:0",
            "--address-rooms",
            "0",
            "--address-joins",
            "0",
        ];
        Running::start(self.command(&free_port).args(arguments))
    }

    /// What `sotto-relay room` prints.
    pub fn room(&self, arguments: &[&str]) -> String {
        let output = self.command(&["room"]).args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The names of the rooms in the file, in hexadecimal digits.
    pub fn names(&self) -> Vec<String> {
        let connection = Connection::open(self.db()).unwrap();
        connection.busy_timeout(SOON).unwrap();
        let mut rows = connection.prepare("SELECT lower(hex(name)) FROM room").unwrap();
        let names = rows.query_map([], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    }

    /// Waits until the file holds these rooms and no others.
    pub fn wait_for_names(&self, mut expected: Vec<String>) {
        expected.sort();
        let begun = Instant::now();
        let mut names = self.names();
        while names != expected {
            assert!(begun.elapsed() < SOON, "{names:?} are not {expected:?}");
            std::thread::sleep(Duration::from_millis(20));
            names = self.names();
        }
    }
}

/// The exit code and stderr of a process that ends by itself.
pub fn outcome(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// A relay that runs until it is dropped.
pub struct Running {
    pub child: Child,
    pub addr: String,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self::start_with(command, Stdio::piped())
    }

    /// With this as its stderr.
    pub fn start_with(command: &mut Command, stderr: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Some(addr) = line.trim_end().strip_prefix("listening on ws://") else {
            let mut stderr = String::new();
            if let Some(mut said) = child.stderr.take() {
                said.read_to_string(&mut stderr).unwrap();
            }
            panic!("it does not listen: {stderr}");
        };
        let addr = addr.to_owned();
        Self { child, addr }
    }

    /// Ends it orderly; what it wrote to stderr.
    pub fn end(mut self) -> String {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let mut stderr = String::new();
        // A test may have taken it to read along.
        if let Some(mut rest) = self.child.stderr.take() {
            rest.read_to_string(&mut stderr).unwrap();
        }
        assert!(self.child.wait().unwrap().success());
        stderr
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL: it may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
