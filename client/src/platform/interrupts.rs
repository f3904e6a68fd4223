//! Whose affair a Ctrl-C is: ours, or that of another program which has the terminal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::sleep;

/// So long after the other program's end a Ctrl-C is still ignored: the one that ended it may reach us later.
const LATE: Duration = Duration::from_millis(200);

/// How many want it to be ignored.
static IGNORING: AtomicUsize = AtomicUsize::new(0);

/// A Ctrl-C is ignored until this is dropped.
#[derive(Debug)]
pub(crate) struct Ignoring(());

/// A Ctrl-C is another program's affair until what this gives is dropped. That program is in our process group, where a
/// Ctrl-Z stops both of us, and so gets our signals. Has to be called and dropped inside a Tokio runtime.
#[must_use]
pub(crate) fn ignore() -> Ignoring {
    IGNORING.fetch_add(1, Ordering::SeqCst);
    Ignoring(())
}

/// Whether a Ctrl-C is another program's affair.
pub(crate) fn are_ignored() -> bool {
    IGNORING.load(Ordering::SeqCst) > 0
}

impl Drop for Ignoring {
    fn drop(&mut self) {
        tokio::spawn(async {
            sleep(LATE).await;
            IGNORING.fetch_sub(1, Ordering::SeqCst);
        });
    }
}
