//! What was killed, the newest last, to be yanked.

use std::collections::VecDeque;

use zeroize::Zeroizing;

/// The kills that are kept.
const MAX_KILLS: usize = 10;
/// The bytes of a kill that grows by one after the other: what a draft can hold, with some room.
const MAX_KILL: usize = 128 << 10;

/// The kill ring.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kills {
    ring: VecDeque<Zeroizing<String>>,
}

/// Which side of the caret was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// What stood before it.
    Before,
    /// What stood after it.
    After,
}

impl Kills {
    /// A text was killed; `on`: right after another kill, with which it makes one.
    pub(super) fn push(&mut self, text: &str, side: Side, on: bool) {
        let joined = match self.ring.back() {
            Some(last) if on && last.len() + text.len() <= MAX_KILL => {
                let mut joined = Zeroizing::new(String::with_capacity(last.len() + text.len()));
                let (first, second) = match side {
                    Side::Before => (text, last.as_str()),
                    Side::After => (last.as_str(), text),
                };
                joined.push_str(first);
                joined.push_str(second);
                self.ring.pop_back();
                joined
            }
            _ => Zeroizing::new(text.to_owned()),
        };
        self.ring.push_back(joined);
        if self.ring.len() > MAX_KILLS {
            self.ring.pop_front();
        }
    }

    pub(super) fn newest(&self) -> &str {
        self.ring.back().map_or("", |kill| kill.as_str())
    }

    /// The newest becomes the oldest.
    pub(super) fn turn(&mut self) {
        self.ring.rotate_right(1.min(self.ring.len()));
    }
}
