//! The passphrase: where it comes from ([`source`], [`prompt`]), how strong it is ([`strength`], told by a [`rater`]),
//! the root that is made of it ([`kdf`]), and whether another one is the same ([`verifier`]).

pub(crate) mod source;

pub(crate) mod prompt;
pub mod rater;
pub(crate) mod strength;

pub(crate) mod kdf;
pub mod verifier;

/// The words of a generated passphrase: 77 bits.
pub(crate) const WORDS: usize = 6;
