//! What every Unix has.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Resource, Rlimit, Signal, getpid, getuid, kill_current_process_group, kill_process, setrlimit,
};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};
use rustix::time::{ClockId, clock_gettime};
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::mpsc;

use super::interrupts;

/// The monotonic clock that goes on while the machine sleeps.
#[cfg(target_os = "linux")]
const MONOTONIC: ClockId = ClockId::Boottime;
/// On macOS this one does; Rust's own `Instant` stands still.
#[cfg(not(target_os = "linux"))]
const MONOTONIC: ClockId = ClockId::Monotonic;

/// What opens a link.
pub(crate) const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Forbids core dumps and, on Linux, reading this process's memory (ptrace, `/proc/PID/mem`) to all but root.
/// To be called before any secret is read.
///
/// # Errors
/// Those of the system; the process can go on, less protected.
pub(crate) fn harden() -> io::Result<()> {
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Since any fixed moment, the time that the machine slept included.
pub(crate) fn monotonic() -> Duration {
    let time = clock_gettime(MONOTONIC);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

/// Brings one `()` for each signal that asks to end (Ctrl-C, `kill`, a terminal that was closed), from now on. Has to
/// be called inside a Tokio runtime.
///
/// # Errors
/// Those of the system.
pub(crate) fn asked_to_end() -> io::Result<mpsc::Receiver<()>> {
    // Room for one: a second signal while the first is unread says no more than the first.
    let (sender, receiver) = mpsc::channel(1);
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let mut signals = unix::signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if kind == SignalKind::interrupt() && interrupts::are_ignored() {
                    continue;
                }
                // Full or closed: nothing more to say.
                let _ = sender.try_send(());
            }
        });
    }
    Ok(receiver)
}

/// Tells that the process was stopped and goes on.
#[derive(Debug)]
pub(crate) struct Continued(unix::Signal);

impl Continued {
    /// From now on. Has to be called inside a Tokio runtime.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn listen() -> io::Result<Self> {
        unix::signal(SignalKind::from_raw(Signal::CONT.as_raw())).map(Self)
    }

    /// Returns when it goes on.
    pub(crate) async fn recv(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

/// Each is one that the window took another size.
pub(crate) type Resizes = unix::Signal;

/// Tells that the terminal may have another size.
///
/// # Errors
/// Those of the system.
pub(crate) fn resized() -> io::Result<Resizes> {
    unix::signal(SignalKind::window_change())
}

/// The columns and rows that the terminal says it has.
///
/// # Errors
/// Those of the terminal.
pub(crate) fn window_size() -> io::Result<(u16, u16)> {
    let size = tcgetwinsize(io::stdout())?;
    Ok((size.ws_col, size.ws_row))
}

/// Stops the process and all that it runs in the terminal, as Ctrl-Z does.
///
/// # Errors
/// Those of the system.
pub(crate) fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::TSTP)?)
}

/// Does what Ctrl-C does to a process that does not read it as a key.
///
/// # Errors
/// Those of the system.
pub(crate) fn interrupt() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::INT)?)
}

/// Throws away what was typed and not yet read.
pub(crate) fn discard_input() {
    // A terminal that is gone has none.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Standard input without the buffer of the standard library, in which what came together cannot be seen.
///
/// # Errors
/// Those of the system.
pub(crate) fn stdin() -> io::Result<impl Read + Send + 'static> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Standard output without the buffer of the standard library, in which the last of the talk would stay.
pub(crate) type Stdout = File;

/// Standard output.
///
/// # Errors
/// Those of the system.
pub(crate) fn stdout() -> io::Result<Stdout> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Whether something waits on standard input, after waiting for it so long. What has no end of line yet is hidden
/// while the terminal edits lines: it is asked without that for a moment.
pub(crate) fn waits(patience: Duration) -> bool {
    let stdin = io::stdin();
    let before = tcgetattr(&stdin).ok();
    if let Some(before) = &before {
        let mut bare = before.clone();
        bare.local_modes.remove(LocalModes::ICANON);
        let _ = tcsetattr(&stdin, OptionalActions::Now, &bare);
    }
    let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = Timespec::try_from(patience).ok();
    let found = matches!(poll(&mut watched, patience.as_ref()), Ok(1..))
        && watched[0].revents().contains(PollFlags::IN);
    if let Some(before) = &before {
        let _ = tcsetattr(&stdin, OptionalActions::Now, before);
    }
    found
}

/// The controlling terminal of this process, whatever standard input is.
#[derive(Debug)]
pub(crate) struct Tty(File);

/// The modes that a terminal had.
#[derive(Debug, Clone)]
pub(crate) struct Modes(Termios);

impl Tty {
    /// Opens it.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none.
    pub(crate) fn open() -> io::Result<Self> {
        // Without a controlling terminal the system says ENXIO, and without a device ENOENT.
        let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
        opened
            .map(Self)
            .map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))
    }

    /// The modes that it has.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn modes(&self) -> io::Result<Modes> {
        Ok(Modes(tcgetattr(&self.0)?))
    }

    /// From these modes on, each key comes at once as its bytes, Ctrl-C too, and none is shown.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn by_key(&self, before: Modes) -> io::Result<()> {
        let Modes(mut ours) = before;
        ours.local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        Ok(tcsetattr(&self.0, OptionalActions::Drain, &ours)?)
    }

    /// Gives it the modes that it had.
    pub(crate) fn give_back(&self, before: &Modes) {
        // A terminal that is gone needs no modes.
        let _ = tcsetattr(&self.0, OptionalActions::Now, &before.0);
    }
}

impl Read for Tty {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A command that a person wrote, for the shell to read.
pub(crate) fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

/// The same, with a path behind it that may hold any character.
pub(crate) fn shell_with(command: &str, path: &Path) -> Command {
    let mut shell = shell(&format!("{command} \"$@\""));
    shell.arg("sh").arg(path);
    shell
}

/// Keeps a program that is about to be started out of reach of Ctrl-C in the terminal.
pub(crate) fn apart(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Opens a file for writing that, if it is new, only the user can read. With `new`, one that exists is an error; else
/// it is emptied.
///
/// # Errors
/// Those of the system.
pub(crate) fn private_file(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    if new {
        options.create_new(true).open(path)
    } else {
        options.create(true).truncate(true).open(path)
    }
}

/// Makes a folder that only the user can look into; with `above`, those above it, too.
///
/// # Errors
/// Those of the system.
pub(crate) fn private_folder(path: &Path, above: bool) -> io::Result<()> {
    DirBuilder::new().recursive(above).mode(0o700).create(path)
}

/// Whether this is a folder of the user's that nobody else can look into.
pub(crate) fn is_mine_alone(path: &Path) -> bool {
    fs::metadata(path)
        .is_ok_and(|found| found.is_dir() && found.mode() & 0o077 == 0 && found.uid() == getuid().as_raw())
}

/// What others may do with a file of the user's, in octal digits; `None` when that is nothing.
pub(crate) fn open_to_others(metadata: &Metadata) -> Option<String> {
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| format!("{mode:03o}"))
}
