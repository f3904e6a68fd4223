//! Waiting for what a terminal brings, with a way to be woken.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// Wakes who waits.
#[derive(Debug)]
pub(crate) struct Waker(UnixStream);

/// Who waits.
#[derive(Debug)]
pub(crate) struct Waiter(UnixStream);

/// What a wait came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ready {
    /// There is something to read.
    Input,
    /// The other end of the terminal is closed.
    HungUp,
    /// The waker was used.
    Woken,
    /// Nothing, for so long.
    Nothing,
}

/// A waiter and what wakes it.
///
/// # Errors
/// Those of the system.
pub(crate) fn waiter() -> io::Result<(Waker, Waiter)> {
    let (waker, waiter) = UnixStream::pair()?;
    waker.set_nonblocking(true)?;
    waiter.set_nonblocking(true)?;
    Ok((Waker(waker), Waiter(waiter)))
}

impl Waker {
    /// Wakes the waiter, now or the next time.
    pub(crate) fn wake(&self) {
        // Full: it will wake up anyway.
        let _ = (&self.0).write(&[0]);
    }
}

impl Waiter {
    /// Waits until standard input has something, if that is wanted, or is closed; for so long, or for ever.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn wait(&self, input: bool, patience: Option<Duration>) -> io::Result<Ready> {
        let stdin = io::stdin();
        let wanted = if input { PollFlags::IN } else { PollFlags::empty() };
        let mut watched = [PollFd::new(&stdin, wanted), PollFd::new(&self.0, PollFlags::IN)];
        let patience = patience.and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut watched, patience.as_ref()) {
            // As if it had been woken: whoever waits looks again what it wants.
            Err(Errno::INTR) => return Ok(Ready::Woken),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let (terminal, waker) = (watched[0].revents(), watched[1].revents());
        Ok(if !waker.is_empty() {
            // All of what woke us.
            while matches!((&self.0).read(&mut [0; 64]), Ok(64)) {}
            Ready::Woken
        } else if terminal.contains(PollFlags::IN) {
            Ready::Input
        } else if !terminal.is_empty() {
            Ready::HungUp
        } else {
            Ready::Nothing
        })
    }
}
