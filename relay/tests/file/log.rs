//! A log that nobody can read or write: nothing else depends on it.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, PipeReader, Read, Write, pipe},
    net::{TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    process::{Command, Stdio},
};

use rustix::{
    fs::{OFlags, fcntl_setfl},
    process::{Pid, Signal, kill_process},
};

use crate::{
    disk::allow,
    member::{Member, Room},
    relay::{Place, Running},
};

/// A pipe that takes nothing more, and its other end.
fn full_pipe() -> (OwnedFd, PipeReader) {
    let (reader, mut writer) = pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    loop {
        match writer.write(&[b'x'; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    (writer.into(), reader)
}

/// A relay with this as its stderr, whose writes fail as on a full disk once they are not allowed.
fn start(place: &Place, stderr: Stdio) -> Running {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"trap '' XFSZ && exec "$0" "$@""#])
        .arg(place.command(&[]).get_program())
        // Strangers reach it, which is worth a warning.
        .args(["--listen", "[::]:0", "--max-connections", "1000000", "--db"])
        .arg(place.db());
    let mut relay = Running::start_with(&mut shell, stderr);
    relay.addr = relay.addr.replace("[::]", "127.0.0.1");
    relay
}

/// What it has to say at the start, when the disk fails, and at the end keeps nothing from going on.
fn goes_on(place: &Place, mut relay: Running) {
    let mut member = Member::connect(&relay);
    assert_eq!(member.join(&Room::new("known")).unwrap(), "ok");
    allow(&relay, Some(1));
    assert_eq!(member.join(&Room::new("one")).unwrap(), "relay_full");
    allow(&relay, None);
    assert_eq!(member.join(&Room::new("one")).unwrap(), "ok");
    place.wait_for_names([Room::new("known").name(), Room::new("one").name()].into());
    kill_process(Pid::from_child(&relay.child), Signal::TERM).unwrap();
    assert_eq!(relay.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_relay_whose_log_is_a_broken_pipe_goes_on() {
    let place = Place::with_db();
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    goes_on(&place, start(&place, writer.into()));
}

#[test]
fn a_relay_whose_log_is_on_a_full_disk_goes_on() {
    let place = Place::with_db();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    goes_on(&place, start(&place, full.into()));
}

#[test]
fn a_relay_whose_log_nobody_reads_goes_on() {
    let place = Place::with_db();
    let (writer, reader) = full_pipe();
    goes_on(&place, start(&place, writer.into()));
    drop(reader);
}

#[test]
fn a_command_whose_output_goes_nowhere_ends_without_a_word_too_many() {
    let place = Place::with_db();
    for stderr in ["/dev/full", "/dev/null"] {
        let full = OpenOptions::new().write(true).open(stderr).unwrap();
        let status = place
            .command(&["--max-seats", "0"])
            .stderr(full)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(2), "{stderr}");
    }
}

#[test]
fn lines_that_cannot_be_written_are_counted() {
    let place = Place::with_db();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let figures = free.local_addr().unwrap().to_string();
    drop(free);
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = place.command(&["--listen", "127.0.0.1:0", "--max-connections", "1000000"]);
    let _relay = Running::start_with(command.args(["--metrics", &figures]), full.into());
    let mut watchman = TcpStream::connect(&figures).unwrap();
    watchman
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    watchman.read_to_string(&mut text).unwrap();
    let name = "\nsotto_relay_log_lines_dropped_total ";
    let (_, rest) = text.split_once(name).unwrap_or_else(|| panic!("{text}"));
    assert_ne!(rest.lines().next(), Some("0"), "{text}");
}

#[test]
fn a_journal_is_told_the_level_of_each_line_and_no_time() {
    let place = Place::with_db();
    let log = place.folder.path().join("journal");
    let file = File::create(&log).unwrap();
    let metadata = file.metadata().unwrap();
    for (stream, is_journal) in [
        (format!("{}:{}", metadata.dev(), metadata.ino()), true),
        ("1:1".to_owned(), false),
    ] {
        file.set_len(0).unwrap();
        let mut command = place.command(&["--listen", "127.0.0.1:0", "--max-connections", "1000000"]);
        command.env("JOURNAL_STREAM", stream);
        let log_end = OpenOptions::new().append(true).open(&log).unwrap();
        Running::start_with(&mut command, log_end.into()).end();
        let text = fs::read_to_string(&log).unwrap();
        let warning = "<4>sotto_relay::net::server: --max-connections is 1000000";
        assert_eq!(text.contains(warning), is_journal, "{text}");
        assert!(
            text.lines().all(|line| line.starts_with('<') == is_journal),
            "{text}"
        );
        assert!(text.contains("to hand over: "), "{text}");
    }
}

#[test]
fn who_reads_no_further_is_not_told_off() {
    let place = Place::with_db();
    for arguments in [&["invite", "--listen", "127.0.0.1:4000"][..], &["room", "list"]] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = place.command(arguments).stdout(writer).output().unwrap();
        assert_eq!(
            (output.status.code(), output.stderr.as_slice()),
            (Some(0), &b""[..])
        );
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("cannot write to standard output: "), "{stderr}");
        assert_eq!(output.status.code(), Some(1));
    }
}
