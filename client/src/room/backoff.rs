//! How long to wait before the next connection.

use std::time::Duration;

use rand::{Rng, RngExt};

use super::{RelayError, Timing};

/// The wait after an error, the last of so many failures in a row (0: the first).
pub(super) fn after(why: &RelayError, failures: u32, timing: &Timing, rng: &mut impl Rng) -> Duration {
    let (min, max) = (timing.retry_min, timing.retry_max);
    let wait = match why.asks_to_wait() {
        None => wait(failures, min, max, rng),
        // And a little more, so that not all of those who were sent away come back in one moment.
        Some(asked) => asked + wait(0, min, max, rng),
    };
    if why.is_busy() {
        wait.max(timing.busy_min)
    } else {
        wait
    }
}

/// The wait after so many failures in a row (0: the first): doubled each time from `min` up to `max`, and
/// anywhere in its upper half, so that clients which lost the same relay do not come back together.
fn wait(failures: u32, min: Duration, max: Duration, rng: &mut impl Rng) -> Duration {
    let doubled = min.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    let longest = doubled.min(max);
    rng.random_range(longest / 2..=longest)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const MIN: Duration = Duration::from_secs(1);
    const MAX: Duration = Duration::from_secs(30);

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut rng = StdRng::seed_from_u64(1);
        for (failures, longest) in [
            (0, 1),
            (1, 2),
            (4, 16),
            (5, 30),
            (31, 30),
            (32, 30),
            (u32::MAX, 30),
        ] {
            let longest = Duration::from_secs(longest);
            for _ in 0..100 {
                let wait = wait(failures, MIN, MAX, &mut rng);
                assert!(wait >= longest / 2 && wait <= longest, "{failures}: {wait:?}");
            }
        }
    }

    #[test]
    fn two_clients_wait_differently() {
        let waits: std::collections::HashSet<Duration> = (0..20)
            .map(|seed| wait(3, MIN, MAX, &mut StdRng::seed_from_u64(seed)))
            .collect();
        assert_eq!(waits.len(), 20);
    }
}
