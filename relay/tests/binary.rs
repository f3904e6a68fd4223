//! `sotto-relay` from outside: what it prints, how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the machinery of a test fails as the test does

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

const SOON: Duration = Duration::from_secs(20);

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sotto-relay"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOTTO_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn output(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// A relay that runs until it is dropped.
struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    addr: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let addr = line
            .strip_prefix("listening on ")
            .and_then(|url| url.split_once("://"))
            .map(|(_, addr)| addr)
            .and_then(|rest| rest.strip_suffix('\n'))
            .unwrap_or_else(|| panic!("the line that says where it listens, not {line:?}"));
        Self {
            addr: addr.to_owned(),
            child,
            stdout,
        }
    }

    fn connect(&self) -> WebSocket<TcpStream> {
        let stream = TcpStream::connect(&self.addr).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let url = format!("ws://{}/socket/websocket?vsn=2.0.0", self.addr);
        client(url, stream).unwrap().0
    }

    /// Ends it by a signal; its exit code and all that it wrote after the first line.
    fn end(mut self, signal: Signal) -> (Option<i32>, String, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        // A test may have taken it to read along.
        if let Some(mut rest) = self.child.stderr.take() {
            rest.read_to_string(&mut stderr).unwrap();
        }
        (self.child.wait().unwrap().code(), stdout, stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const FREE_PORT: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[test]
fn one_line_says_where_it_listens_and_a_signal_ends_it_with_1012_and_exit_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let relay = Running::start(&mut command(&FREE_PORT));
        let mut socket = relay.connect();
        let (code, stdout, _) = relay.end(signal);
        assert_eq!((code, stdout.as_str()), (Some(0), ""));
        let Message::Close(Some(close)) = socket.read().unwrap() else {
            panic!("a close frame")
        };
        assert_eq!(u16::from(close.code), 1012);
    }
}

#[test]
fn a_port_in_use_is_said_and_exits_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let (code, stderr) = output(&mut command(&["--listen", &addr]));
    assert_eq!(code, Some(1));
    assert!(
        stderr.starts_with(&format!("sotto-relay: cannot listen on {addr}: ")) && stderr.lines().count() == 1
    );
}

#[test]
fn an_option_that_cannot_be_is_said_and_exits_with_2() {
    for (arguments, words) in [
        (["--listen", "nonsense"], "'--listen <ADDR:PORT>'"),
        (["--max-seats", "0"], "--max-seats is 0: it must be 1 to 1000"),
        (["--max-seats", "1001"], "--max-seats is 1001"),
        (
            ["--max-message", "1KiB"],
            "--max-message is 1KiB: it must be 2KiB to 64MiB",
        ),
        (["--max-message", "1XB"], "64KiB"),
        (["--max-queue", "64KiB"], "at least twice --max-message"),
        (["--max-buffered", "512KiB"], "at least --max-queue"),
        (["--max-connections", "0"], "--max-connections is 0"),
        (["--idle", "0"], "--idle is 0: it must be 1 to 86400 seconds"),
        (["--tls-cert", "cert.pem"], "it needs --tls-key as well"),
        (["--tls-key", "key.pem"], "it needs --tls-cert as well"),
        (["--public", "wss://relay.example"], "a host name or address"),
        (["--trusted-proxy", "nonsense"], "a network such as"),
        (["--log", "sotto=loud"], "--log is sotto=loud"),
        (["--no-such-option", "1"], "--no-such-option"),
    ] {
        let (code, stderr) = output(command(&FREE_PORT).args(arguments));
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(stderr.contains(words), "{stderr}");
    }
}

