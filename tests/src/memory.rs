//! What somebody finds who reads the memory of a process: root, a debugger, a core dump, or the swap.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem::Finder;
use rustix::process::Pid;

/// What is read at once. A secret that lies across two pieces is found too, as they overlap.
const PIECE: usize = 1 << 20;

/// How often each secret stands in what a process can write to: its heap, its stacks and its variables.
///
/// # Errors
/// Where only root may read the process's memory.
pub fn copies(of: Pid, secrets: &[Vec<u8>]) -> io::Result<Vec<usize>> {
    let of = of.as_raw_pid();
    let mut memory = File::open(format!("/proc/{of}/mem"))?;
    let secrets: Vec<Finder> = secrets.iter().map(Finder::new).collect();
    let overlap = secrets
        .iter()
        .map(|secret| secret.needle().len() - 1)
        .max()
        .unwrap_or(0);
    let mut copies = vec![0; secrets.len()];
    for (start, end) in writable(&fs::read_to_string(format!("/proc/{of}/maps"))?) {
        let mut kept = Vec::new();
        for at in (start..end).step_by(PIECE) {
            memory.seek(SeekFrom::Start(at))?;
            let piece = (end - at).min(PIECE as u64);
            let before = kept.len();
            // Guard pages and the like are there and cannot be read.
            if (&memory).take(piece).read_to_end(&mut kept).is_err() {
                kept.clear();
                continue;
            }
            for (copies, secret) in copies.iter_mut().zip(&secrets) {
                let new = before.saturating_sub(secret.needle().len() - 1);
                *copies += secret.find_iter(&kept[new..]).count();
            }
            kept.drain(..kept.len().saturating_sub(overlap));
        }
    }
    Ok(copies)
}

fn writable(maps: &str) -> Vec<(u64, u64)> {
    let regions = maps.lines().filter_map(|line| {
        let (addresses, rest) = line.split_once(' ')?;
        let (start, end) = addresses.split_once('-')?;
        let address = |hex| u64::from_str_radix(hex, 16).ok();
        rest.starts_with("rw").then_some((address(start)?, address(end)?))
    });
    regions.collect()
}
