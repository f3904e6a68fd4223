//! Whom a pair is with, as the user knows them.

use crate::peer::message::fading::Fading;
use crate::peer::name::Name;
use crate::peer::words::SafetyWords;

#[derive(Default)]
pub(crate) struct Person {
    pub name: Option<Name>,
    pub words: Option<SafetyWords>,
    pub compared: bool,
    /// What it wants of messages that fade.
    pub fading: Fading,
    /// The user was told of it before.
    pub announced_before: bool,
}
