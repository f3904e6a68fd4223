//! Who is not let in leaves a trace in the log: one line of sums an hour, where there are any.

use std::sync::atomic::Ordering::Relaxed;

use crate::counters::{Counters, OUTCOMES};

/// What was told of, as it was counted then.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    told: Vec<u64>,
}

impl Refusals {
    /// The sums of what was refused since the last look, if anything was. `cut`: readers that were too slow.
    pub(crate) fn since_last(&mut self, counters: &Counters, cut: u64) -> Option<String> {
        // The first outcome is that somebody got what he wanted.
        let joins = OUTCOMES.into_iter().zip(&counters.joins).skip(1);
        let mut sums: Vec<(&str, u64)> = joins.map(|(why, count)| (why, count.load(Relaxed))).collect();
        sums.extend([
            (
                "too many connections of an address",
                counters.too_often.load(Relaxed),
            ),
            ("no connection left", counters.full.load(Relaxed)),
            ("readers too slow", cut),
        ]);
        self.told.resize(sums.len(), 0);
        let mut news = Vec::new();
        for ((what, count), told) in sums.into_iter().zip(&mut self.told) {
            let before = std::mem::replace(told, count);
            if count > before {
                news.push(format!("{what} {}", count - before));
            }
        }
        (!news.is_empty()).then(|| news.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::reply::Refusal;
    use crate::counters::NotAdmitted;

    #[test]
    fn there_are_sums_where_somebody_was_refused_and_else_none() {
        let counters = Counters::default();
        let mut refusals = Refusals::default();
        counters.joined(Ok(()));
        assert_eq!(refusals.since_last(&counters, 0), None);
        for _ in 0..3 {
            counters.joined(Err(Refusal::RoomFull));
        }
        counters.turned_away(NotAdmitted::TooOften);
        let sums = "room_full 3, too many connections of an address 1, readers too slow 2";
        assert_eq!(refusals.since_last(&counters, 2).as_deref(), Some(sums));
        assert_eq!(refusals.since_last(&counters, 2), None);
        counters.joined(Err(Refusal::RoomFull));
        assert_eq!(refusals.since_last(&counters, 2).as_deref(), Some("room_full 1"));
    }
}
