//! Messages that go by themselves. Nothing here takes longer the more there are, until their time comes.

use std::time::Duration;

use super::{Kept, List};
use crate::screen::talk::entry::{Author, Content, Said};
use crate::screen::talk::expiry::Fades;

/// So many at once are taken out one by one; of more, the list is gone through once.
const FEW: usize = 16;

impl List {
    /// The clock of a message begins, if it fades and the clock does not run yet.
    pub(crate) fn fade_from(&mut self, number: u64, now: Duration) {
        let Some(kept) = self.index(number).and_then(|at| self.entries.get_mut(at)) else {
            return;
        };
        if let Content::Said(said) = &mut kept.entry.content
            && let Fades::After(time) = said.fades
        {
            let due = now + Duration::from(time);
            said.fades = Fades::At(due);
            self.fading.insert((due, number));
        }
    }

    /// When the next one goes.
    pub(crate) fn next_fade(&self) -> Option<Duration> {
        self.fading.first().map(|(due, _)| *due)
    }

    /// Takes out those whose time has come.
    pub(crate) fn take_faded(&mut self, now: Duration) -> Vec<Said> {
        if self.next_fade().is_none_or(|due| due > now) {
            return Vec::new();
        }
        let later = self.fading.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut self.fading, later);
        let mut numbers: Vec<u64> = due.into_iter().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        let faded = self.take_out(&numbers);
        let said = faded.into_iter().filter_map(|kept| {
            self.unlink(&kept);
            match kept.entry.content {
                Content::Said(said) => Some(said),
                _ => None,
            }
        });
        said.collect()
    }

    /// Takes entries out, by their numbers in order.
    fn take_out(&mut self, numbers: &[u64]) -> Vec<Kept> {
        let is_one = |number: &u64| numbers.binary_search(number).is_ok();
        let mut taken = Vec::with_capacity(numbers.len());
        if numbers.len() <= FEW {
            for number in numbers {
                taken.extend(self.index(*number).and_then(|at| self.entries.remove(at)));
            }
        } else {
            for kept in std::mem::take(&mut self.entries) {
                if is_one(&kept.number) {
                    taken.push(kept);
                } else {
                    self.entries.push_back(kept);
                }
            }
        }
        let is_mine = |kept: &Kept| match &kept.entry.content {
            Content::Said(said) => matches!(said.author, Author::Me(_)),
            _ => false,
        };
        if taken.iter().any(is_mine) {
            self.mine.retain(|number| !is_one(number));
        }
        taken
    }
}
