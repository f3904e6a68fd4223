//! Texts as a screen takes them: harmless ([`visible`]), in rows ([`wrap`]), with code and links ([`markup`]), searched
//! ([`search`]).

pub(crate) mod line;
pub(crate) mod markup;
pub(crate) mod search;
pub(crate) mod visible;
pub(crate) mod wrap;
