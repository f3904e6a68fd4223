//! Who sits in a room, as Phoenix.Presence writes it: `{KEY: {"metas": [{"phx_ref": REF}]}}`.
//!
//! The key is hex SHA-256 of the sender hash, as its 64 hex characters: the sender hash is what replaces a seat, so
//! nobody else is shown it.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sotto_protocol::SenderHash;

/// What names a seat to the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PresenceKey([u8; 32]);

impl PresenceKey {
    /// Of the sender hash that a seat was taken with.
    pub(crate) fn of(sender: &SenderHash) -> Self {
        Self(Sha256::digest(sender.to_hex().as_bytes()).into())
    }
}

/// Seats by key, each with its number, which is its `phx_ref`.
#[derive(Default, Clone, PartialEq, Eq)]
pub(crate) struct Presences(BTreeMap<PresenceKey, Vec<u64>>);

impl Presences {
    pub(crate) fn add(&mut self, key: PresenceKey, number: u64) {
        self.0.entry(key).or_default().push(number);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        for (index, (key, numbers)) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(out, r#"{comma}"{}":{{"metas":["#, hex::encode(key.0));
            for (index, number) in numbers.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                let _ = write!(out, r#"{comma}{{"phx_ref":"{number:x}"}}"#);
            }
            out.push_str("]}");
        }
        out.push('}');
    }

    pub(crate) fn state(&self) -> Box<RawValue> {
        let mut json = String::new();
        self.write(&mut json);
        raw(json)
    }
}

/// What has changed since the others were told last.
///
/// A reader takes joins first and then leaves, so a seat that came and went stands in both.
#[derive(Default)]
pub(crate) struct Diff {
    pub(crate) joins: Presences,
    pub(crate) leaves: Presences,
}

impl Diff {
    /// Adds what has changed after it.
    pub(crate) fn merge(&mut self, later: Self) {
        for (into, from) in [(&mut self.joins, later.joins), (&mut self.leaves, later.leaves)] {
            for (key, numbers) in from.0 {
                into.0.entry(key).or_default().extend(numbers);
            }
        }
    }

    /// True when there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.joins.is_empty() && self.leaves.is_empty()
    }

    pub(crate) fn json(&self) -> Box<RawValue> {
        let mut json = r#"{"joins":"#.to_owned();
        self.joins.write(&mut json);
        json.push_str(r#","leaves":"#);
        self.leaves.write(&mut json);
        json.push('}');
        raw(json)
    }
}

fn raw(json: String) -> Box<RawValue> {
    // Hexadecimal digits between quotes and braces are JSON.
    RawValue::from_string(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PresenceKey {
        PresenceKey([byte; 32])
    }

    #[test]
    fn a_state_is_what_phoenix_presence_writes() {
        let mut seats = Presences::default();
        assert_eq!(seats.state().get(), "{}");
        seats.add(key(0xab), 10);
        seats.add(key(0xcd), 11);
        let (first, second) = ("ab".repeat(32), "cd".repeat(32));
        assert_eq!(
            seats.state().get(),
            format!(
                r#"{{"{first}":{{"metas":[{{"phx_ref":"a"}}]}},"{second}":{{"metas":[{{"phx_ref":"b"}}]}}}}"#
            )
        );
    }

    #[test]
    fn a_replaced_seat_stands_in_joins_and_leaves() {
        let mut diff = Diff::default();
        assert!(diff.is_empty());
        diff.joins.add(key(1), 2);
        diff.leaves.add(key(1), 1);
        let name = "01".repeat(32);
        assert_eq!(
            diff.json().get(),
            format!(
                r#"{{"joins":{{"{name}":{{"metas":[{{"phx_ref":"2"}}]}}}},"leaves":{{"{name}":{{"metas":[{{"phx_ref":"1"}}]}}}}}}"#
            )
        );
    }

    #[test]
    fn a_key_is_the_sha_256_of_the_written_sender_hash() {
        let sender = SenderHash::from_bytes([0; 32]);
        // printf '%064d' 0 | sha256sum
        assert_eq!(
            hex::encode(PresenceKey::of(&sender).0),
            "60e05bd1b195af2f94112fa7197a5c88289058840ce7c6df9693756bc6250f55"
        );
    }
}
