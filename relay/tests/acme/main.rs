//! A relay that gets its certificate by itself, from Pebble: the test authority of those who run Let's Encrypt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the machinery of a test fails as the test does

mod authority;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use authority::{Authority, NAME, SOON};
use rcgen::{CertificateParams, KeyPair};

/// A relay that runs until it is dropped.
struct Running {
    child: Child,
    log: Receiver<String>,
    addr: String,
}

impl Running {
    fn start(authority: &Authority, state: &Path) -> Self {
        let mut child = command(authority, state)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addr = line
            .trim_end()
            .strip_prefix("listening on wss://")
            .expect(&line)
            .to_owned();
        authority.look_at(&addr);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (lines, log) = channel();
        thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| lines.send(line))
        });
        Self { child, log, addr }
    }

    /// The first line of the log that has these words.
    fn says(&self, words: &str) -> String {
        let mut all = String::new();
        while let Ok(line) = self.log.recv_timeout(SOON) {
            if line.contains(words) {
                return line;
            }
            all.push_str(&line);
        }
        panic!("{words}, not: {all}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(authority: &Authority, state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sotto-relay"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOTTO_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command
        .env("SSL_CERT_FILE", authority.roots())
        .args(["--acme", NAME, "--acme-contact", "mailto:you@relay.example"])
        .args(["--acme-directory", &authority.directory(), "--acme-state"])
        .arg(state)
        .stdin(Stdio::null());
    command
}

fn file(state: &Path) -> PathBuf {
    state.join("relay.example.pem")
}

/// Puts a certificate there that began and ends so many days from now.
fn put(state: &Path, begins: i64, ends: i64) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([NAME.to_owned()]).unwrap();
    let now = time::OffsetDateTime::now_utc();
    parameters.not_before = now + time::Duration::days(begins);
    parameters.not_after = now + time::Duration::days(ends);
    let certificate = parameters.self_signed(&key).unwrap();
    fs::create_dir_all(state).unwrap();
    fs::write(
        file(state),
        format!("{}{}", key.serialize_pem(), certificate.pem()),
    )
    .unwrap();
}

#[test]
fn a_relay_gets_a_certificate_by_itself_keeps_it_to_itself_and_uses_it_again() {
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("deep").join("acme");
    let relay = Running::start(&authority, &state);
    let said = relay.says("certificate for relay.example");
    assert!(
        said.contains("there is a new certificate for relay.example, until "),
        "{said}"
    );
    authority.vouches_for(&relay.addr);
    for (path, mode) in [
        (state.clone(), 0o700),
        (file(&state), 0o600),
        (state.join("account.json"), 0o600),
    ] {
        let found = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", path.display());
    }
    assert_eq!(fs::read_dir(&state).unwrap().count(), 2);
    drop(relay);

    let kept = fs::read(file(&state)).unwrap();
    let looks = authority.looks();
    let relay = Running::start(&authority, &state);
    authority.vouches_for(&relay.addr);
    assert_eq!(fs::read(file(&state)).unwrap(), kept);
    // Those of this test's own are not by way of the name.
    assert_eq!(authority.looks(), looks);
}

#[test]
fn a_certificate_is_renewed_when_less_than_a_third_of_its_time_is_left_and_with_the_same_account() {
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(&authority, folder.path());
    relay.says("there is a new certificate for relay.example");
    drop(relay);
    let account = fs::read(folder.path().join("account.json")).unwrap();

    put(folder.path(), -61, 29);
    let relay = Running::start(&authority, folder.path());
    relay.says("there is a new certificate for relay.example");
    authority.vouches_for(&relay.addr);
    assert_eq!(fs::read(folder.path().join("account.json")).unwrap(), account);
}

#[test]
fn an_account_that_the_authority_has_forgotten_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = Authority::start();
    let relay = Running::start(&authority, folder.path());
    relay.says("there is a new certificate for relay.example");
    drop(relay);
    let account = fs::read(folder.path().join("account.json")).unwrap();

    // All that it knows is in its memory.
    authority.restart();
    put(folder.path(), -61, 29);
    let relay = Running::start(&authority, folder.path());
    relay.says("there is a new certificate for relay.example");
    authority.vouches_for(&relay.addr);
    assert_ne!(fs::read(folder.path().join("account.json")).unwrap(), account);
}

#[test]
fn what_the_authority_did_not_find_is_said_and_the_old_certificate_goes_on() {
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), -61, 29);
    let old = fs::read(file(folder.path())).unwrap();
    authority.is_misled();
    let mut relay = Running::start(&authority, folder.path());
    let said = relay.says("there is no new certificate for relay.example");
    assert!(said.contains("the authority says: "), "{said}");
    assert!(said.contains("it is tried again in 5 minutes"), "{said}");
    assert_eq!(fs::read(file(folder.path())).unwrap(), old);
    assert!(relay.child.try_wait().unwrap().is_none());
    assert!(authority::shown_at(&relay.addr, NAME).is_some());
}

#[test]
fn an_authority_that_is_not_there_is_said_and_the_relay_waits_without_a_certificate() {
    let mut authority = Authority::start();
    authority.end();
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Running::start(&authority, folder.path());
    let said = relay.says("there is no new certificate for relay.example");
    assert!(said.contains(": cannot reach 127."), "{said}");
    assert!(authority::shown_at(&relay.addr, NAME).is_none());
    assert!(relay.child.try_wait().unwrap().is_none());
}

#[test]
fn nobody_but_the_authority_is_shown_the_proof_and_it_is_gone_afterwards() {
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(&authority, folder.path());
    relay.says("there is a new certificate for relay.example");
    assert!(!authority::is_shown_a_proof(&relay.addr));
}

#[test]
fn an_invite_has_the_name_before_there_is_a_certificate() {
    let authority = Authority::unreachable();
    let folder = tempfile::tempdir().unwrap();
    let mut invite = Command::new(env!("CARGO_BIN_EXE_sotto-relay"));
    invite
        .args(["invite", "--listen", "127.0.0.1:443", "--acme", "Relay.Example"])
        .args(["--acme-directory", &authority.directory(), "--acme-state"])
        .arg(folder.path());
    let output = invite.output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "sotto join 'wss://relay.example/'\n"
    );
}

#[test]
fn a_check_says_what_is_wrong_with_it() {
    let authority = Authority::unreachable();
    let folder = tempfile::tempdir().unwrap();
    let check = |state: &Path, more: &[&str]| {
        let output = command(&authority, state)
            .arg("--check")
            .args(more)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = check(folder.path(), &[]);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("there is no certificate for relay.example yet"),
        "{said}"
    );
    assert!(
        said.contains("the authority comes to port 443 of relay.example"),
        "{said}"
    );
    let (code, said) = check(folder.path(), &["--tls-self-signed", "/nowhere"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("--acme is relay.example: there is --tls-cert or --tls-self-signed already"),
        "{said}"
    );
    let no_folder = folder.path().join("file");
    fs::write(&no_folder, "").unwrap();
    let (code, said) = check(&no_folder, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("cannot make "), "{said}");
    fs::write(file(folder.path()), "half a certifica").unwrap();
    let (code, said) = check(folder.path(), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("relay.example.pem holds no certificate in PEM"),
        "{said}"
    );
}

/// Whether something comes true in time.
fn in_time(holds: impl Fn() -> bool) -> bool {
    let end = Instant::now() + SOON;
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        thread::park_timeout(Duration::from_millis(20));
    }
    true
}

/// All that a process wrote.
fn all(mut from: impl Read) -> String {
    let mut text = String::new();
    let _ = from.read_to_string(&mut text);
    text
}
