//! What a `phx_join` carries: bearer credentials, and nothing else.

use serde_json::{Map, Value, value::RawValue};

use crate::wire::hash::{AccessHash, SenderHash};

/// The payload of a join: `{"access_hash": HEX, "sender_hash": HEX}`.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Proves that the client may join the room.
    pub access: AccessHash,
    /// Names the seat that the client takes.
    pub sender: SenderHash,
}

impl Credentials {
    /// Reads a join's payload. Other members are ignored: a Phoenix client may send parameters of its own.
    ///
    /// `None` for whatever is wrong with it: all of that gets one and the same answer.
    pub fn parse(payload: &RawValue) -> Option<Self> {
        let members: Map<String, Value> = serde_json::from_str(payload.get()).ok()?;
        Some(Self {
            access: AccessHash::parse(members.get("access_hash")?.as_str()?).ok()?,
            sender: SenderHash::parse(members.get("sender_hash")?.as_str()?).ok()?,
        })
    }

    /// Writes a join's payload.
    pub fn to_json(&self) -> Box<RawValue> {
        let json = format!(
            r#"{{"access_hash":"{}","sender_hash":"{}"}}"#,
            self.access.to_hex().as_str(),
            self.sender.to_hex().as_str()
        );
        // Hexadecimal digits between quotes are JSON.
        RawValue::from_string(json).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Option<Credentials> {
        Credentials::parse(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn credentials_survive_their_written_form() {
        let written = Credentials {
            access: AccessHash::from_bytes([1; 32]),
            sender: SenderHash::from_bytes([2; 32]),
        };
        let read = Credentials::parse(&written.to_json()).unwrap();
        assert!(read.access == written.access && read.sender == written.sender);
    }

    #[test]
    fn whatever_is_wrong_is_no_credentials() {
        let hash = "a".repeat(64);
        for wrong in [
            "null".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            format!(r#"{{"access_hash":"{hash}"}}"#),
            format!(r#"{{"access_hash":1,"sender_hash":"{hash}"}}"#),
            format!(r#"{{"access_hash":"{hash}","sender_hash":"{}"}}"#, "A".repeat(64)),
        ] {
            assert!(parse(&wrong).is_none(), "{wrong}");
        }
        assert!(
            parse(&format!(
                r#"{{"access_hash":"{hash}","sender_hash":"{hash}","more":1}}"#
            ))
            .is_some()
        );
    }
}
