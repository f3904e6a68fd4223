//! A child process that is driven line by line, and ends with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::limit::LIMIT;

/// A command for one of our binaries: its environment holds nothing of the machine's but the path.
pub fn command(binary: &std::path::Path, home: &std::path::Path) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .current_dir(home);
    command
}

/// Lets a command run in a session of its own, so that it has no controlling terminal where the test has one.
#[allow(
    unsafe_code,
    reason = "setsid(2) is safe to call between fork and exec: it takes no lock"
)]
pub fn detach(command: &mut Command) {
    let new_session = || rustix::process::setsid().map(drop).map_err(Into::into);
    unsafe { command.pre_exec(new_session) };
}

/// A running child. Killed on drop.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<Sender<Vec<u8>>>,
    lines: Receiver<String>,
    errors: Arc<Errors>,
    ended: Receiver<()>,
}

impl Process {
    /// Starts it, with all three streams as pipes.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let errors = Arc::new(Errors::default());
        Self {
            input: Some(writer(child.stdin.take().unwrap())),
            lines: reader(child.stdout.take().unwrap()),
            ended: end_of(
                pid(child.id()),
                collector(child.stderr.take().unwrap(), Arc::clone(&errors)),
            ),
            errors,
            child,
        }
    }

    /// Its process id, which stays its own until it is dropped.
    pub fn pid(&self) -> Pid {
        pid(self.child.id())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Writes to its input; never waits for it to read.
    pub fn write(&self, bytes: impl Into<Vec<u8>>) {
        let input = self.input.as_ref().expect("the input is not ended");
        // A process that has ended reads no more, which its exit code tells.
        let _ = input.send(bytes.into());
    }

    /// Ends its input, once all that was written is read.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// The next line of its output; `None` at the end.
    pub fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                panic!("no line in {LIMIT:?}; its errors:\n{}", self.errors())
            }
        }
    }

    /// What it has written to standard error so far; all of it once it has ended.
    pub fn errors(&self) -> String {
        self.errors.text.lock().unwrap().clone()
    }

    /// Waits until what it has written to standard error fits.
    pub fn await_errors(&self, fits: impl Fn(&str) -> bool) {
        let text = self.errors.text.lock().unwrap();
        let waited = self
            .errors
            .more
            .wait_timeout_while(text, LIMIT, |text| !fits(text));
        let (text, waited) = waited.unwrap();
        assert!(!waited.timed_out(), "it has not said that in {LIMIT:?}:\n{text}");
    }

    /// Waits until it ends and gives its exit code; 128 and the signal if one ended it.
    pub fn exit_code(&mut self) -> i32 {
        if self.ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            panic!("it does not end in {LIMIT:?}; its errors:\n{}", self.errors());
        }
        let status = self.child.wait().unwrap();
        code_of(status)
    }
}

fn code_of(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process id as the system calls take it.
pub(crate) fn pid(id: u32) -> Pid {
    Pid::from_raw(id.cast_signed()).expect("a process id is positive")
}

/// Tells when a child has ended and `output` is read. The child stays a zombie, so that its id is not used anew.
pub(crate) fn end_of(pid: Pid, output: thread::JoinHandle<()>) -> Receiver<()> {
    let (ended, end) = channel();
    thread::spawn(move || {
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = output.join();
        let _ = ended.send(());
    });
    end
}

fn writer(mut input: impl Write + Send + 'static) -> Sender<Vec<u8>> {
    let (sender, bytes) = channel::<Vec<u8>>();
    thread::spawn(move || {
        for bytes in bytes {
            if input.write_all(&bytes).and_then(|()| input.flush()).is_err() {
                break;
            }
        }
    });
    sender
}

fn reader(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    lines
}

/// What a child has written to standard error so far.
#[derive(Debug, Default)]
struct Errors {
    text: Mutex<String>,
    more: Condvar,
}

fn collector(mut errors: impl Read + Send + 'static, into: Arc<Errors>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = errors.read(&mut buffer) {
            into.text
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&buffer[..length]));
            into.more.notify_all();
        }
    })
}
