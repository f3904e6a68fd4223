//! Texts to the clipboard, links to the program that opens them.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::{env, thread};

use crate::platform::{OPENER, apart};

/// Whether we are in tmux: it takes what is copied, and passes it on to its own terminal as it is set up to.
pub(crate) fn in_tmux() -> bool {
    env::var_os("TMUX").is_some()
}

/// Gives a text to tmux.
///
/// # Errors
/// There is no tmux to run.
pub(crate) fn to_tmux(text: String) -> io::Result<()> {
    start(Command::new("tmux").args(["load-buffer", "-w", "-"]), text)
}

/// Opens a link, which is one of `http`, `https` or `mailto`.
///
/// # Errors
/// What would open it is not there; where the screen is far away, nothing is there to look at.
pub(crate) fn open(link: &str) -> Result<(), String> {
    if env::var_os("SSH_CONNECTION").is_some() {
        return Err("over ssh no link is opened".to_owned());
    }
    start(apart(Command::new(OPENER).arg(link)), String::new())
        .map_err(|error| format!("{OPENER} cannot be started ({error})"))
}

/// Starts a program without waiting for it, gives it a text, and lets nothing of it come to the screen.
fn start(command: &mut Command, input: String) -> io::Result<()> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    thread::spawn(move || {
        if let Some(mut stdin) = child.stdin.take() {
            // Whether it wants the text is its own affair.
            let _ = stdin.write_all(input.as_bytes());
        }
        // So that it is no zombie.
        let _ = child.wait();
    });
    Ok(())
}
