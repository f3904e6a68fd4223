//! Calls for the user's attention, outside the picture: bell, desktop notice, window title. Never who or what.

use std::env;
use std::io::{self, Write};
use std::process::{Command, Stdio};

use tokio::task::{JoinHandle, spawn_blocking};

/// All that a desktop notice says.
const NOTICE: &str = "a new message";

/// Which way a desktop notice goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Over the session bus, by the program that comes with most desktops: a library for it is heavier than the rest
    /// of the screen.
    Bus,
    /// `OSC 9`, which most terminals that notify know.
    Osc9,
    /// `OSC 777`, which urxvt, foot and the VTE family know.
    Osc777,
    /// Nowhere.
    None,
}

/// What there is to call with.
#[derive(Debug)]
pub(crate) struct Attention {
    way: Way,
    titles: bool,
    title: String,
    /// The last notice, while it is on its way.
    sending: Option<JoinHandle<()>>,
}

impl Attention {
    /// Looks at what surrounds the process.
    pub(crate) fn new() -> Self {
        let var = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let term = var("TERM").unwrap_or_default();
        Self {
            way: way(var),
            // The console shows what it does not know.
            titles: !matches!(term.as_str(), "" | "dumb" | "linux"),
            title: String::new(),
            sending: None,
        }
    }

    /// Rings the bell. It crosses tmux.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn bell(&self) -> io::Result<()> {
        write(b"\x07")
    }

    /// Gives a notice of the desktop.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn notify(&mut self) -> io::Result<()> {
        match self.way {
            Way::Osc9 => write(format!("\x1b]9;{NOTICE}\x07").as_bytes()),
            Way::Osc777 => write(format!("\x1b]777;notify;sotto;{NOTICE}\x07").as_bytes()),
            Way::Bus => {
                // One that hangs is not followed by more.
                if self.sending.as_ref().is_none_or(JoinHandle::is_finished) {
                    self.sending = Some(spawn_blocking(notify_send));
                }
                Ok(())
            }
            Way::None => Ok(()),
        }
    }

    /// Calls the window something, if it is not called that already.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(crate) fn title(&mut self, title: String) -> io::Result<()> {
        if !self.titles || self.title == title {
            return Ok(());
        }
        write(format!("\x1b]2;{title}\x07").as_bytes())?;
        self.title = title;
        Ok(())
    }

    /// The terminal was in other hands: it may be called otherwise.
    pub(crate) fn forget_title(&mut self) {
        self.title.clear();
    }
}

impl Default for Attention {
    fn default() -> Self {
        Self::new()
    }
}

fn way(var: impl Fn(&str) -> Option<String>) -> Way {
    let term = var("TERM").unwrap_or_default();
    let local = var("SSH_CONNECTION").is_none();
    if local && var("DBUS_SESSION_BUS_ADDRESS").is_some() && has_program("notify-send", var("PATH")) {
        return Way::Bus;
    }
    // tmux and screen show a sequence that they do not know, or swallow it.
    let wrapped = var("TMUX").is_some() || var("STY").is_some();
    match term.as_str() {
        "" | "dumb" | "linux" => Way::None,
        _ if wrapped => Way::None,
        term if term.starts_with("foot") || term.starts_with("rxvt") => Way::Osc777,
        _ if var("VTE_VERSION").is_some() => Way::Osc777,
        _ => Way::Osc9,
    }
}

fn has_program(name: &str, path: Option<String>) -> bool {
    path.is_some_and(|path| env::split_paths(&path).any(|directory| directory.join(name).is_file()))
}

fn notify_send() {
    let mut command = Command::new("notify-send");
    command.args(["--app-name=sotto", "--category=im.received", "sotto", NOTICE]);
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A desktop that shows no notices is no reason to say so at every message.
    let _ = quiet.status();
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(vars: &[(&str, &str)]) -> Way {
        way(|name| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_sequence_goes_only_to_terminals_that_take_it() {
        assert_eq!(chosen(&[("TERM", "xterm-kitty")]), Way::Osc9);
        assert_eq!(chosen(&[("TERM", "foot")]), Way::Osc777);
        assert_eq!(
            chosen(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")]),
            Way::Osc777
        );
        assert_eq!(chosen(&[("TERM", "linux")]), Way::None);
        assert_eq!(
            chosen(&[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/default")]),
            Way::None
        );
        assert_eq!(chosen(&[]), Way::None);
    }

    #[test]
    fn the_session_bus_is_taken_where_the_user_sits() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("notify-send"), "").unwrap();
        let path = directory.path().to_str().unwrap();
        let bus = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/0/bus");
        let here = [("TERM", "xterm"), ("PATH", path), bus];
        assert_eq!(chosen(&here), Way::Bus);
        let away = [
            ("TERM", "xterm"),
            ("PATH", path),
            bus,
            ("SSH_CONNECTION", "::1 1 ::1 22"),
        ];
        assert_eq!(chosen(&away), Way::Osc9);
    }
}
