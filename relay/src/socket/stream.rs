//! The socket itself: TCP as it is, or TLS over it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
#[cfg(target_os = "linux")]
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_rustls::server::TlsStream;

/// What the kernel may keep for one reader, in bytes: two of the largest envelopes in flight, and no more than that
/// for one that has stopped.
const SEND_BUFFER: usize = 256 * 1024;

/// How long the kernel waits for a peer to acknowledge.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// How much TLS may keep of what the kernel does not take, in bytes: one record of the largest size.
pub(super) const KEPT: usize = 16 * 1024;

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// After the TLS handshake.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// TLS after its handshake.
    pub(crate) fn tls(mut stream: TlsStream<TcpStream>) -> Self {
        stream.get_mut().1.set_buffer_limit(Some(KEPT));
        Self::Tls(Box::new(stream))
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// Sets what every connection needs: small frames leave at once, and a peer that is gone is found out.
    pub(super) fn prepare(&self) -> io::Result<()> {
        let tcp = self.tcp();
        tcp.set_nodelay(true)?;
        let socket = SockRef::from(tcp);
        socket.set_send_buffer_size(SEND_BUFFER)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
        Ok(())
    }

    /// Both directions, to be owned apart.
    pub(super) fn into_split(self) -> (ReadHalf, WriteHalf) {
        match self {
            Self::Plain(tcp) => {
                let (read, write) = tcp.into_split();
                (ReadHalf::Plain(read), WriteHalf::Plain(write))
            }
            Self::Tls(tls) => {
                let shared = Arc::new(Mutex::new(*tls));
                (ReadHalf::Tls(Arc::clone(&shared)), WriteHalf::Tls(shared))
            }
        }
    }
}

impl From<TcpStream> for Stream {
    fn from(tcp: TcpStream) -> Self {
        Self::Plain(tcp)
    }
}

/// For the handshake before frames are spoken.
impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// Both directions of TLS are one state. Only the connection's own task reads and writes it, so nobody waits here.
type SharedTls = Arc<Mutex<TlsStream<TcpStream>>>;

fn lock(tls: &SharedTls) -> MutexGuard<'_, TlsStream<TcpStream>> {
    tls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The reading side of a [`Stream`].
#[derive(Debug)]
pub(super) enum ReadHalf {
    /// Of TCP: a short read has emptied the socket, which spares the next one.
    Plain(OwnedReadHalf),
    /// Of TLS.
    Tls(SharedTls),
}

impl AsyncRead for ReadHalf {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(&mut *lock(tls)).poll_read(cx, buf),
        }
    }
}

/// The writing side of a [`Stream`].
#[derive(Debug)]
pub(crate) enum WriteHalf {
    /// Of TCP.
    Plain(OwnedWriteHalf),
    /// Of TLS, where nothing is written through: sealing is the work of the connection's own task.
    Tls(SharedTls),
}

/// Where an [`Outbound`](super::Outbound) writes.
pub(crate) trait Writer: Send {
    /// Writes what goes without waiting, from whatever task. Where that is not possible: `WouldBlock`, always.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes some of it, or has the task woken when more can be written.
    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;

    /// Hands on what was written and is still kept here ([`KEPT`] at most), or has the task woken when it can be.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Nothing more will be written: what was is sent, and then the peer reads the end.
    fn shut_down(&mut self);

    /// Drop will reset the connection.
    fn reset_on_drop(&mut self);
}

impl Writer for WriteHalf {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => OwnedWriteHalf::try_write(tcp, bytes),
            Self::Tls(_) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Self::Tls(tls) => Pin::new(&mut *lock(tls)).poll_write_vectored(cx, slices),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            // The kernel has it already.
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(tls) => Pin::new(&mut *lock(tls)).poll_flush(cx),
        }
    }

    fn shut_down(&mut self) {
        match self {
            // Fails only when there is no connection any more.
            Self::Plain(tcp) => drop(SockRef::from(tcp.as_ref()).shutdown(std::net::Shutdown::Write)),
            Self::Tls(tls) => {
                let mut tls = lock(tls);
                let (tcp, session) = tls.get_mut();
                session.send_close_notify();
                // Everything else has left: a few bytes that the kernel takes, or there is no connection any more.
                let _ = session.write_tls(&mut Now(tcp));
                let _ = SockRef::from(&*tcp).shutdown(std::net::Shutdown::Write);
            }
        }
    }

    fn reset_on_drop(&mut self) {
        let _ = match self {
            Self::Plain(tcp) => tcp.as_ref().set_zero_linger(),
            Self::Tls(tls) => lock(tls).get_ref().0.set_zero_linger(),
        };
    }
}

/// Writes what goes without waiting.
struct Now<'a>(&'a TcpStream);

impl io::Write for Now<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
