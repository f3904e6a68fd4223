//! Token buckets: so many in a period, all at once if none was taken before.
//!
//! A bucket is one number, the moment at which it will be full again. Each token moves that moment on by its
//! share of the period; a bucket that will be full no later than in one period has a token left. (The generic
//! cell rate algorithm of ITU-T I.371.)

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::{
    clock::Moment,
    limit::slot::{SLOTS, Slot},
    limits,
};

/// So many tokens in a period; 0 means no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    tokens: u64,
    period: u64,
}

impl Rate {
    /// So many tokens in a period.
    pub(crate) fn new(tokens: u64, period: Duration) -> Self {
        Self {
            tokens,
            period: u64::try_from(period.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    /// As many times as much in the same period.
    fn times(self, factor: u64) -> Self {
        Self {
            tokens: self.tokens.saturating_mul(factor),
            ..self
        }
    }

    /// How far `tokens` move the moment at which the bucket is full.
    fn cost(self, tokens: u64) -> u64 {
        tokens
            .saturating_mul(self.period)
            .checked_div(self.tokens)
            .unwrap_or(0)
    }

    /// When a bucket that is full at `full` will be full after `tokens` more were taken.
    fn after(self, full: u64, tokens: u64, now: Moment) -> u64 {
        full.max(now.0).saturating_add(self.cost(tokens))
    }

    /// Takes tokens of a bucket of one owner, which goes into debt if need be.
    pub(crate) fn spend(self, full: &mut u64, tokens: u64, now: Moment) {
        *full = self.after(*full, tokens, now);
    }

    /// The moment at which a bucket is out of debt; `None` when it is not in debt.
    pub(crate) fn solvent(self, full: u64, now: Moment) -> Option<Moment> {
        let solvent = full.saturating_sub(self.period);
        (solvent > now.0).then_some(Moment(solvent))
    }
}

/// A bucket that all share.
pub(crate) struct Bucket {
    rate: Rate,
    full: AtomicU64,
}

impl Bucket {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            full: AtomicU64::new(0),
        }
    }

    /// Takes tokens, into debt if need be.
    pub(crate) fn spend(&self, tokens: u64, now: Moment) {
        spend(&self.full, self.rate, tokens, now);
    }

    /// The moment at which it is out of debt; `None` when it is not in debt.
    pub(crate) fn solvent(&self, now: Moment) -> Option<Moment> {
        self.rate.solvent(self.full.load(Relaxed), now)
    }
}

/// A bucket for each cell of the table of addresses; the /48 of an IPv6 address has a sixteen-fold one.
pub(crate) struct Buckets {
    rate: Rate,
    cells: Box<[AtomicU64]>,
}

impl Buckets {
    /// Full ones. Memory is taken as slots are used.
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            cells: zeroed(),
        }
    }

    fn each(&self, slot: Slot) -> impl Iterator<Item = (&AtomicU64, Rate)> {
        let near = Some((&self.cells[usize::from(slot.near)], self.rate));
        let wide = slot
            .wide
            .map(|wide| (&self.cells[usize::from(wide)], self.rate.times(limits::WIDE)));
        near.into_iter().chain(wide)
    }

    /// Takes one token if there is one.
    pub(crate) fn take(&self, slot: Slot, now: Moment) -> bool {
        self.take_some(slot, 1, now)
    }

    /// Takes so many tokens if there are as many.
    pub(crate) fn take_some(&self, slot: Slot, tokens: u64, now: Moment) -> bool {
        self.each(slot).all(|(cell, rate)| {
            cell.try_update(Relaxed, Relaxed, |full| {
                let after = rate.after(full, tokens, now);
                (after <= now.0.saturating_add(rate.period)).then_some(after)
            })
            .is_ok()
        })
    }

    /// True when there is no token to take.
    pub(crate) fn is_spent(&self, slot: Slot, now: Moment) -> bool {
        self.each(slot).any(|(cell, rate)| {
            rate.solvent(rate.after(cell.load(Relaxed), 1, now), now)
                .is_some()
        })
    }

    /// Takes tokens, into debt if need be.
    pub(crate) fn spend(&self, slot: Slot, tokens: u64, now: Moment) {
        for (cell, rate) in self.each(slot) {
            spend(cell, rate, tokens, now);
        }
    }

    /// The moment at which it is out of debt; `None` when it is not in debt.
    pub(crate) fn solvent(&self, slot: Slot, now: Moment) -> Option<Moment> {
        self.each(slot)
            .filter_map(|(cell, rate)| rate.solvent(cell.load(Relaxed), now))
            .max()
    }
}

