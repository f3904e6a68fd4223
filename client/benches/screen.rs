//! What the screen costs: `cargo bench -p sotto --bench screen`.
//!
//! The first frame is that of the connect screen, from the start of the process to the end of its first synchronized
//! update. Memory is what is resident (`VmRSS`; its own is `RssAnon`) in a chat of two without TLS, after the key
//! derivation and twenty messages. The same two are measured of irssi, the lightest program of its kind, where it is
//! installed. A key is an update and a picture of 80 by 24 cells, with so many messages of 60 characters in the room;
//! one to the screen goes the whole way, from one end of a terminal to the other. Linux only.
//!
//! On two cores, 2026-11-24: the first frame stands after 3.4 ms (irssi 1.4.3: 14.1 ms). In a chat 8.2 MiB are resident,
//! 1.3 MiB of it its own and the rest pages of the executable and the system's libraries (irssi without a server: 10.7
//! and 2.4 MiB). A key is on the screen after 1.6 ms, 13.0 ms at most, while a hundred messages a second come. It takes
//! 54 µs at 0 messages (an empty screen), 184 µs at 1,000 and at 100,000; a search through 100,000 takes 3.6 ms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // who measures may fail

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use sotto::screen::conversation::Conversation;
use sotto::screen::effect::{Moment, RoomId};
use sotto::screen::state::{Input, State};
use sotto::screen::view;
use sotto_protocol::Name;
use sotto_protocol::instance::{Event, Receipt};
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::words::{RoomWords, SafetyWords};
use sotto_relay::{CancellationToken, Options, Relay};
use tokio::runtime::Runtime;

/// Keys of which the median and the slowest are told.
const KEYS: usize = 500;
/// Starts of which the median and the fastest are told.
const STARTS: usize = 15;
/// Searches of which the median is told.
const SEARCHES: usize = 15;
/// Messages that are said, one after the other, before memory is measured: what a chat needs is there then.
const SAID: u8 = 20;
/// Messages a second under which keys are pressed.
const FLOOD: u32 = 100;
/// Keys of which the median and the slowest are told then, less than a row of the input.
const PRESSED: usize = 60;
/// At a pace that does not beat with the messages.
const KEYS_A_SECOND: u32 = 13;
/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);
/// What a program is given to settle in memory.
const REST: Duration = Duration::from_secs(2);
/// What ends a picture of ours.
const FRAME: &[u8] = b"\x1b[?2026l";
/// What irssi shows when it is there.
const IRSSI: &[u8] = b"[(status)]";

fn main() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    // First, as a process of much memory is slow to start others.
    first_frame("sotto", || sotto(home), FRAME);
    let has_irssi = Command::new("irssi").arg("--version").output().is_ok();
    if has_irssi {
        first_frame("irssi", || irssi(home), IRSSI);
    }
    let meeting = Meeting::new(home);
    memory(&meeting);
    if has_irssi {
        let mut terminal = Terminal::start(irssi(home));
        terminal.wait_for(IRSSI);
        println!("irssi without a server: {}", terminal.resident());
    }
    flood(&meeting);
    for messages in [0, 1_000, 100_000] {
        keys(messages);
    }
    search(100_000);
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

/// A room in which so many messages came, and how long that took.
fn room(messages: u64) -> (State, Duration) {
    let name = Name::new("ben").unwrap();
    let room = Conversation::new(
        "relay".to_owned(),
        RoomWords(["otter", "maple"]),
        name,
        Vec::new(),
    );
    let mut state = State::new(room, 80, 24);
    let peer = InstanceId([1; 16]);
    let begun = Instant::now();
    let joined = Event::PeerJoined {
        peer,
        name: Name::new("anna").unwrap(),
        words: SafetyWords(["acorn"; 6]),
        back: false,
        compared: false,
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
        state.update(Input::Room { room, update }, moment());
    }
    (state, begun.elapsed())
}

fn moment() -> Moment {
    Moment {
        now: Duration::from_secs(1000),
        clock: sotto::open::clock(),
    }
}

/// A key: what it changes, and the picture after it.
fn press(state: &mut State, code: KeyCode) -> Duration {
    let begun = Instant::now();
    let input = Input::Key {
        key: KeyEvent::new(code, KeyModifiers::NONE),
        more: false,
        alone: true,
    };
    let effects = state.update(input, moment());
    let picture = view::draw(state, moment().now);
    let taken = begun.elapsed();
    drop((effects, picture));
    taken
}

