//! `sotto completions`: a script for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::print;
use crate::cli::Cli;
use crate::exit::Exit;

/// Prints the script.
///
/// # Errors
/// When standard output takes nothing.
pub(super) fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sotto", &mut script);
    print(String::from_utf8_lossy(&script).trim_end())
}
