//! What was done to a text, to take it back.

use std::collections::VecDeque;
use std::ops::Range;

use zeroize::Zeroizing;

/// The changes that can be taken back.
const MAX_STEPS: usize = 256;
/// The bytes of deleted text that are kept for it; a whole draft a few times.
const MAX_BYTES: usize = 256 << 10;

/// A change.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) inserted: Range<usize>,
    pub(crate) removed: Zeroizing<String>,
    /// Where the caret was before.
    pub(crate) caret: usize,
}

/// The changes, the newest last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Undo {
    steps: VecDeque<Step>,
    bytes: usize,
}

impl Undo {
    /// A change was made.
    pub(super) fn push(&mut self, step: Step) {
        self.bytes += step.removed.len();
        self.steps.push_back(step);
        while self.steps.len() > MAX_STEPS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.steps.pop_front() else {
                return;
            };
            self.bytes -= oldest.removed.len();
        }
    }

    /// More was typed behind what the newest change put in; `false` where it did not end there.
    pub(super) fn extend(&mut self, at: usize, length: usize) -> bool {
        match self.steps.back_mut() {
            Some(step) if step.inserted.end == at => {
                step.inserted.end += length;
                true
            }
            _ => false,
        }
    }

    /// The newest change, which is to be taken back.
    pub(super) fn pop(&mut self) -> Option<Step> {
        let step = self.steps.pop_back()?;
        self.bytes -= step.removed.len();
        Some(step)
    }

    /// Nothing can be taken back any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
