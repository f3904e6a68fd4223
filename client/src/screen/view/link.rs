//! Where links stand in a picture: cells cannot hold that.

use std::ops::Range;

/// A link in one row of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The row.
    pub(crate) row: u16,
    /// The columns.
    pub(crate) columns: Range<u16>,
    /// What it opens: plain ASCII without spaces.
    pub(crate) address: String,
}
