//! How much a connection, an address and all together may have delivered a second.
//!
//! Over a budget nothing is dropped: the relay stops reading the socket until the budget is back, and TCP slows
//! the sender.

use std::time::Duration;

use crate::{
    clock::Moment,
    config::options::Options,
    limit::bucket::{Bucket, Buckets, Rate},
    limit::slot::Slot,
    limits,
};

const SECOND: Duration = Duration::from_secs(1);

/// The budgets of a relay.
pub(crate) struct Budgets {
    connection: [Rate; 2],
    address: [Buckets; 2],
    total: [Bucket; 2],
}

/// What one connection has spent: of deliveries, and of bytes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Spent([u64; 2]);

impl Budgets {
    /// As the operator set them.
    pub(crate) fn new(options: &Options) -> Self {
        let rate = |tokens| Rate::new(tokens, SECOND);
        Self {
            connection: [options.connection_deliveries, options.connection_bytes].map(rate),
            address: [options.address_deliveries, options.address_bytes]
                .map(|tokens| Buckets::new(rate(tokens))),
            total: [
                options.max_messages,
                options.max_mbit.saturating_mul(limits::MEGABIT),
            ]
            .map(|tokens| Bucket::new(rate(tokens))),
        }
    }

    /// Counts a frame of so many bytes that so many readers get.
    pub(crate) fn spend(&self, spent: &mut Spent, slot: Slot, receivers: usize, bytes: usize, now: Moment) {
        let amounts = [receivers as u64, (receivers as u64).saturating_mul(bytes as u64)];
        for (index, amount) in amounts.into_iter().enumerate() {
            self.connection[index].spend(&mut spent.0[index], amount, now);
            self.address[index].spend(slot, amount, now);
            self.total[index].spend(amount, now);
        }
    }

    /// Until when the connection must not be read; `None` when it may.
    pub(crate) fn pause(&self, spent: &Spent, slot: Slot, now: Moment) -> Option<Moment> {
        (0..2)
            .flat_map(|index| {
                [
                    self.connection[index].solvent(spent.0[index], now),
                    self.address[index].solvent(slot, now),
                    self.total[index].solvent(now),
                ]
            })
            .flatten()
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Slot = Slot { near: 1, wide: None };
    const ELSEWHERE: Slot = Slot { near: 2, wide: None };
    const NOW: Moment = Moment(1_000_000_000);

    fn budgets() -> Budgets {
        Budgets::new(&Options {
            connection_deliveries: 100,
            connection_bytes: 10_000,
            address_deliveries: 150,
            address_bytes: 1_000_000,
            max_messages: 200,
            max_mbit: 1,
            ..Options::default()
        })
    }

    #[test]
    fn a_connection_over_its_deliveries_waits_for_its_own_debt() {
        let (budgets, mut flooder, honest) = (budgets(), Spent::default(), Spent::default());
        budgets.spend(&mut flooder, HERE, 100, 1, NOW);
        assert_eq!(budgets.pause(&flooder, HERE, NOW), None);
        budgets.spend(&mut flooder, HERE, 20, 1, NOW);
        assert_eq!(budgets.pause(&flooder, HERE, NOW), Some(Moment(1_200_000_000)));
        assert_eq!(budgets.pause(&honest, HERE, NOW), None);
    }

    #[test]
    fn bytes_count_once_for_each_receiver() {
        let (budgets, mut spent) = (budgets(), Spent::default());
        budgets.spend(&mut spent, HERE, 5, 3_000, NOW);
        assert_eq!(budgets.pause(&spent, HERE, NOW), Some(Moment(1_500_000_000)));
    }

    #[test]
    fn the_connections_of_an_address_share_its_budget_and_all_share_the_total() {
        let budgets = budgets();
        for _ in 0..2 {
            budgets.spend(&mut Spent::default(), HERE, 90, 1, NOW);
        }
        let fresh = Spent::default();
        assert_eq!(budgets.pause(&fresh, HERE, NOW), Some(Moment(1_200_000_000)));
        assert_eq!(budgets.pause(&fresh, ELSEWHERE, NOW), None);
        budgets.spend(&mut Spent::default(), ELSEWHERE, 60, 1, NOW);
        assert_eq!(budgets.pause(&fresh, ELSEWHERE, NOW), Some(Moment(1_200_000_000)));
    }

    #[test]
    fn a_megabit_is_spent_by_its_bytes() {
        let budgets = budgets();
        let fresh = Spent::default();
        // A megabit at once, and a quarter more.
        for bytes in [62_500, 62_500, 31_250] {
            budgets.spend(&mut Spent::default(), HERE, 1, bytes, NOW);
        }
        assert_eq!(budgets.pause(&fresh, ELSEWHERE, NOW), Some(Moment(1_250_000_000)));
    }
}
