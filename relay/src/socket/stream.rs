//! The socket itself.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
#[cfg(target_os = "linux")]
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

/// What the kernel may keep for one reader, in bytes: two of the largest envelopes in flight, and no more than that
/// for one that has stopped.
const SEND_BUFFER: usize = 256 * 1024;

/// How long the kernel waits for a peer to acknowledge.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Where an [`Outbound`](super::Outbound) writes.
pub trait Writer: Send {
    /// Writes what goes without waiting, from whatever task. Where that is not possible: `WouldBlock`, always.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes some of it, or has the task woken when more can be written.
    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;

    /// Nothing more will be written: what was is sent, and then the peer reads the end.
    fn shut_down(&mut self);

    /// Drop will reset the connection.
    fn reset_on_drop(&mut self);
}

impl Writer for OwnedWriteHalf {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        OwnedWriteHalf::try_write(self, bytes)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(self).poll_write_vectored(cx, slices)
    }

    fn shut_down(&mut self) {
        // Fails only when there is no connection any more.
        let _ = SockRef::from(self.as_ref()).shutdown(std::net::Shutdown::Write);
    }

    fn reset_on_drop(&mut self) {
        let _ = self.as_ref().set_zero_linger();
    }
}

/// Sets what every connection needs: small frames leave at once, and a peer that is gone is found out.
pub(super) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    Ok(())
}
