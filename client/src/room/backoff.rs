//! How long to wait before the next connection.

use std::time::Duration;

use rand::{Rng, RngExt};

/// The wait after so many failures in a row (0: the first): doubled each time from `min` up to `max`, and
/// anywhere in its upper half, so that clients which lost the same relay do not come back together.
pub(super) fn wait(failures: u32, min: Duration, max: Duration, rng: &mut impl Rng) -> Duration {
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
