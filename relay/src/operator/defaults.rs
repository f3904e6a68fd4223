//! Where the service has its file: the environment that its package gives it.

use std::path::PathBuf;

/// Read by the systemd unit, and by whoever sets the service up.
const FILE: &str = "/etc/default/sotto-relay";

/// The database of the service on this machine.
pub(super) fn db() -> Option<PathBuf> {
    value(&std::fs::read_to_string(FILE).ok()?, "SOTTO_RELAY_DB").map(Into::into)
}

/// The value of a variable in a file of `NAME=VALUE` lines, the last one of that name, quoted or not.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let quoted = |value: &'a str| {
        (['"', '\''].into_iter()).find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
    };
    let found = (text.lines().rev())
        .find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?
        .trim();
    Some(quoted(found).unwrap_or(found)).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_name_counts_with_or_without_quotes() {
        let text =
            "# SOTTO_RELAY_DB=/no\nSOTTO_RELAY_DB=/one\n SOTTO_RELAY_DB=\"/a b\" \nSOTTO_RELAY_DBX=/x\n";
        assert_eq!(value(text, "SOTTO_RELAY_DB"), Some("/a b"));
        assert_eq!(value("SOTTO_RELAY_DB='/one'", "SOTTO_RELAY_DB"), Some("/one"));
        assert_eq!(value("SOTTO_RELAY_DB=\n", "SOTTO_RELAY_DB"), None);
        assert_eq!(value("", "SOTTO_RELAY_DB"), None);
    }
}
