//! Variables of the environment that look like options and are none: a slip would leave an option as it was.

use std::{ffi::OsString, fmt};

use clap::Command;
use strsim::damerau_levenshtein;

/// What all options in the environment begin with.
const PREFIX: &str = "SOTTO_RELAY_";

/// So many slips of the hand are guessed at.
const SLIPS: usize = 3;

/// A variable that is no option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownVariable {
    name: String,
    meant: Option<String>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no option: ", self.name)?;
        match &self.meant {
            Some(meant) => write!(f, "do you mean {meant}?"),
            None => write!(f, "sotto-relay --help lists them"),
        }
    }
}

/// Finds the first variable that a command has no option for.
///
/// # Errors
/// [`UnknownVariable`].
pub fn check_environment(
    command: &Command,
    names: impl Iterator<Item = OsString>,
) -> Result<(), UnknownVariable> {
    let known: Vec<_> = (command.get_arguments())
        .filter_map(|argument| argument.get_env()?.to_str())
        .collect();
    let unknown = names
        .filter_map(|name| name.into_string().ok())
        .find(|name| name.starts_with(PREFIX) && !known.contains(&name.as_str()));
    let Some(name) = unknown else { return Ok(()) };
    let meant = (known.iter())
        .map(|known| (damerau_levenshtein(known, &name), known))
        .filter(|(slips, _)| *slips <= SLIPS)
        .min()
        .map(|(_, known)| (*known).to_owned());
    Err(UnknownVariable { name, meant })
}
