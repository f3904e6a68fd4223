//! A look into the bag: first which blobs there are, then those that are new, a page at a time.

use super::limits::BLOBS;
use crate::kept::{DropHash, Get, Got};

/// How far a look has come.
#[derive(Default)]
pub(super) struct Look {
    stage: Stage,
    /// The highest number of this stage so far.
    after: u64,
    page: Page,
    /// What there is, in the order of the numbers.
    pub listed: Vec<(u64, DropHash)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Idle,
    Listing,
    /// Up to this number.
    Bringing(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Page {
    /// To be asked for.
    #[default]
    Due,
    Asked,
    /// So many pushes are still to come, and whether there is more behind them.
    Coming(u16, bool),
}

/// What has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Nothing,
    Listing,
    Bringing,
}

impl Look {
    pub(super) fn begin(&mut self) {
        *self = Self {
            stage: Stage::Listing,
            ..Self::default()
        };
    }

    /// All from the first to the last number that is new.
    pub(super) fn bring(&mut self, first: u64, last: u64) {
        self.stage = Stage::Bringing(last);
        self.after = first.saturating_sub(1);
        self.page = Page::Due;
    }

    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.stage == Stage::Idle
    }

    /// The next page, once the last one has come.
    pub(super) fn next_get(&self) -> Option<Get> {
        let blobs = match self.stage {
            Stage::Idle => return None,
            Stage::Listing => false,
            Stage::Bringing(_) => true,
        };
        let after = self.after;
        (self.page == Page::Due).then_some(Get { after, blobs })
    }

    pub(super) fn asked(&mut self) {
        self.page = Page::Asked;
    }

    /// How much comes now.
    pub(super) fn answered(&mut self, got: Got) -> Ended {
        // More than any relay keeps of a room is no answer.
        let more = got.more && got.count > 0;
        self.page = Page::Coming(got.count.min(BLOBS as u16), more);
        self.turn()
    }

    /// Whether a push of this number, with a blob or the hash of one, is what comes next.
    pub(super) fn takes(&mut self, number: u64, is_blob: bool) -> bool {
        let Page::Coming(left @ 1.., more) = self.page else {
            return false;
        };
        let wants_blob = matches!(self.stage, Stage::Bringing(_));
        if number <= self.after || is_blob != wants_blob {
            return false;
        }
        self.after = number;
        self.page = Page::Coming(left - 1, more);
        true
    }

    /// After each thing that came.
    pub(super) fn turn(&mut self) -> Ended {
        let Page::Coming(0, more) = self.page else {
            return Ended::Nothing;
        };
        let ended = match self.stage {
            Stage::Idle => return Ended::Nothing,
            Stage::Listing if !more || self.listed.len() >= BLOBS => Ended::Listing,
            Stage::Bringing(last) if !more || self.after >= last => Ended::Bringing,
            _ => {
                self.page = Page::Due;
                return Ended::Nothing;
            }
        };
        self.page = Page::Asked;
        ended
    }

    /// The hash that a number was listed under.
    pub(super) fn listed(&self, number: u64) -> Option<DropHash> {
        let at = self.listed.binary_search_by_key(&number, |(number, _)| *number);
        self.listed.get(at.ok()?).map(|(_, hash)| *hash)
    }
}
