//! Where clients remember: what they write is there after a while, and whoever dies before has not written it.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use sotto_protocol::bond::{Bonds, Revision};
use sotto_protocol::instance::Now;

use crate::client::Client;

/// What is on its way to a disk.
pub struct Write {
    pub due: Duration,
    pub revision: Revision,
    pub bytes: Vec<u8>,
}

/// When a client dies at a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// It is not on the disk.
    Before,
    /// It is, and the client does not know.
    After,
}

#[derive(Default)]
pub struct Disks {
    disks: Vec<Vec<u8>>,
    /// How long a write takes at most, in milliseconds.
    pub latency: u64,
    /// How many writes there were, and at which ones somebody dies.
    pub writes: usize,
    pub crashes: Vec<(usize, Crash)>,
    /// One of them is older than what others have seen of it.
    pub restored: bool,
}

impl Disks {
    /// A new one, with nothing on it.
    pub fn add(&mut self) -> usize {
        self.disks.push(written(&Bonds::default()));
        self.disks.len() - 1
    }

    /// What is on a disk.
    pub fn read(&self, disk: usize) -> Bonds {
        serde_json::from_slice(&self.disks[disk]).unwrap()
    }

    /// Puts back what was there before.
    pub fn restore(&mut self, disk: usize, bonds: &Bonds) {
        self.disks[disk] = written(bonds);
        self.restored = true;
    }

    /// A write of a client begins, where there is something to write.
    pub fn take(&mut self, client: &mut Client, now: Now, rng: &mut SmallRng) -> bool {
        let Some(revision) = client.instance.next_write() else {
            return false;
        };
        // Whoever has no disk remembers nothing.
        if client.disk.is_some() {
            let latency = Duration::from_millis(rng.random_range(0..=self.latency));
            let last = client.writing.back().map_or(Duration::ZERO, |write| write.due);
            client.writing.push_back(Write {
                due: last.max(now.monotonic + latency),
                revision,
                bytes: written(client.instance.bonds()),
            });
        }
        true
    }

    /// A write ends: whether the client dies of it.
    pub fn write(&mut self, disk: Option<usize>, bytes: Vec<u8>) -> bool {
        let number = self.writes;
        self.writes += 1;
        let crash = self.crashes.iter().find(|(at, _)| *at == number);
        let crash = crash.map(|(_, crash)| *crash);
        if let (Some(disk), None | Some(Crash::After)) = (disk, crash) {
            self.disks[disk] = bytes;
        }
        crash.is_some()
    }

    /// A client is killed: what was on its way is there or not.
    pub fn leave(&mut self, client: &mut Client, rng: &mut SmallRng) {
        while let Some(write) = client.writing.pop_front() {
            if rng.random_bool(0.5) {
                return client.writing.clear();
            }
            if let Some(disk) = client.disk {
                self.disks[disk] = write.bytes;
            }
        }
    }
}

fn written(bonds: &Bonds) -> Vec<u8> {
    serde_json::to_vec(bonds).unwrap()
}
