//! The room against relays made by hand, each on a port of its own.

mod fake;
mod first;
mod later;
mod peer;
mod slow;

use std::time::Duration;

use sotto_protocol::{Name, Root};
use tokio::time::timeout;

use super::{Keeping, RelayError, Room, RoomConfig, Timing, Update, Updates};

/// Every wait of a test ends here: far beyond what any needs.
const LIMIT: Duration = Duration::from_secs(20);

/// Waits short enough for tests, and long enough for a busy machine.
fn quick() -> Timing {
    Timing {
        connect: Duration::from_secs(5),
        upgrade: Duration::from_secs(5),
        join: Duration::from_secs(5),
        tick: Duration::from_millis(50),
        retry_min: Duration::from_millis(20),
        retry_max: Duration::from_millis(100),
        busy_min: Duration::from_millis(30),
        ..Timing::default()
    }
}

fn open(url: &str, timing: Timing) -> (Room, Updates) {
    Room::open(RoomConfig {
        address: url.parse().unwrap(),
        root: Root::from_bytes([7; 32]),
        name: Name::new("anna").unwrap(),
        remember: None,
        recorder: None,
        timing,
        keeping: Keeping::default(),
    })
}

/// The next update that is wanted; others before it are let pass.
async fn until<T>(updates: &mut Updates, mut wanted: impl FnMut(&Update) -> Option<T>) -> T {
    let mut before = Vec::new();
    loop {
        match timeout(LIMIT, updates.next()).await {
            Ok(Some(update)) => match wanted(&update) {
                Some(found) => return found,
                None => before.push(update),
            },
            Ok(None) => panic!("the room ended after {before:?}"),
            Err(_) => panic!("nothing came after {before:?}"),
        }
    }
}

async fn joined(updates: &mut Updates) {
    until(updates, |update| matches!(update, Update::Joined).then_some(())).await;
}

async fn reconnecting(updates: &mut Updates) -> RelayError {
    until(updates, |update| match update {
        Update::Reconnecting { why, .. } => Some(why.clone()),
        _ => None,
    })
    .await
}

async fn failed(updates: &mut Updates) -> RelayError {
    let why = until(updates, |update| match update {
        Update::Failed(why) => Some(why.clone()),
        _ => None,
    })
    .await;
    assert!(updates.next().await.is_none(), "a failure is the last update");
    why
}
