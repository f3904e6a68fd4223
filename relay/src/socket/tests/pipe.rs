//! A socket that takes as many bytes as a test says.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::socket::outbound::Lock;
use crate::socket::stream::Writer;

/// Where the bytes go.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    /// How many more bytes it takes.
    pub(super) room: usize,
    /// Whether the peer has broken the connection.
    pub(super) broken: bool,
    taken: Vec<u8>,
    /// Waits for room.
    writer: Option<Waker>,
    /// Waits until so many bytes were taken; not woken before.
    watcher: Option<(usize, Waker)>,
}

/// This end of it.
#[derive(Debug)]
pub(super) struct Socket<L>(Arc<L>);

impl<L> Clone for Socket<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L: Lock<Value = Pipe>> Socket<L> {
    pub(super) fn with_room(room: usize) -> Self {
        Self(Arc::new(L::new(Pipe {
            room,
            ..Pipe::default()
        })))
    }

    /// The peer reads, or breaks the connection.
    pub(super) fn change(&self, change: impl FnOnce(&mut Pipe)) {
        let waker = self.0.with(|pipe| {
            change(pipe);
            pipe.writer.take()
        });
        waker.into_iter().for_each(Waker::wake);
    }

    /// All that was taken.
    pub(super) fn taken(&self) -> Vec<u8> {
        self.0.with(|pipe| pipe.taken.clone())
    }

    /// Waits until `len` bytes were taken.
    pub(super) fn poll_taken(&self, cx: &mut Context<'_>, len: usize) -> Poll<()> {
        self.0.with(|pipe| {
            pipe.watcher = Some((len, cx.waker().clone()));
            if pipe.taken.len() >= len {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}

impl Pipe {
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let len = bytes.len().min(self.room);
        if len == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= len;
        self.taken.extend_from_slice(&bytes[..len]);
        if let Some((_, waker)) = self.watcher.take_if(|(len, _)| *len <= self.taken.len()) {
            waker.wake();
        }
        Ok(len)
    }
}

impl<L: Lock<Value = Pipe> + Send + Sync> Writer for Socket<L> {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.with(|pipe| pipe.take(bytes))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.0.with(|pipe| match pipe.take(&bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                pipe.writer = Some(cx.waker().clone());
                Poll::Pending
            }
            result => Poll::Ready(result),
        })
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn shut_down(&mut self) {}

    fn reset_on_drop(&mut self) {}
}
