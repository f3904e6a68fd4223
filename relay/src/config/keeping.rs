//! What is kept for members who are away, as the options have it.

use super::options::Options;
use crate::{kept::Keeping, limits};

impl Options {
    /// Bytes that are kept in all.
    pub(super) fn kept_total(&self) -> usize {
        let default = if self.db.is_some() {
            limits::KEPT_FILE
        } else {
            limits::KEPT_MEMORY
        };
        self.kept_total.map_or(default, |size| size.0)
    }

    pub(crate) fn keeping(&self) -> Keeping {
        Keeping::new(self.kept_days, self.kept_room.0, self.kept_total())
    }
}
