//! Signals that ask the process to end: Ctrl-C, `kill`, a terminal that was closed.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

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
                // Full or closed: nothing more to say.
                let _ = sender.try_send(());
            }
        });
    }
    Ok(receiver)
}
