//! Where links stand in a picture: cells cannot hold that.

use std::ops::Range;

/// A link in one row of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The row.
    pub row: u16,
    /// The columns.
    pub columns: Range<u16>,
    /// What it opens: plain ASCII without spaces.
    pub address: String,
}
