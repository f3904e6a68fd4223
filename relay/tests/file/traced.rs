//! The relay's system calls, as `strace` sees them.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    member::{Member, Room},
    relay::{Place, Running, SOON},
};

const ROOMS: usize = 20;

/// What is looked for among the system calls.
#[derive(Debug, PartialEq)]
enum Call {
    /// The log of the database is on the disk.
    Synced,
    /// A client gets its answer.
    Answered,
}

/// Line by line: a process, and what it calls, or how a call of its ended that another's interrupted in the record.
fn calls(trace: &str) -> Vec<Call> {
    let mut syncing = None;
    let mut calls = Vec::new();
    for line in trace.lines() {
        let (process, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        let is_sync = call.starts_with("fsync(") || call.starts_with("fdatasync(");
        if is_sync && call.contains("-wal>") {
            if call.ends_with(" = 0") {
                calls.push(Call::Synced);
            } else {
                syncing = Some(process);
            }
        } else if syncing == Some(process) && call.contains("sync resumed>") && call.ends_with(" = 0") {
            syncing = None;
            calls.push(Call::Synced);
        } else if call.contains("phx_reply") {
            calls.push(Call::Answered);
        }
    }
    calls
}

#[test]
fn the_sync_comes_before_the_answer_of_every_first_join() {
    let place = Place::with_db();
    let record = place.folder.path().join("trace");
    let relay = place.command(&[]);
    let mut strace = Command::new("strace");
    strace
        // The relay stays the child, and is traced from aside; whole strings, and what stands behind a descriptor.
        .args(["-D", "-f", "-y", "-s", "1000", "-e"])
        .arg("trace=fsync,fdatasync,write,writev,sendto,sendmsg")
        .arg("-o")
        .args([record.as_os_str(), relay.get_program()])
        .args(["--listen", "127.0.0.1:0", "--db"])
        .arg(place.db());
    let relay = Running::start(&mut strace);
    let mut member = Member::connect(&relay);
    for count in 0..ROOMS {
        assert_eq!(member.join(&Room::new(&count.to_string())).unwrap(), "ok");
    }
    let process = relay.child.id().to_string();
    relay.end();
    let has_ended = |line: &str| {
        let (by, what) = line.split_once(' ').unwrap_or_default();
        by == process && what.trim_start() == "+++ exited with 0 +++"
    };
    let begun = Instant::now();
    let mut trace = String::new();
    while !trace.lines().any(has_ended) {
        assert!(begun.elapsed() < SOON, "{trace}");
        std::thread::sleep(Duration::from_millis(20));
        trace = fs::read_to_string(&record).unwrap();
    }
    let calls = calls(&trace);
    let answers: Vec<usize> = (calls.iter().enumerate())
        .filter(|(_, call)| **call == Call::Answered)
        .map(|(at, _)| at)
        .collect();
    assert_eq!(answers.len(), ROOMS, "{trace}");
    for at in answers {
        assert!(at > 0 && calls[at - 1] == Call::Synced, "{trace}");
    }
}

#[test]
fn an_answer_before_the_sync_would_be_seen() {
    let trace = "7  fdatasync(9</tmp/rooms.db-wal> <unfinished ...>\n\
                 8  sendto(11<socket:[5]>, \"\\201\\\"phx_reply\\\"\", 9, MSG_NOSIGNAL, NULL, 0) = 9\n\
                 7  <... fdatasync resumed>) = 0\n\
                 7  fdatasync(9</tmp/rooms.db-wal>) = 0";
    assert_eq!(calls(trace), [Call::Answered, Call::Synced, Call::Synced]);
}