#[test]
fn every_option_is_an_environment_variable_and_help_states_each_default() {
    let help = command(&["--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    // Each entry as one line: how it is wrapped depends on the terminal.
    let entries: Vec<String> = (help.split("\n      --").skip(1))
        .map(|entry| entry.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(entries.len() > 20);
    // A check is what to do, not how: in the environment of a service it would be no relay.
    for entry in entries.iter().filter(|entry| !entry.starts_with("check ")) {
        let (option, _) = entry.split_once(' ').unwrap();
        let name = format!("[env: SOTTO_RELAY_{}=", option.to_uppercase().replace('-', "_"));
        assert!(entry.contains(&name) && entry.contains("[default: "), "{entry}");
    }
    let (code, stderr) = output(command(&FREE_PORT).env("SOTTO_RELAY_MAX_SEATS", "0"));
    assert!(code == Some(2) && stderr.contains("--max-seats is 0"));
}

#[test]
fn an_invite_is_the_same_before_and_after_a_start_and_stands_on_stderr() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("tls");
    let tls = ["--tls-self-signed", keys.to_str().unwrap()];
    let invite = command(&["invite", "--public", "relay.example:4000"])
        .args(tls)
        .output()
        .unwrap();
    let invite = String::from_utf8(invite.stdout).unwrap();
    assert!(
        invite.starts_with("sotto join 'wss://relay.example:4000/#pin="),
        "{invite}"
    );
    assert!(invite.ends_with("'\n") && invite.len() == 42 + 64 + 2, "{invite}");

    let relay = Running::start(
        command(&FREE_PORT)
            .args(tls)
            .args(["--public", "relay.example:4000"]),
    );
    let (code, _, stderr) = relay.end(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(stderr.contains(invite.trim()), "{stderr}");
}

#[test]
fn an_invite_behind_a_web_server_is_that_ones() {
    let invite = |arguments: &[&str]| {
        let behind = [
            "invite",
            "--listen",
            "127.0.0.1:4000",
            "--trusted-proxy",
            "127.0.0.1",
        ];
        command(&behind).args(arguments).output().unwrap()
    };
    let named = invite(&["--public", "relay.example"]);
    assert_eq!(named.stdout, b"sotto join 'wss://relay.example/'\n");
    let nameless = invite(&[]);
    assert_eq!(nameless.status.code(), Some(2));
    let words = String::from_utf8(nameless.stderr).unwrap();
    assert!(
        words.contains("--public is not set: behind --trusted-proxy"),
        "{words}"
    );
}

#[test]
fn an_invite_whose_reader_is_gone_ends_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut invite = command(&["invite", "--public", "relay.example:4000"]);
    let Output { status, stderr, .. } = invite.stdout(writer).output().unwrap();
    assert_eq!((status.code(), stderr), (Some(0), Vec::new()));
}

#[test]
fn what_was_refused_is_in_the_log_as_sums() {
    let relay = Running::start(&mut command(&FREE_PORT));
    let mut socket = relay.connect();
    let [room, access, sender] = ["1a", "2b", "3c"].map(|pair| pair.repeat(32));
    let topic = format!("anon_room:{room}");
    let join =
        |access: &str| json!(["1", "1", topic, "phx_join", {"access_hash": access, "sender_hash": sender}]);
    assert_eq!(exchange(&mut socket, &join(&access))[4]["status"], "ok");
    let mut other = relay.connect();
    for _ in 0..2 {
        assert_eq!(exchange(&mut other, &join(&sender))[4]["status"], "error");
    }
    let (_, _, stderr) = relay.end(Signal::TERM);
    assert!(
        stderr.contains("refused within the last hour: unauthorized 2\n"),
        "{stderr}"
    );
}

#[test]
fn health_exits_with_0_where_a_relay_is_well_and_else_says_why_with_1() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().to_str().unwrap();
    for (options, scheme) in [(&[][..], "http"), (&["--tls-self-signed", keys][..], "https")] {
        let relay = Running::start(command(&FREE_PORT).args(options));
        let url = format!("{scheme}://{}", relay.addr);
        assert_eq!(output(&mut command(&["health", &url])), (Some(0), String::new()));
        // Or by the options that it has.
        let of_its_options = ["health", "--listen", &relay.addr];
        assert_eq!(
            output(command(&of_its_options).args(options)),
            (Some(0), String::new())
        );
        relay.end(Signal::TERM);
        let (code, stderr) = output(&mut command(&["health", &url]));
        assert!(
            code == Some(1) && stderr.contains("no relay answers at"),
            "{stderr}"
        );
    }
    let onion = Running::start(command(&FREE_PORT).arg("--onion"));
    let of_its_options = ["health", "--listen", &onion.addr, "--onion"];
    assert_eq!(output(&mut command(&of_its_options)), (Some(0), String::new()));

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", other.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        let (mut asked, _) = other.accept().unwrap();
        asked.read_exact(&mut [0; 16]).unwrap();
        asked
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
            .unwrap();
        // Until who asks has read it and is gone.
        let _ = asked.read_to_end(&mut Vec::new());
    });
    let (code, stderr) = output(&mut command(&["health", &url]));
    answers.join().unwrap();
    assert!(
        code == Some(1) && stderr.contains("503 Service Unavailable"),
        "{stderr}"
    );
    let (code, stderr) = output(&mut command(&["health", "http://relay.example"]));
    assert!(
        code == Some(2) && stderr.contains("names are not looked up"),
        "{stderr}"
    );
}

