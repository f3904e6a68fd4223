//! `sotto-relay` under a service manager: what it tells it, and the sockets that it gets from it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the machinery of a test fails as the test does

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixDatagram},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

/// Whatever is awaited comes within this time, or the test fails.
const SOON: Duration = Duration::from_secs(20);

const RELAY: &str = env!("CARGO_BIN_EXE_sotto-relay");

fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SOTTO_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// The end of a service manager: a relay tells how it is, line by line.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        Self { folder, socket }
    }

    fn command(&self) -> Command {
        let mut command = clean(Command::new(RELAY));
        command
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .args(["--listen", "127.0.0.1:0"]);
        command
    }

    /// What it is told next, if within this time.
    fn told_within(&self, time: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(time)).unwrap();
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).ok()?;
        Some(String::from_utf8(message[..length].to_vec()).unwrap())
    }

    fn told(&self) -> String {
        self.told_within(SOON).expect("a word of the relay")
    }
}

/// A process that runs until it is dropped.
struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// The address of the one line that says where it listens.
    fn addr(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        (line
            .strip_prefix("listening on ws://")
            .map(|addr| addr.trim().to_owned()))
        .unwrap_or_else(|| panic!("the line that says where it listens, not {line:?}"))
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit code and what it wrote to stderr, once it has ended.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        (self.child.stderr.take().unwrap())
            .read_to_string(&mut stderr)
            .unwrap();
        (self.child.wait().unwrap().code(), stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(stream: &mut TcpStream, path: &str) -> String {
    stream.set_read_timeout(Some(SOON)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn connect(addr: &str) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    client(format!("ws://{addr}/socket/websocket?vsn=2.0.0"), stream)
        .unwrap()
        .0
}

/// A relay whose socket this test holds, as descriptor 3.
fn with_socket(socket: &TcpListener, name: &str) -> Command {
    // LISTEN_PID is known only once there is a process.
    let script = r#"exec env LISTEN_PID=$$ "$0" "$@" 3<&0 </dev/null"#;
    let mut command = clean(Command::new("sh"));
    command
        .args(["-c", script, RELAY])
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDNAMES", name)
        .stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
    command
}

#[test]
fn a_relay_is_ready_when_it_accepts_and_stopping_while_its_sockets_close() {
    let manager = Manager::new();
    let mut relay = Running::start(&mut manager.command());
    assert_eq!(manager.told(), "READY=1\n");
    let mut socket = connect(&relay.addr());
    relay.signal(Signal::TERM);
    assert_eq!(manager.told(), "STOPPING=1\n");
    assert!(socket.read().unwrap().is_close());
    assert_eq!(relay.ended().0, Some(0));
    // Without a watchdog nobody wants a sign of life.
    assert_eq!(manager.told_within(Duration::from_millis(1)), None);
}

#[test]
fn who_is_at_the_door_when_a_relay_stops_is_let_in_and_told_to_come_back() {
    let manager = Manager::new();
    let mut relay = Running::start(&mut manager.command());
    let addr = relay.addr();
    let mut visitor = TcpStream::connect(&addr).unwrap();
    visitor.set_read_timeout(Some(SOON)).unwrap();
    // An answer shows that it was accepted.
    visitor
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let mut answer = [0; 15];
    visitor.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    visitor
        .write_all(b"GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: x\r\n")
        .unwrap();
    assert_eq!(manager.told(), "READY=1\n");
    relay.signal(Signal::TERM);
    assert_eq!(manager.told(), "STOPPING=1\n");
    let rest = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    visitor.write_all(rest.as_bytes()).unwrap();
    let mut answers = Vec::new();
    visitor.read_to_end(&mut answers).unwrap();
    let text = String::from_utf8_lossy(&answers);
    assert!(text.contains("HTTP/1.1 101 Switching Protocols"), "{text}");
    let restart = 1012_u16.to_be_bytes();
    assert!(answers.windows(2).any(|pair| pair == restart), "{answers:?}");
    assert_eq!(relay.ended().0, Some(0));
}

#[test]
fn a_reload_begins_with_its_time_and_ends_ready() {
    let manager = Manager::new();
    let relay = Running::start(&mut manager.command());
    assert_eq!(manager.told(), "READY=1\n");
    relay.signal(Signal::HUP);
    let reloading = manager.told();
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{reloading}"
    );
    assert_eq!(manager.told(), "READY=1\n");
}

#[test]
fn a_relay_that_cannot_start_is_never_ready() {
    let manager = Manager::new();
    let none = manager.folder.path().join("none/rooms.db");
    let relay = Running::start(manager.command().args(["--db", none.to_str().unwrap()]));
    assert_eq!(relay.ended().0, Some(1));
    assert_eq!(manager.told_within(Duration::from_millis(1)), None);
}

#[test]
fn a_watchdog_gets_two_signs_of_life_in_its_time() {
    let manager = Manager::new();
    let _relay = Running::start(manager.command().env("WATCHDOG_USEC", "600000"));
    assert_eq!(manager.told(), "READY=1\n");
    assert_eq!(manager.told(), "WATCHDOG=1\n");
    let first = Instant::now();
    for _ in 0..4 {
        assert_eq!(manager.told(), "WATCHDOG=1\n");
    }
    // Not more often than it has to; how much later is up to the machine.
    assert!(
        first.elapsed() > Duration::from_millis(1000),
        "{:?}",
        first.elapsed()
    );
}

#[test]
fn a_watchdog_of_another_process_gets_no_sign_of_life() {
    let manager = Manager::new();
    let mut command = manager.command();
    command.env("WATCHDOG_USEC", "20000").env("WATCHDOG_PID", "1");
    let relay = Running::start(&mut command);
    assert_eq!(manager.told(), "READY=1\n");
    relay.signal(Signal::TERM);
    assert_eq!(manager.told(), "STOPPING=1\n");
}

#[test]
fn a_watchdog_gets_no_sign_of_life_while_the_room_database_holds_up_its_writer() {
    let manager = Manager::new();
    let db = manager.folder.path().join("rooms.db");
    let mut command = manager.command();
    command.env("WATCHDOG_USEC", "400000").arg("--db").arg(&db);
    let mut relay = Running::start(&mut command);
    let mut socket = connect(&relay.addr());
    assert_eq!(manager.told(), "READY=1\n");

    let other = Connection::open(&db).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let [room, access, sender] = ["1a", "2b", "3c"].map(|pair| pair.repeat(32));
    let credentials = json!({"access_hash": access, "sender_hash": sender});
    let join = json!(["1", "1", format!("anon_room:{room}"), "phx_join", credentials]);
    socket.send(Message::text(join.to_string())).unwrap();
    // The writer waits for the lock several seconds; a sign of life is due five times a second.
    let held = Instant::now();
    while let Some(word) = manager.told_within(Duration::from_secs(2)) {
        assert_eq!(word, "WATCHDOG=1\n");
        assert!(held.elapsed() < SOON, "it says that it lives");
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(manager.told(), "WATCHDOG=1\n");
}

#[test]
fn sockets_of_systemd_are_used_instead_of_addresses() {
    // The relay's address must be known before it runs: a port that is free on 127.0.0.1 stays so on another
    // loopback address, where nothing is given a port of the system's choice.
    let [port, figures] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [addr, figures_addr] = [&port, &figures].map(|held| {
        let port = held.local_addr().unwrap().port();
        format!("127.83.79.84:{port}")
    });
    let mut command = clean(Command::new("systemd-socket-activate"));
    command
        .args(["--listen", &addr, "--listen", &figures_addr])
        .arg("--fdname=relay:metrics")
        .args([RELAY, "--listen", "127.0.0.1:1", "--metrics", "127.0.0.1:1"]);
    let mut systemd = Running::start(&mut command);

    let mut first = until_it_listens(&addr);
    assert!(get(&mut first, "/healthz").starts_with("HTTP/1.1 200 OK"));
    assert_eq!(systemd.addr(), addr);
    let figures = || get(&mut TcpStream::connect(&figures_addr).unwrap(), "/metrics");
    // Who asked for the health is gone in a moment.
    let begun = Instant::now();
    while !figures().contains("sotto_relay_connections 0") {
        assert!(begun.elapsed() < SOON, "{}", figures());
    }
    // It has become the relay.
    systemd.signal(Signal::TERM);
    let (code, stderr) = systemd.ended();
    assert_eq!(code, Some(0));
    let ignored = format!("--listen 127.0.0.1:1 is ignored: the service manager's socket is {addr}");
    assert!(stderr.contains(&ignored), "{stderr}");
    assert!(stderr.contains("--metrics 127.0.0.1:1 is ignored"), "{stderr}");
}

#[test]
fn invite_and_check_take_what_is_not_given_from_where_the_service_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let defaults = folder.path().join("sotto-relay");
    let text = format!(
        "# The service.\nSOTTO_RELAY_TLS_SELF_SIGNED={}\nSOTTO_RELAY_LISTEN=\"[::]:4711\"\nSOTTO_RELAY_PUBLIC=one.example\n",
        keys.display()
    );
    std::fs::write(&defaults, text).unwrap();
    // A machine of which only /etc/default differs.
    let script = r#"mount --bind "$1" /etc/default && shift && exec "$0" "$@""#;
    let output = |arguments: &[&str]| {
        let mut command = clean(Command::new("unshare"));
        if !rustix::process::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        command
            .args(["--mount", "sh", "-c", script, RELAY])
            .arg(folder.path())
            .args(arguments);
        command.output().unwrap()
    };

    let invite = output(&["invite"]);
    let line = String::from_utf8(invite.stdout).unwrap();
    assert!(
        line.starts_with("sotto join 'wss://one.example:4711/#pin="),
        "{line} {}",
        String::from_utf8_lossy(&invite.stderr)
    );
    let line = String::from_utf8(output(&["invite", "--public", "two.example:1"]).stdout).unwrap();
    assert!(
        line.starts_with("sotto join 'wss://two.example:1/#pin="),
        "{line}"
    );

    assert_eq!(output(&["--check"]).status.code(), Some(0));
    std::fs::write(keys.join("key.pem"), "no key").unwrap();
    assert_eq!(output(&["--check"]).status.code(), Some(1));
}

/// A connection as soon as somebody listens there.
fn until_it_listens(addr: &str) -> TcpStream {
    let begun = Instant::now();
    loop {
        match TcpStream::connect(addr) {
            Ok(stream) => return stream,
            Err(error) => assert!(begun.elapsed() < SOON, "{error}"),
        }
        std::thread::yield_now();
    }
}

#[test]
fn sockets_of_another_process_are_not_touched() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = held.local_addr().unwrap().to_string();
    let mut command = clean(Command::new(RELAY));
    command.args(["--listen", "127.0.0.1:0"]).envs([
        ("LISTEN_PID", "1"),
        ("LISTEN_FDS", "1"),
        ("LISTEN_FDNAMES", "relay"),
    ]);
    let mut relay = Running::start(&mut command);
    assert_ne!(relay.addr(), addr);
}

#[test]
fn a_socket_that_is_not_for_a_relay_is_said() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, stderr) = Running::start(&mut with_socket(&held, "postbox")).ended();
    assert_eq!(code, Some(1));
    assert!(
        stderr.starts_with(
            r#"sotto-relay: the service manager's socket "postbox" is neither relay nor metrics"#
        ),
        "{stderr}"
    );

    // A socket that does not listen.
    let connected = TcpStream::connect(held.local_addr().unwrap()).unwrap();
    let connected = TcpListener::from(OwnedFd::from(connected));
    let (code, stderr) = Running::start(&mut with_socket(&connected, "relay")).ended();
    assert_eq!(code, Some(1));
    assert!(stderr.contains("is no TCP socket that listens"), "{stderr}");
}

#[test]
fn an_upgrade_refuses_nobody_connections_wait_for_the_next_relay() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = held.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("rooms.db");
    let relay = || {
        let mut command = with_socket(&held, "relay");
        command.arg("--db").arg(&db);
        let mut relay = Running::start(&mut command);
        assert_eq!(relay.addr(), addr);
        relay
    };

    let first = relay();
    let mut member = connect(&addr);
    first.signal(Signal::TERM);
    let Message::Close(Some(close)) = member.read().unwrap() else {
        panic!("a close frame")
    };
    assert_eq!(u16::from(close.code), 1012);
    // It accepts nobody any more: these wait, while it ends, while there is none, and while the next opens its file.
    let mut waiting: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(&addr).unwrap()).collect();
    assert_eq!(first.ended().0, Some(0));
    waiting.extend((0..50).map(|_| TcpStream::connect(&addr).unwrap()));
    let _next = relay();
    for mut visitor in waiting {
        assert!(get(&mut visitor, "/healthz").starts_with("HTTP/1.1 200 OK"));
    }
}