fn spend(cell: &AtomicU64, rate: Rate, tokens: u64, now: Moment) {
    if rate.tokens > 0 {
        cell.update(Relaxed, Relaxed, |full| rate.after(full, tokens, now));
    }
}

/// How many of something each address holds; 0 as the limit means none.
pub(crate) struct Concurrency {
    limit: u32,
    cells: Box<[AtomicU32]>,
}

impl Concurrency {
    /// Nobody holds any.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit,
            cells: zeroed(),
        }
    }

    /// Counts one more, unless the address holds as many as it may.
    pub(crate) fn take(&self, slot: Slot) -> bool {
        if !self.add(slot.near, self.limit) {
            return false;
        }
        let wide_limit = self.limit.saturating_mul(limits::WIDE as u32);
        if slot.wide.is_some_and(|wide| !self.add(wide, wide_limit)) {
            self.cells[usize::from(slot.near)].fetch_sub(1, Relaxed);
            return false;
        }
        true
    }

    /// Counts one more, even if the address holds as many as it may.
    pub(crate) fn count(&self, slot: Slot) {
        for cell in [Some(slot.near), slot.wide].into_iter().flatten() {
            self.add(cell, 0);
        }
    }

    /// Gives back one that was taken.
    pub(crate) fn give_back(&self, slot: Slot) {
        self.cells[usize::from(slot.near)].fetch_sub(1, Relaxed);
        if let Some(wide) = slot.wide {
            self.cells[usize::from(wide)].fetch_sub(1, Relaxed);
        }
    }

    fn add(&self, cell: u16, limit: u32) -> bool {
        self.cells[usize::from(cell)]
            .try_update(Relaxed, Relaxed, |count| {
                (limit == 0 || count < limit).then_some(count.saturating_add(1))
            })
            .is_ok()
    }
}

/// Memory that the system gives as zeroes and only when it is touched.
fn zeroed<T: Default>() -> Box<[T]> {
    std::iter::repeat_with(T::default).take(SLOTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Slot = Slot { near: 1, wide: None };
    const MINUTE: u64 = 60_000_000_000;

    fn buckets(tokens: u64) -> Buckets {
        Buckets::new(Rate::new(tokens, Duration::from_secs(60)))
    }

    #[test]
    fn a_full_bucket_gives_all_its_tokens_at_once_and_then_one_at_a_time() {
        let buckets = buckets(120);
        let now = Moment(5 * MINUTE);
        assert_eq!((0..200).filter(|_| buckets.take(HERE, now)).count(), 120);
        assert!(buckets.is_spent(HERE, now));
        let later = Moment(now.0 + MINUTE / 120);
        assert!(!buckets.is_spent(HERE, later));
        assert!(buckets.take(HERE, later) && !buckets.take(HERE, later));
        let minute_later = Moment(later.0 + MINUTE);
        assert_eq!((0..200).filter(|_| buckets.take(HERE, minute_later)).count(), 120);
    }

    #[test]
    fn a_debt_is_paid_by_waiting() {
        let rate = Rate::new(100, Duration::from_secs(1));
        let (mut full, now) = (0, Moment(1_000_000_000));
        rate.spend(&mut full, 100, now);
        assert_eq!(rate.solvent(full, now), None);
        rate.spend(&mut full, 50, now);
        assert_eq!(rate.solvent(full, now), Some(Moment(1_500_000_000)));
        assert_eq!(rate.solvent(full, Moment(1_500_000_000)), None);
    }

    #[test]
    fn without_a_limit_nothing_is_spent() {
        let buckets = buckets(0);
        buckets.spend(HERE, 1 << 40, Moment(1));
        assert!((0..1000).all(|_| buckets.take(HERE, Moment(1))));
        assert_eq!(buckets.solvent(HERE, Moment(1)), None);
        let concurrency = Concurrency::new(0);
        assert!((0..1000).all(|_| concurrency.take(HERE)));
    }

    #[test]
    fn sixteen_networks_of_a_site_have_the_tokens_of_sixteen() {
        let buckets = buckets(10);
        let taken = (0..100)
            .flat_map(|network| std::iter::repeat_n(network, 20))
            .filter(|&near| {
                buckets.take(
                    Slot {
                        near,
                        wide: Some(9999),
                    },
                    Moment(1),
                )
            })
            .count();
        assert_eq!(taken, 160);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let concurrency = Concurrency::new(2);
        let v6 = Slot {
            near: 3,
            wide: Some(4),
        };
        assert!(concurrency.take(v6) && concurrency.take(v6) && !concurrency.take(v6));
        concurrency.give_back(v6);
        assert!(concurrency.take(v6) && !concurrency.take(v6));
    }
}
