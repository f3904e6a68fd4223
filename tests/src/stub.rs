//! A program that a client starts, in the hands of the test: it tells what it was given.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::{env, iter, thread};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::Scene;
use crate::limit::LIMIT;

/// A program of the scene's that stands in for one of the machine's.
#[derive(Debug)]
pub struct Stub {
    folder: PathBuf,
    /// Where it says what it was given.
    told: PathBuf,
}

impl Stub {
    /// Puts one under this name into the scene's folder.
    pub fn new(scene: &Scene, name: &str) -> Self {
        let stub = Self {
            folder: scene.home().join(format!("{name}.d")),
            told: scene.home().join(name),
        };
        mknodat(CWD, &stub.told, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        fs::create_dir(&stub.folder).unwrap();
        let program = stub.folder.join(name);
        let script = format!("#!/bin/sh\n{{ echo \"$*\"; cat; }} > '{}'\n", stub.told.display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        stub
    }

    /// The path on which it is found before the machine's own.
    pub fn path(&self) -> String {
        let others = env::var_os("PATH").unwrap_or_default();
        let folders = iter::once(self.folder.clone()).chain(env::split_paths(&others));
        env::join_paths(folders).unwrap().into_string().unwrap()
    }

    /// Waits until it was started, and gives its arguments as a line and its input after that.
    pub fn given(&self) -> String {
        let (sender, given) = channel();
        let told = self.told.clone();
        thread::spawn(move || {
            // Nobody waits any more when it comes too late.
            let _ = sender.send(fs::read_to_string(told));
        });
        let given = given.recv_timeout(LIMIT);
        given
            .unwrap_or_else(|_| panic!("it was not started in {LIMIT:?}"))
            .unwrap()
    }
}
