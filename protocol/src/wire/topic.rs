//! The topic of a room: `anon_room:` and the room hash.

use crate::wire::hash::{HashError, RoomHash};

/// What every room's topic begins with.
pub const PREFIX: &str = "anon_room:";

/// The name of a room's channel on the relay: 74 bytes of ASCII.
#[derive(Clone, PartialEq, Eq)]
pub struct Topic {
    room: RoomHash,
    text: String,
}

impl Topic {
    /// The topic of a room.
    pub fn of(room: &RoomHash) -> Self {
        Self {
            room: room.clone(),
            text: format!("{PREFIX}{}", room.to_hex().as_str()),
        }
    }

    /// Reads a topic in its written form.
    ///
    /// # Errors
    /// [`HashError`] when it does not begin with [`PREFIX`] or no room hash follows.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        let room = RoomHash::parse(text.strip_prefix(PREFIX).ok_or(HashError)?)?;
        Ok(Self {
            room,
            text: text.to_owned(),
        })
    }

    /// The room's hash.
    pub fn room(&self) -> &RoomHash {
        &self.room
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Never the hash: a log must not hold one.
impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Topic(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_survives_its_written_form() {
        let topic = Topic::of(&RoomHash::from_bytes([0xab; 32]));
        assert_eq!(topic.as_str(), format!("anon_room:{}", "ab".repeat(32)));
        assert!(Topic::parse(topic.as_str()).unwrap() == topic);
        assert!(Topic::parse("anon_room:").is_err());
        assert!(Topic::parse(&format!("room:{}", "ab".repeat(32))).is_err());
    }
}
