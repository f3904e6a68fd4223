//! Texts as a screen takes them: harmless ([`visible`]), in rows ([`wrap`]), with code and links ([`markup`]), searched
//! ([`search`]).

pub mod line;
pub mod markup;
pub mod search;
pub mod visible;
pub mod wrap;
