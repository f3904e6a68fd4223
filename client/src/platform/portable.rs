//! Any system, with what the standard library and crossterm know of all of them.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode, is_raw_mode_enabled};
use tokio::sync::mpsc;

use crate::interrupts;

/// What opens a link.
pub const OPENER: &str = "explorer";

/// Nothing is known here that forbids core dumps.
///
/// # Errors
/// Never.
pub fn harden() -> io::Result<()> {
    Ok(())
}

/// Since the first call; whether the time that the machine slept is in it, the system decides.
pub fn monotonic() -> Duration {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    FIRST.elapsed()
}

/// Brings a `()` for each Ctrl-C, from now on. Has to be called inside a Tokio runtime.
///
/// # Errors
/// Never: where there are no signals, none comes.
pub fn asked_to_end() -> io::Result<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if interrupts::are_ignored() {
                continue;
            }
            // Full or closed: nothing more to say.
            let _ = sender.try_send(());
        }
    });
    Ok(receiver)
}

/// Would tell that the process was stopped and goes on.
#[derive(Debug)]
pub struct Continued;

impl Continued {
    /// From now on.
    ///
    /// # Errors
    /// Never.
    pub fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Never returns: nothing stops a process here.
    pub async fn recv(&mut self) {
        std::future::pending().await
    }
}

/// Nothing stops a process here.
///
/// # Errors
/// Always.
pub fn stop() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Ends nothing by itself: the question that Ctrl-C ends says so to whoever asked.
///
/// # Errors
/// Never.
pub fn interrupt() -> io::Result<()> {
    Ok(())
}

/// The thread that reads the terminal cannot be woken.
///
/// # Errors
/// Always.
pub fn wake_reader() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Never returns: the end of a terminal is the end of its processes.
pub fn wait_for_hang_up() {
    loop {
        std::thread::park();
    }
}

/// What was typed and not yet read stays.
pub fn discard_input() {}

/// Standard input.
///
/// # Errors
/// Never.
pub fn stdin() -> io::Result<impl Read + Send + 'static> {
    Ok(io::stdin())
}

/// Standard output.
pub type Stdout = io::Stdout;

/// Standard output.
///
/// # Errors
/// Never.
pub fn stdout() -> io::Result<Stdout> {
    Ok(io::stdout())
}

/// Whether something waits on standard input is not known: no.
pub fn waits(_patience: Duration) -> bool {
    false
}

/// Standard input and error, which are the terminal unless somebody has redirected them.
#[derive(Debug)]
pub struct Tty;

/// Whether the terminal gave each key at once.
#[derive(Debug, Clone)]
pub struct Modes(bool);

impl Tty {
    /// Both have to be the terminal.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where one is not.
    pub fn open() -> io::Result<Self> {
        use std::io::IsTerminal;
        let both = io::stdin().is_terminal() && io::stderr().is_terminal();
        both.then_some(Self).ok_or(io::ErrorKind::NotFound.into())
    }

    /// The modes that it has.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn modes(&self) -> io::Result<Modes> {
        is_raw_mode_enabled().map(Modes)
    }

    /// From these modes on, each key comes at once, Ctrl-C too, and none is shown.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn by_key(&self, _before: Modes) -> io::Result<()> {
        enable_raw_mode()
    }

    /// Gives it the modes that it had.
    pub fn give_back(&self, before: &Modes) {
        if !before.0 {
            // A terminal that is gone needs no modes.
            let _ = disable_raw_mode();
        }
    }
}

impl Read for Tty {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        io::stdin().read(into)
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// A command that a person wrote, for the system's own shell to read.
pub fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut shell = Command::new(shell);
    shell.args([option, command]);
    shell
}

/// The same, with a path behind it.
pub fn shell_with(command: &str, path: &Path) -> Command {
    let mut shell = shell(command);
    shell.arg(path);
    shell
}

/// Ctrl-C reaches every program of the terminal.
pub fn apart(command: &mut Command) -> &mut Command {
    command
}

/// Opens a file for writing, as private as the folder that it is in. With `new`, one that exists is an error; else it
/// is emptied.
///
/// # Errors
/// Those of the system.
pub fn private_file(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if new {
        options.create_new(true).open(path)
    } else {
        options.create(true).truncate(true).open(path)
    }
}

/// Makes a folder, as private as the one that it is in; with `above`, those above it, too.
///
/// # Errors
/// Those of the system.
pub fn private_folder(path: &Path, above: bool) -> io::Result<()> {
    DirBuilder::new().recursive(above).create(path)
}

/// Whether nobody else can look into a folder is not known: no.
pub fn is_mine_alone(_path: &Path) -> bool {
    false
}

/// What others may do with a file is not known.
pub fn open_to_others(_metadata: &Metadata) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::platform;

    #[test]
    fn it_offers_what_unix_does() {
        let _: [fn() -> io::Result<()>; 2] = [harden, platform::harden];
        let _: [fn() -> Duration; 2] = [monotonic, platform::monotonic];
        let _: [fn() -> io::Result<mpsc::Receiver<()>>; 2] = [asked_to_end, platform::asked_to_end];
        let _: [fn() -> io::Result<()>; 2] = [stop, platform::stop];
        let _: [fn() -> io::Result<()>; 2] = [interrupt, platform::interrupt];
        let _: [fn() -> io::Result<()>; 2] = [wake_reader, platform::wake_reader];
        let _: [fn(); 4] = [
            wait_for_hang_up,
            platform::wait_for_hang_up,
            discard_input,
            platform::discard_input,
        ];
        let _: [fn(Duration) -> bool; 2] = [waits, platform::waits];
        let _: [fn(&str) -> Command; 2] = [shell, platform::shell];
        let _: [fn(&mut Command) -> &mut Command; 2] = [apart, platform::apart];
        let _: [fn(&Path, bool) -> io::Result<File>; 2] = [private_file, platform::private_file];
        let _: [fn(&str, &Path) -> Command; 2] = [shell_with, platform::shell_with];
        let _: [fn(&Path, bool) -> io::Result<()>; 2] = [private_folder, platform::private_folder];
        let _: [fn(&Path) -> bool; 2] = [is_mine_alone, platform::is_mine_alone];
        let _: [fn(&Metadata) -> Option<String>; 2] = [open_to_others, platform::open_to_others];
        let _ = (
            Tty::open,
            Tty::modes,
            Tty::by_key,
            Tty::give_back,
            Continued::listen,
            stdin,
            stdout,
            OPENER,
        );
    }

    #[test]
    fn a_new_file_is_never_an_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        private_file(&path, true).unwrap().write_all(b"kept").unwrap();
        assert!(private_file(&path, true).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"kept");
        private_file(&path, false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn time_goes_on_and_the_shell_reads() {
        let first = monotonic();
        let printed = shell("echo one").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&printed.stdout).trim(), "one");
        assert!(monotonic() > first);
    }
}
