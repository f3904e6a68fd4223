//! A client in a terminal: a pseudo-terminal on this side, and the screen that a person would see.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use crate::limit::LIMIT;
use crate::process::{end_of, pid};

/// Rows above the screen that are kept.
const SCROLLBACK: usize = 1000;

/// A running client in a terminal. Killed on drop.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    ended: Receiver<()>,
    /// Its id may be another process's by now.
    reaped: bool,
    /// `None` once the terminal is closed.
    pty: Option<Pty>,
    screen: Arc<Shown>,
}

struct Pty {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    device: PathBuf,
    /// The modes before the client came.
    modes: Termios,
}

/// What is on the screen, and the sign that it changed.
struct Shown {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    written: Vec<u8>,
    /// The reader has to end.
    closed: bool,
}

impl Terminal {
    /// Starts a client in a new terminal.
    pub fn start(command: CommandBuilder, rows: u16, columns: u16) -> Self {
        Self::start_sized(command, (rows, columns), (rows, columns))
    }

    /// The same in one that says it has another size than it has.
    pub fn start_sized(command: CommandBuilder, said: (u16, u16), (rows, columns): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(said.0, said.1)).unwrap();
        let device = pair.master.tty_name().unwrap();
        let modes = tcgetattr(open(&device)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Shown {
            state: Mutex::new(State {
                parser: vt100::Parser::new(cells(rows), cells(columns), SCROLLBACK),
                written: Vec::new(),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let output = show(pair.master.try_clone_reader().unwrap(), Arc::clone(&screen));
        Self {
            ended: end_of(pid(child.process_id().unwrap()), output),
            child,
            reaped: false,
            pty: Some(Pty {
                keyboard: pair.master.take_writer().unwrap(),
                master: pair.master,
                device,
                modes,
            }),
            screen,
        }
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("shows {text:?}"), |screen| {
            screen.contents().contains(text)
        });
    }

    /// Waits until the screen is as it should be.
    pub fn wait_until(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        self.wait_for_state(what, |state| holds(state.parser.screen()));
    }

    fn wait_for_state(&self, what: &str, holds: impl Fn(&State) -> bool) {
        let state = self.screen.state.lock().unwrap();
        let (state, wait) = self
            .screen
            .changed
            .wait_timeout_while(state, LIMIT, |state| !holds(state))
            .unwrap();
        if wait.timed_out() {
            panic!(
                "in {LIMIT:?} it did not come to pass that it {what}; the screen:\n{}",
                state.parser.screen().contents()
            );
        }
    }

    /// Waits until the screen shows a text no more.
    pub fn wait_until_gone(&self, text: &str) {
        self.wait_until(&format!("does not show {text:?}"), |screen| {
            !screen.contents().contains(text)
        });
    }

    /// Waits until a row of the screen shows these texts, one after the other.
    pub fn wait_for_row(&self, texts: &[&str]) {
        self.wait_until(&format!("shows {texts:?} in a row"), |screen| {
            let after = |row, text: &&str| Some(str::split_once(row, *text)?.1);
            let shows = |row| texts.iter().try_fold(row, after).is_some();
            screen.contents().lines().any(shows)
        });
    }

    /// Waits until the client has written these bytes to the terminal.
    pub fn wait_for_bytes(&self, bytes: &[u8]) {
        let what = String::from_utf8_lossy(bytes).into_owned();
        self.wait_for_state(&format!("is sent {what:?}"), |state| {
            state.written.windows(bytes.len()).any(|window| window == bytes)
        });
    }

    /// What the screen shows now.
    pub fn contents(&self) -> String {
        self.screen.state.lock().unwrap().parser.screen().contents()
    }

    /// All that the client has written to the terminal.
    pub fn written(&self) -> Vec<u8> {
        self.screen.state.lock().unwrap().written.clone()
    }

    /// Waits until the client has written a sequence so many times.
    pub fn wait_for_written(&self, sequence: &str, times: usize) {
        let state = self.screen.state.lock().unwrap();
        let (_state, wait) = self
            .screen
            .changed
            .wait_timeout_while(state, LIMIT, |state| count(&state.written, sequence) < times)
            .unwrap();
        assert!(!wait.timed_out(), "in {LIMIT:?} it did not write {sequence:?}");
    }

    /// How often the client has written a sequence.
    pub fn count_written(&self, sequence: &str) -> usize {
        count(&self.screen.state.lock().unwrap().written, sequence)
    }

    /// Types, key by key as a terminal sends them: `\r` is enter, `\x03` Ctrl-C, `\x1b` escape.
    pub fn type_keys(&mut self, keys: &str) {
        self.type_bytes(keys.as_bytes());
    }

    /// The same, with bytes that need be no text.
    pub fn type_bytes(&mut self, bytes: &[u8]) {
        let pty = self.pty.as_mut().expect("the terminal is open");
        // A client that has ended reads no more, which its exit code tells.
        let _ = pty.keyboard.write_all(bytes).and_then(|()| pty.keyboard.flush());
    }

    /// Gives the terminal another size. A screen of no rows or columns is looked at as if it had one.
    pub fn resize(&self, rows: u16, columns: u16) {
        let pty = self.pty.as_ref().expect("the terminal is open");
        let mut state = self.screen.state.lock().unwrap();
        state
            .parser
            .screen_mut()
            .set_size(cells(rows.max(1)), cells(columns.max(1)));
        drop(state);
        pty.master.resize(size(rows, columns)).unwrap();
    }

    /// Says another size, and keeps the one that it has.
    pub fn tell_size(&self, rows: u16, columns: u16) {
        let pty = self.pty.as_ref().expect("the terminal is open");
        pty.master.resize(size(rows, columns)).unwrap();
    }

    /// Closes the terminal, as a window that is closed or a connection that breaks.
    pub fn close(&mut self) {
        let Some(pty) = self.pty.take() else { return };
        // The keyboard, when it is dropped, types this key if there is one: the client must not see it.
        let device = open(&pty.device);
        let mut modes = tcgetattr(&device).unwrap();
        modes.special_codes[SpecialCodeIndex::VEOF] = 0;
        tcsetattr(&device, OptionalActions::Now, &modes).unwrap();
        drop(device);
        // The reader holds the terminal open until it has read something: what the client draws in a new size.
        self.screen.state.lock().unwrap().closed = true;
        pty.master.resize(size(30, 100)).unwrap();
    }

    /// The process id.
    pub fn pid(&self) -> Pid {
        pid(self.child.process_id().unwrap())
    }

    /// Sends the client a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until the client ends and gives its exit code; 128 if a signal ended it.
    pub fn exit_code(&mut self) -> u32 {
        if self.ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            panic!("it does not end in {LIMIT:?}; the screen:\n{}", self.contents());
        }
        let status = self.child.wait().unwrap();
        self.reaped = true;
        status.signal().map_or(status.exit_code(), |_| 128)
    }

    /// Checks, once the client has ended, that the terminal is as it was before.
    pub fn assert_restored(&self) {
        let pty = self.pty.as_ref().expect("the terminal is open");
        let modes = tcgetattr(open(&pty.device)).unwrap();
        assert_eq!(modes.local_modes, pty.modes.local_modes, "echo, lines, signals");
        assert_eq!(modes.input_modes, pty.modes.input_modes);
        assert_eq!(modes.output_modes, pty.modes.output_modes);
        let state = self.screen.state.lock().unwrap();
        let screen = state.parser.screen();
        assert!(!screen.alternate_screen(), "the other screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "paste is not bracketed");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = kill_process(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal")
            .field("pid", &self.pid())
            .finish_non_exhaustive()
    }
}

fn count(bytes: &[u8], sequence: &str) -> usize {
    let sequence = sequence.as_bytes();
    bytes
        .windows(sequence.len())
        .filter(|window| *window == sequence)
        .count()
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a terminal has rows and columns")
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// The client's end. The test has its session without a terminal, and gets none by this.
fn open(device: &PathBuf) -> File {
    use std::os::unix::fs::OpenOptionsExt;
    File::options()
        .read(true)
        .write(true)
        .custom_flags(rustix::fs::OFlags::NOCTTY.bits().cast_signed())
        .open(device)
        .unwrap()
}

/// Puts what the client writes on the screen, until it ends or the terminal is closed.
fn show(mut output: Box<dyn Read + Send>, screen: Arc<Shown>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = output.read(&mut buffer) {
            let mut state = screen.state.lock().unwrap();
            state.written.extend_from_slice(&buffer[..length]);
            state.parser.process(&buffer[..length]);
            screen.changed.notify_all();
            if state.closed {
                break;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Terminal {
        let mut shell = CommandBuilder::new("sh");
        shell.args(["-c", script]);
        Terminal::start(shell, 24, 80)
    }

    #[test]
    fn what_is_typed_is_read_and_what_is_written_is_shown() {
        let mut terminal = shell("read line; echo \"you said $line\"; exit 7");
        terminal.type_keys("hello\r");
        terminal.wait_for("you said hello");
        assert_eq!(terminal.exit_code(), 7);
        terminal.assert_restored();
    }

    #[test]
    #[should_panic(expected = "echo, lines, signals")]
    fn a_terminal_that_is_left_without_echo_is_noticed() {
        let mut terminal = shell("stty -echo");
        terminal.exit_code();
        terminal.assert_restored();
    }

    #[test]
    fn a_program_whose_terminal_is_closed_is_hung_up() {
        let mut terminal = shell("trap 'echo new size' WINCH; echo ready; while :; do sleep 0.1; done");
        terminal.wait_for("ready");
        terminal.close();
        assert_eq!(terminal.exit_code(), 128);
    }
}
