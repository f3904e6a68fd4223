//! What a client remembers of a room, where its user wants that: in one file, sealed under the passphrase and a secret
//! of the device (`SPEC.md`, section 10.9).

mod key;
mod sealed;

pub use key::{DeviceSecret, MemoryKey};
pub use sealed::{MAX_FILE, OpenError, Part, TooLarge};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::message::fading::FadeTime;
use super::message::{MessageId, Target};
use super::name::Name;

/// What is remembered of a room.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// What was said and not everybody holds who should, in the order in which it was said.
    pub outbox: Vec<Unsent>,
}

/// A text of an earlier run that somebody has yet to hold.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// Names it.
    pub id: MessageId,
    /// The wall clock when it was typed, in milliseconds since 1970.
    pub clock: u64,
    /// What it answers.
    pub reply_to: Option<Target>,
    /// How long it stays, where it fades.
    pub fades: Option<FadeTime>,
    /// What it says.
    pub text: Zeroizing<String>,
    /// Whom it is for, as far as they do not hold it; nobody: those who come.
    pub to: Vec<Addressee>,
}

/// One of those whom a text is for. Its run may be over: what is left of it is its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Addressee {
    /// What it called itself.
    pub name: Name,
    /// Its safety words were compared.
    pub compared: bool,
    /// Some of what is for it was typed when nobody was here.
    pub typed_alone: bool,
    /// The text had been sent to it, and may be there.
    pub sent: bool,
}

impl std::fmt::Debug for Unsent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unsent({:?}, to {:?})", self.id, self.to)
    }
}

#[cfg(test)]
mod tests;