#[test]
fn the_manual_page_and_the_completions_have_every_subcommand() {
    let printed = |arguments: &[&str]| {
        let Output { status, stdout, .. } = command(arguments).output().unwrap();
        assert!(status.success());
        String::from_utf8(stdout).unwrap()
    };
    let page = printed(&["man"]);
    assert!(page.contains(".TH sotto-relay 1"), "{page}");
    for title in [
        "SOTTO-RELAY INVITE",
        "SOTTO-RELAY HEALTH",
        "SOTTO-RELAY ROOM",
        "SOTTO-RELAY ROOM ADD",
    ] {
        assert!(page.contains(&format!(".SH \"{title}\"")), "{title}");
    }
    assert!(page.contains(r"\-\-trusted\-proxy") && page.contains(r"\-\-replace"));
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        assert!(
            script.contains("trusted-proxy") && script.contains("health"),
            "{shell}"
        );
    }
}

#[test]
fn a_hangup_does_not_end_a_relay() {
    let relay = Running::start(&mut command(&FREE_PORT));
    kill_process(Pid::from_child(&relay.child), Signal::HUP).unwrap();
    let mut socket = relay.connect();
    let (code, _, _) = relay.end(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(socket.read().unwrap().is_close());
}

#[test]
fn a_check_says_what_keeps_a_relay_from_starting_and_what_does_not() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let keys = path("keys");
    let check = |arguments: &[&str]| output(command(&["--check"]).args(arguments));
    assert_eq!(check(&["--tls-self-signed", &keys]), (Some(0), String::new()));

    let key = format!("{keys}/key.pem");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let (code, stderr) = check(&["--tls-self-signed", &keys]);
    assert!(
        code == Some(0) && stderr.contains("everybody on this machine can read the key"),
        "{stderr}"
    );

    let (code, stderr) = check(&["--tls-cert", &path("none"), "--tls-key", &key]);
    assert!(code == Some(1) && stderr.contains("cannot read"), "{stderr}");
    let (code, stderr) = check(&["--proxy-protocol"]);
    assert!(
        code == Some(2) && stderr.contains("it needs --trusted-proxy"),
        "{stderr}"
    );
    let (code, stderr) = check(&["--onion", "--trusted-proxy", "127.0.0.1"]);
    assert!(
        code == Some(2) && stderr.contains("it needs --proxy-protocol as well"),
        "{stderr}"
    );
    let (code, stderr) = check(&["--max-connections", "999999999"]);
    assert!(
        code == Some(0) && stderr.contains("limit of descriptors"),
        "{stderr}"
    );
}

#[test]
fn a_check_and_a_start_warn_of_a_certificate_that_ends_soon() {
    let directory = tempfile::tempdir().unwrap();
    let [certificate, key] =
        ["crt", "key"].map(|name| directory.path().join(name).to_str().unwrap().to_owned());
    let secret = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(["relay.example".to_owned()]).unwrap();
    parameters.not_after = time::macros::datetime!(2020-02-29 0:00 UTC);
    std::fs::write(&certificate, parameters.self_signed(&secret).unwrap().pem()).unwrap();
    std::fs::write(&key, secret.serialize_pem()).unwrap();
    let tls = ["--tls-cert", &certificate, "--tls-key", &key];
    let (code, stderr) = output(command(&["--check"]).args(tls));
    let warning = "the certificate ended on 2020-02-29: clients refuse it";
    assert!(code == Some(0) && stderr.contains(warning), "{stderr}");

    let mut relay = Running::start(command(&FREE_PORT).args(tls));
    let mut log = BufReader::new(relay.child.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains(warning)));
}

fn exchange(socket: &mut WebSocket<TcpStream>, frame: &Value) -> Value {
    socket.send(Message::text(frame.to_string())).unwrap();
    serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap()
}

