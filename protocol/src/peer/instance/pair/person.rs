//! Whom a pair is with, as the user knows them.

use crate::peer::message::fading::Fading;
use crate::peer::name::Name;
use crate::peer::words::SafetyWords;

#[derive(Default)]
pub(crate) struct Person {
    pub(crate) name: Option<Name>,
    pub(crate) words: Option<SafetyWords>,
    pub(crate) compared: bool,
    /// What it wants of messages that fade.
    pub(crate) fading: Fading,
    /// The user was told of it before.
    pub(crate) announced_before: bool,
}
