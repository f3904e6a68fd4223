//! What options the service has: the environment that its package gives it.

use std::path::{Path, PathBuf};

use super::{
    OperatorError,
    owner::{other_owner, start_again},
};

/// Read by the systemd unit, and by whoever sets the service up.
const FILE: &str = "/etc/default/sotto-relay";

/// Whether there is a service on this machine.
pub(crate) fn is_service() -> bool {
    Path::new(FILE).exists()
}

/// The database of the service on this machine.
pub(super) fn db() -> Option<PathBuf> {
    db_of(&std::fs::read_to_string(FILE).ok()?)
}

/// Gives this process the options of the service on this machine, where its environment has no others, and the
/// service's user if we are root: what it then reads and writes is what the service could.
///
/// It may start this process again for that; the second time there is nothing left to do.
///
/// # Errors
/// [`OperatorError`] when the system does not let us.
pub fn become_service() -> Result<(), OperatorError> {
    // Without a service there is nothing to become.
    let Ok(text) = std::fs::read_to_string(FILE) else {
        return Ok(());
    };
    let missing: Vec<(String, PathBuf)> = variables(&text)
        .filter(|(name, _)| std::env::var_os(name).is_none())
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let db = db_of(&text);
    // Before the first start there is only the folder of the database, or not even that.
    let user = (db.iter().flat_map(|db| db.ancestors().take(2))).find_map(other_owner);
    Err(start_again(user, missing))
}

fn db_of(text: &str) -> Option<PathBuf> {
    let (_, db) = variables(text).rfind(|(name, _)| *name == "SOTTO_RELAY_DB")?;
    Some(db.into())
}

/// The relay's variables in a file of `NAME=VALUE` lines, quoted or not. Of several of one name the last counts.
fn variables(text: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once('=')?;
        let value = value.trim();
        let unquoted = (['"', '\''].into_iter())
            .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
            .unwrap_or(value);
        (name.starts_with("SOTTO_RELAY_") && !unquoted.is_empty()).then_some((name, unquoted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relays_variables_are_read_with_or_without_quotes() {
        let text = "# SOTTO_RELAY_DB=/no\nSOTTO_RELAY_DB=/one\n SOTTO_RELAY_DB=\"/a b\" \n\
            SOTTO_RELAY_LISTEN='[::]:4000'\nSOTTO_RELAY_PUBLIC=\nPATH=/evil\nnonsense\n";
        let expected = [
            ("SOTTO_RELAY_DB", "/one"),
            ("SOTTO_RELAY_DB", "/a b"),
            ("SOTTO_RELAY_LISTEN", "[::]:4000"),
        ];
        assert!(variables(text).eq(expected));
        assert!(variables("").next().is_none());
    }

    #[test]
    fn the_packages_own_file_is_read_as_it_is_meant() {
        let variables: Vec<_> = variables(include_str!("../../../package/sotto-relay.default")).collect();
        assert!(variables.contains(&("SOTTO_RELAY_DB", "/var/lib/sotto-relay/rooms.db")));
        assert!(variables.contains(&("SOTTO_RELAY_ROOMS", "closed")));
    }
}