#[test]
fn no_log_level_shows_who_says_what_where() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(
        command(&FREE_PORT)
            .args(["--log", "trace", "--db"])
            .arg(folder.path().join("rooms.db")),
    );
    let mut socket = relay.connect();
    let peer = socket.get_ref().local_addr().unwrap().port().to_string();
    let [room, access, sender] = ["1a", "2b", "3c"].map(|pair| pair.repeat(32));
    let topic = format!("anon_room:{room}");
    let join = json!(["1", "1", topic, "phx_join", {"access_hash": access, "sender_hash": sender}]);
    assert_eq!(exchange(&mut socket, &join)[4]["status"], "ok");
    assert_eq!(
        socket
            .read()
            .unwrap()
            .to_text()
            .unwrap()
            .matches("presence_state")
            .count(),
        1
    );
    let push = json!(["1", "2", topic, "telltale_event", {"secret": "telltale payload"}]);
    assert_eq!(exchange(&mut socket, &push)[4]["status"], "ok");
    let refused = json!(["1", "3", topic, "phx_join", {"access_hash": sender, "sender_hash": sender}]);
    assert_eq!(exchange(&mut socket, &refused)[4]["status"], "error");
    socket.send(Message::text("telltale malformed")).unwrap();
    assert!(socket.read().unwrap().is_close());
    let process = std::path::PathBuf::from(format!("/proc/{}", relay.child.id()));
    let mut files = [
        "cmdline",
        "environ",
        "comm",
        "status",
        "maps",
        "stat",
        "mountinfo",
    ]
    .map(|name| process.join(name))
    .to_vec();
    let threads = std::fs::read_dir(process.join("task")).unwrap();
    files.extend(threads.map(|thread| thread.unwrap().path().join("comm")));
    let database = std::fs::read_dir(folder.path()).unwrap();
    files.extend(database.map(|file| file.unwrap().path()));
    assert!(files.len() > 10, "{files:?}");
    let seen: Vec<u8> = files
        .iter()
        .flat_map(|file| std::fs::read(file).unwrap())
        .collect();
    for telltale in ["1a1a", "2b2b", "3c3c", "telltale", "anon_room"] {
        let found = seen
            .windows(telltale.len())
            .any(|window| window == telltale.as_bytes());
        assert!(!found, "{telltale}");
    }
    for byte in [0x1a, 0x2b, 0x3c] {
        assert!(!seen.windows(32).any(|window| window == [byte; 32]), "{byte:x}");
    }
    let (_, _, stderr) = relay.end(Signal::TERM);
    // Nor colours, which only a terminal understands.
    for telltale in ["1a1a", "2b2b", "3c3c", "telltale", &peer, "anon_room", "\x1b"] {
        assert!(!stderr.contains(telltale), "{telltale}: {stderr}");
    }
}

#[test]
fn a_relay_leaves_no_core_dump() {
    let relay = Running::start(&mut command(&FREE_PORT));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", relay.child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let core: Vec<_> = core.unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"]);
}

#[test]
fn descriptors_are_raised_to_the_hard_limit_and_too_few_are_said() {
    let mut shell = Command::new("sh");
    let relay = env!("CARGO_BIN_EXE_sotto-relay");
    shell.args([
        "-c",
        r#"ulimit -Sn 100 && ulimit -Hn 300 && exec "$0" "$@""#,
        relay,
    ]);
    let relay = Running::start(shell.args(FREE_PORT).args(["--max-connections", "1000"]));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", relay.child.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files"));
    let files: Vec<_> = files.unwrap().split_whitespace().collect();
    assert_eq!(files[3..5], ["300", "300"]);
    let (_, _, stderr) = relay.end(Signal::TERM);
    let words =
        "--max-connections is 1000, but the limit of descriptors is enough for 236: raise LimitNOFILE";
    assert!(stderr.contains(words), "{stderr}");
}

#[test]
fn a_relay_without_descriptors_goes_on_when_some_are_free_again() {
    let mut shell = Command::new("sh");
    let relay = env!("CARGO_BIN_EXE_sotto-relay");
    // Fewer descriptors than connections: the limit that should keep it from that is lifted.
    shell.args([
        "-c",
        r#"ulimit -n 40 && exec "$0" "$@""#,
        relay,
        "--max-connections",
        "1000",
    ]);
    let mut relay = Running::start(shell.args(FREE_PORT));
    let mut waiting: Vec<TcpStream> = (0..60)
        .map(|_| TcpStream::connect(&relay.addr).unwrap())
        .collect();
    let mut last = waiting.pop().unwrap();
    // Before they go the relay has to have met its limit.
    let (told, tells) = std::sync::mpsc::channel();
    let stderr = BufReader::new(relay.child.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in stderr.lines() {
            let _ = told.send(line.unwrap());
        }
    });
    while !tells
        .recv_timeout(SOON)
        .unwrap()
        .contains("cannot accept connections for a moment")
    {}
    drop(waiting);
    last.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    last.set_read_timeout(Some(SOON)).unwrap();
    let mut answer = [0; 15];
    last.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert_eq!(relay.end(Signal::TERM).0, Some(0));
}
