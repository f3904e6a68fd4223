//! What the screen costs: `cargo bench -p sotto --bench screen`.
//!
//! A key is an update and a picture of 80 by 24 cells, with so many messages of 60 characters in the room. The first
//! frame is that of the connect screen, from the start of the process to the end of its first synchronized update.
//! Memory is what is resident in a chat of two, after the key derivation. The same two are measured of irssi, the
//! lightest program of its kind, where it is installed. Linux only.
//!
//! On two cores, 2026-11-24: a key takes 53 µs at 0 messages (an empty screen), 181 µs at 1,000 and at 100,000. The first
//! frame stands after 5.1 ms (irssi 1.4.3: 14.3 ms). In a chat 16.0 MiB are resident, 6.6 MiB of it its own and the rest
//! pages of the executable (irssi without a server: 10.6 and 2.4 MiB).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // who measures may fail

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use sotto::screen::conversation::Conversation;
use sotto::screen::rooms::RoomId;
use sotto::screen::update::{Input, Moment, State};
use sotto::screen::view;
use sotto_protocol::Name;
use sotto_protocol::instance::{Event, Receipt};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::words::{RoomWords, SafetyWords};
use sotto_relay::{CancellationToken, Options, Relay};

/// Keys of which the median and the slowest are told.
const KEYS: usize = 500;
/// Starts of which the median and the fastest are told.
const STARTS: usize = 15;
/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);
/// What a program is given to settle in memory.
const REST: Duration = Duration::from_secs(2);
/// What ends a picture of ours.
const FRAME: &[u8] = b"\x1b[?2026l";
/// What irssi shows when it is there.
const IRSSI: &[u8] = b"[(status)]";

fn main() {
    for messages in [0, 1_000, 100_000] {
        keys(messages);
    }
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    first_frame("sotto", || sotto(home), FRAME);
    memory(home);
    if std::process::Command::new("irssi")
        .arg("--version")
        .output()
        .is_ok()
    {
        first_frame("irssi", || irssi(home), IRSSI);
        let mut terminal = Terminal::start(irssi(home));
        terminal.wait_for(IRSSI);
        println!("irssi without a server: {}", terminal.resident());
    }
}

fn sotto(home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_sotto"));
    command.env("XDG_CONFIG_HOME", home);
    command
}

fn irssi(home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new("irssi");
    command.arg(format!("--home={}", home.display()));
    command
}

/// Keys in a room with so many messages.
fn keys(messages: u64) {
    let name = Name::new("ben").unwrap();
    let room = Conversation::new(
        "relay".to_owned(),
        RoomWords(["otter", "maple"]),
        name,
        Vec::new(),
    );
    let mut state = State::new(room, 80, 24);
    let moment = Moment {
        now: Duration::from_secs(1000),
        clock: sotto::chat::clock(),
    };
    let peer = InstanceId([1; 16]);
    let begun = Instant::now();
    let joined = Event::PeerJoined {
        peer,
        name: Name::new("anna").unwrap(),
        words: SafetyWords(["acorn"; 6]),
        back: false,
    };
    let message = |number: u64| Event::Message {
        receipt: Receipt { peer, number },
        id: MessageId(u128::from(number).to_be_bytes()),
        text: format!("message {number:06} is one of many that came in the course of a day"),
        reply_to: None,
        fades: None,
        age: None,
        repeat: false,
    };
    for event in [joined].into_iter().chain((0..messages).map(message)) {
        let name = "anna".to_owned();
        let update = sotto::room::Update::Event { event, name };
        let room = RoomId::FIRST;
        state.update(Input::Room { room, update }, moment);
    }
    let arrived = begun.elapsed();
    let mut times: Vec<Duration> = (0..KEYS)
        .map(|number| {
            let code = match number % 40 {
                19 => KeyCode::PageUp,
                39 => KeyCode::Up,
                _ => KeyCode::Char('a'),
            };
            let begun = Instant::now();
            let key = KeyEvent::new(code, KeyModifiers::NONE);
            let input = Input::Key {
                key,
                more: false,
                alone: true,
            };
            let effects = state.update(input, moment);
            let picture = view::draw(&state, moment.now);
            let taken = begun.elapsed();
            drop((effects, picture));
            taken
        })
        .collect();
    times.sort();
    println!(
        "a key at {messages} messages: median {:.0} µs, slowest {:.0} µs (they arrived in {:.2} s)",
        micros(times[KEYS / 2]),
        micros(times[KEYS - 1]),
        arrived.as_secs_f64()
    );
}

fn first_frame(name: &str, command: impl Fn() -> CommandBuilder, sign: &[u8]) {
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let begun = Instant::now();
            let mut terminal = Terminal::start(command());
            terminal.wait_for(sign);
            begun.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "first frame of {name}: median {:.1} ms, fastest {:.1} ms",
        micros(times[STARTS / 2]) / 1000.0,
        micros(times[0]) / 1000.0
    );
}

/// Two join a relay in this process, and one of them is looked at.
fn memory(home: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Options::default()
    };
    let relay = runtime.block_on(Relay::bind(options)).unwrap();
    let url = format!("ws://{}", relay.local_addr());
    runtime.spawn(relay.run(CancellationToken::new()));
    let secret = home.join("passphrase");
    fs::write(&secret, "six words that nobody would guess").unwrap();
    let join = |name: &str| {
        let mut command = sotto(home);
        command.args(["join", &url, "--name", name, "--passphrase-file"]);
        command.arg(&secret);
        Terminal::start(command)
    };
    let _anna = join("anna");
    let mut ben = join("ben");
    ben.wait_for(b"anna");
    println!("sotto in a chat: {}", ben.resident());
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A program in a terminal of its own. Killed on drop.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    written: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// Closed with this.
    _pty: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn start(mut command: CommandBuilder) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 80,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, written) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(length @ 1..) = reader.read(&mut buffer)
                && sender.send(buffer[..length].to_vec()).is_ok()
            {}
        });
        Self {
            child,
            written,
            seen: Vec::new(),
            _pty: pair.master,
        }
    }

    fn wait_for(&mut self, sign: &[u8]) {
        let until = Instant::now() + LIMIT;
        while !self.seen.windows(sign.len()).any(|window| window == sign) {
            let left = until.saturating_duration_since(Instant::now());
            let more = self.written.recv_timeout(left);
            self.seen.extend(
                more.unwrap_or_else(|_| panic!("not in time: {}", String::from_utf8_lossy(&self.seen))),
            );
        }
    }

    fn resident(&self) -> String {
        std::thread::sleep(REST);
        let id = self.child.process_id().unwrap();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let mebibytes = |field: &str| {
            let line = status.lines().find(|line| line.starts_with(field)).unwrap();
            let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
            kibibytes / 1024.0
        };
        format!(
            "{:.1} MiB resident, {:.1} MiB of it its own",
            mebibytes("VmRSS"),
            mebibytes("RssAnon")
        )
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