/// Keys in a room with so many messages.
fn keys(messages: u64) {
    let (mut state, arrived) = room(messages);
    let key = |number| match number % 40 {
        19 => KeyCode::PageUp,
        39 => KeyCode::Up,
        _ => KeyCode::Char('a'),
    };
    let mut times: Vec<Duration> = (0..KEYS).map(|number| press(&mut state, key(number))).collect();
    times.sort();
    println!(
        "a key at {messages} messages: median {:.0} µs, slowest {:.0} µs (they arrived in {:.2} s)",
        micros(times[KEYS / 2]),
        micros(times[KEYS - 1]),
        arrived.as_secs_f64()
    );
}

/// The Enter after a text that none of so many messages has.
fn search(messages: u64) {
    let (mut state, _) = room(messages);
    let mut times: Vec<Duration> = (0..SEARCHES)
        .map(|_| {
            for c in "/search mandrel".chars() {
                press(&mut state, KeyCode::Char(c));
            }
            let taken = press(&mut state, KeyCode::Enter);
            press(&mut state, KeyCode::Esc);
            taken
        })
        .collect();
    times.sort();
    println!(
        "a search in {messages} messages: median {:.1} ms",
        micros(times[SEARCHES / 2]) / 1000.0
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

/// A room on a relay in this process.
struct Meeting<'a> {
    home: &'a Path,
    url: String,
    secret: PathBuf,
    /// The relay's.
    _runtime: Runtime,
}

impl<'a> Meeting<'a> {
    fn new(home: &'a Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Options::default()
        };
        let relay = runtime.block_on(Relay::bind(options)).unwrap();
        let url = format!("ws://{}", relay.local_addr());
        runtime.spawn(relay.run(CancellationToken::new()));
        let secret = home.join("passphrase");
        fs::write(&secret, "a sentence that nobody else would think of").unwrap();
        Self {
            home,
            url,
            secret,
            _runtime: runtime,
        }
    }

    fn join(&self, name: &str) -> Terminal {
        let mut command = sotto(self.home);
        command.args(["join", &self.url, "--name", name, "--passphrase-file"]);
        command.arg(&self.secret);
        Terminal::start(command)
    }

    /// One who says so many lines, so many a second, and leaves.
    fn talker(&self, name: &str, lines: u32, rate: u32) -> JoinHandle<()> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sotto"));
        command.env("XDG_CONFIG_HOME", self.home);
        command.args(["pipe", &self.url, "--name", name, "--passphrase-file"]);
        command.arg(&self.secret).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut talker = command.spawn().unwrap();
        let mut stdin = talker.stdin.take().unwrap();
        spawn(move || {
            for number in 0..lines {
                writeln!(stdin, "line {number:06} of one who says much").unwrap();
                sleep(Duration::from_secs(1) / rate);
            }
            drop(stdin);
            talker.wait().unwrap();
        })
    }
}

/// Two talk, and one of them is looked at.
fn memory(meeting: &Meeting) {
    let mut anna = meeting.join("anna");
    let mut ben = meeting.join("ben");
    ben.wait_for(b"anna");
    anna.wait_for(b"ben");
    for number in 0..SAID {
        // Nothing of it is on the screen already, where it would not be written again.
        let said = char::from(b'a' + number).to_string().repeat(8);
        let (from, to) = if number % 2 == 0 {
            (&mut anna, &mut ben)
        } else {
            (&mut ben, &mut anna)
        };
        from.type_in(said.as_bytes());
        from.wait_for(said.as_bytes());
        from.type_in(b"\r");
        to.wait_for(said.as_bytes());
    }
    println!("sotto in a chat: {}", ben.resident());
}

/// From a key to its letter on the screen, while somebody says a hundred lines a second.
fn flood(meeting: &Meeting) {
    let mut ben = meeting.join("ben");
    let lines = (PRESSED + 2) as u32 * FLOOD / KEYS_A_SECOND;
    let talker = meeting.talker("carl", lines, FLOOD);
    ben.wait_for(b"line");
    let mut times: Vec<Duration> = (0..PRESSED)
        .map(|_| {
            ben.seen.clear();
            let begun = Instant::now();
            ben.type_in(b"Z");
            ben.wait_for(b"Z");
            let taken = begun.elapsed();
            sleep(Duration::from_secs(1) / KEYS_A_SECOND);
            taken
        })
        .collect();
    times.sort();
    println!(
        "key to screen at {FLOOD} messages a second: median {:.1} ms, slowest {:.1} ms",
        micros(times[PRESSED / 2]) / 1000.0,
        micros(times[PRESSED - 1]) / 1000.0
    );
    talker.join().unwrap();
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A program in a terminal of its own. Killed on drop.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    written: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
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
        spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(length @ 1..) = reader.read(&mut buffer)
                && sender.send(buffer[..length].to_vec()).is_ok()
            {}
        });
        Self {
            child,
            written,
            keys: pair.master.take_writer().unwrap(),
            seen: Vec::new(),
            _pty: pair.master,
        }
    }

    fn type_in(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
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
        sleep(REST);
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
