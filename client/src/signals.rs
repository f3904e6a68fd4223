//! Signals that ask the process to end: Ctrl-C, `kill`, a terminal that was closed.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// So long after [`ignore_interrupts`] a SIGINT is still ignored: the one that ended another program may reach us
/// after its end does.
const LATE: Duration = Duration::from_millis(200);

/// How many want SIGINT to be ignored.
static IGNORING: AtomicUsize = AtomicUsize::new(0);

/// Brings one `()` for each signal that asks to end, from now on. Has to be called inside a Tokio runtime.
///
/// # Errors
/// Those of the system.
pub fn listen() -> io::Result<mpsc::Receiver<()>> {
    // Room for one: a second signal while the first is unread says no more than the first.
    let (sender, receiver) = mpsc::channel(1);
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let mut signals = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if kind == SignalKind::interrupt() && IGNORING.load(Ordering::SeqCst) > 0 {
                    continue;
                }
                // Full or closed: nothing more to say.
                let _ = sender.try_send(());
            }
        });
    }
    Ok(receiver)
}

/// Ctrl-C is another program's affair until what this gives is dropped. It is in our process group, where a Ctrl-Z
/// stops both of us, and so gets our signals. Has to be called and dropped inside a Tokio runtime.
#[must_use]
pub fn ignore_interrupts() -> Ignoring {
    IGNORING.fetch_add(1, Ordering::SeqCst);
    Ignoring(())
}

/// SIGINT is ignored until this is dropped.
#[derive(Debug)]
pub struct Ignoring(());

impl Drop for Ignoring {
    fn drop(&mut self) {
        tokio::spawn(async {
            sleep(LATE).await;
            IGNORING.fetch_sub(1, Ordering::SeqCst);
        });
    }
}
