//! How many seats a room has, by what the relay says of it: only a hint.

use std::collections::HashMap;

use serde::Deserialize;

/// The most seats that are kept apart: beyond, a relay only wants to fill our memory.
const MAX_SEATS: usize = 16_384;

/// Seats by key, as Phoenix Presence tells them; an entry's metas are connections of one key.
#[derive(Default)]
pub(in crate::room) struct Presence {
    seats: HashMap<String, Vec<Meta>>,
}

#[derive(Deserialize, PartialEq, Eq)]
struct Meta {
    phx_ref: String,
}

#[derive(Deserialize)]
struct Entry {
    metas: Vec<Meta>,
}

type Entries = HashMap<String, Entry>;

#[derive(Deserialize)]
struct Diff {
    joins: Entries,
    leaves: Entries,
}

impl Presence {
    /// Takes a `presence_state`. `None` when it is none.
    pub(in crate::room) fn state(&mut self, json: &str) -> Option<usize> {
        let entries: Entries = serde_json::from_str(json).ok()?;
        self.seats.clear();
        self.join(entries);
        Some(self.count())
    }

    /// Takes a `presence_diff`. `None` when it is none.
    pub(in crate::room) fn diff(&mut self, json: &str) -> Option<usize> {
        let Diff { joins, leaves } = serde_json::from_str(json).ok()?;
        self.join(joins);
        for (key, entry) in leaves {
            if let Some(metas) = self.seats.get_mut(&key) {
                metas.retain(|meta| !entry.metas.contains(meta));
                if metas.is_empty() {
                    self.seats.remove(&key);
                }
            }
        }
        Some(self.count())
    }

    fn join(&mut self, entries: Entries) {
        let mut count = self.count();
        for (key, entry) in entries {
            let metas = self.seats.entry(key).or_default();
            for meta in entry.metas {
                if count < MAX_SEATS && !metas.contains(&meta) {
                    metas.push(meta);
                    count += 1;
                }
            }
        }
        self.seats.retain(|_, metas| !metas.is_empty());
    }

    fn count(&self) -> usize {
        self.seats.values().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_from_state_and_diffs() {
        let mut presence = Presence::default();
        let state = r#"{"a":{"metas":[{"phx_ref":"1"}]},"b":{"metas":[{"phx_ref":"2"}]}}"#;
        assert_eq!(presence.state(state), Some(2));
        let third = r#"{"joins":{"c":{"metas":[{"phx_ref":"3","more":1}]}},"leaves":{}}"#;
        assert_eq!(presence.diff(third), Some(3));
        let gone = r#"{"joins":{},"leaves":{"a":{"metas":[{"phx_ref":"1"}]}}}"#;
        assert_eq!(presence.diff(gone), Some(2));
        assert_eq!(presence.state(state), Some(2));
    }

    #[test]
    fn a_seat_that_is_replaced_stays_one() {
        let mut presence = Presence::default();
        presence.state(r#"{"a":{"metas":[{"phx_ref":"1"}]}}"#);
        let replaced =
            r#"{"joins":{"a":{"metas":[{"phx_ref":"2"}]}},"leaves":{"a":{"metas":[{"phx_ref":"1"}]}}}"#;
        assert_eq!(presence.diff(replaced), Some(1));
    }

    #[test]
    fn what_is_no_presence_is_no_hint_and_too_much_is_not_kept() {
        let mut presence = Presence::default();
        for wrong in ["[]", "{\"a\":1}", "null", "{\"joins\":{}}"] {
            assert!(
                presence.state(wrong).is_none() && presence.diff(wrong).is_none(),
                "{wrong}"
            );
        }
        for n in 0..3 {
            let metas: Vec<String> = (0..8000).map(|i| format!(r#"{{"phx_ref":"{n}-{i}"}}"#)).collect();
            let diff = format!(
                r#"{{"joins":{{"k{n}":{{"metas":[{}]}}}},"leaves":{{}}}}"#,
                metas.join(",")
            );
            assert!(presence.diff(&diff).unwrap() <= MAX_SEATS);
        }
    }
}
