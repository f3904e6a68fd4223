//! When a certificate is got, and how long is waited after what failed.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    https::RetryAfter,
    options::AcmeOptions,
    order::{self, AcmeError},
    state::State,
};
use crate::{
    clock::Day,
    limits,
    net::{certificate::Certificate, tls::Tls},
};

/// Gets a certificate when there is none, and another one when a third of its time is left, until it is dropped.
pub(crate) async fn keep_renewed(tls: Arc<Tls>) {
    let options = &tls.options().acme;
    let (Some(name), Some(state)) = (options.acme.clone(), options.state()) else {
        return;
    };
    let name = name.to_ascii_lowercase();
    let mut failures = 0;
    loop {
        let due = tls
            .certificate()
            .map_or(Duration::ZERO, |certificate| due_in(&certificate));
        if !due.is_zero() {
            // The clock may be set, or the machine sleep.
            sleep(due.min(limits::ACME_LOOK)).await;
            continue;
        }
        let retry_after = RetryAfter::default();
        match attempt(options, &name, &state, &tls, retry_after.clone()).await {
            Ok(()) => {
                failures = 0;
                tls.reload();
                let end = tls.certificate().and_then(|certificate| certificate.end());
                let end = end.map_or(String::new(), |end| format!(", until {}", Day::of(end)));
                tracing::info!("there is a new certificate for {name}{end}");
                // One that is due at once must not use up what the authority gives in a week.
                sleep(limits::ACME_LONGEST_PAUSE).await;
            }
            Err(error) => {
                let asked = Duration::from_secs(retry_after.seconds());
                let pause = pause(failures).max(asked).min(limits::ACME_LONGEST_WAIT);
                failures = failures.saturating_add(1);
                let minutes = pause.as_secs().div_ceil(60);
                tracing::error!(
                    "there is no new certificate for {name}: {error}; it is tried again in {minutes} minutes, or \
                     after a restart"
                );
                sleep(pause).await;
            }
        }
    }
}

/// Tries once. Whatever the authority answers ends neither the relay nor this task.
async fn attempt(
    options: &AcmeOptions,
    name: &str,
    state: &State,
    tls: &Arc<Tls>,
    retry_after: RetryAfter,
) -> Result<(), AcmeError> {
    let (options, name, state, shown) = (options.clone(), name.to_owned(), state.clone(), tls.clone());
    let mut task = JoinSet::new();
    task.spawn(async move { order::certificate(&options, &name, &state, &shown, retry_after).await });
    let ended = timeout(limits::ACME_ATTEMPT, task.join_next()).await;
    tls.show_proof(None);
    match ended {
        Err(_) => Err(AcmeError::Slow),
        Ok(Some(Ok(result))) => result,
        Ok(_) => Err(AcmeError::Fault),
    }
}

/// How long a certificate is good for, before another one is wanted.
fn due_in(certificate: &Certificate) -> Duration {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let (Some(start), Some(end)) = (certificate.start(), certificate.end()) else {
        return Duration::MAX;
    };
    due(start, end).saturating_sub(now)
}

/// When a third of its time is left, since 1970.
fn due(start: u64, end: u64) -> Duration {
    Duration::from_secs(end - end.saturating_sub(start) / 3)
}

/// The wait after a failure that so many came before.
fn pause(before: u32) -> Duration {
    let doubled = limits::ACME_PAUSE.saturating_mul(2_u32.saturating_pow(before));
    doubled.min(limits::ACME_LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_certificate_is_wanted_when_a_third_of_its_time_is_left() {
        let day = 86_400;
        assert_eq!(due(0, 90 * day), Duration::from_secs(60 * day));
        assert_eq!(due(100 * day, 106 * day), Duration::from_secs(104 * day));
        assert_eq!(due(5, 3), Duration::from_secs(3));
    }

    #[test]
    fn a_failure_is_tried_again_later_each_time_and_twice_a_day_in_the_end() {
        let pauses: Vec<_> = (0..9).map(|before| pause(before).as_secs() / 60).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 720]);
        assert_eq!(pause(u32::MAX), limits::ACME_LONGEST_PAUSE);
    }
}
