//! A relay: bound to an address, then run until it is told to end.

use std::{
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use socket2::{Domain, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::Interval,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    admin::invite::{self, Public, Scheme},
    admin::metrics,
    admin::refusals::Refusals,
    admin::systemd::{Manager, Sockets},
    channel::session::Session,
    clock::Day,
    config::{error::OptionError, options::Options},
    hub::{Admission, Hub},
    limits,
    net::acme,
    net::client_addr::Source,
    net::tls::Tls,
    net::upgrade,
    net::{certificate::CertificateError, descriptors},
    socket::{self, Close},
    store::{self, Store, StoreError},
};

/// Why a relay cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An option cannot be.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// There is no certificate to show.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// What was asked for.
        addr: SocketAddr,
        /// What the system said; [`io::ErrorKind::AddrInUse`] when another process has it.
        source: io::Error,
    },
    /// The unit of the service manager is in the way: a sentence.
    #[error("{0}")]
    Unit(String),
    /// The room database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
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
pub struct Relay {
    listener: TcpListener,
    local_addr: SocketAddr,
    hub: Arc<Hub>,
    /// Until all is written.
    store: Option<Store>,
    /// Where figures are to be had.
    metrics: Option<TcpListener>,
    tls: Option<Arc<Tls>>,
    public: Option<Public>,
    scheme: Scheme,
    manager: Manager,
    /// Who is told that it cannot connect takes a descriptor as well.
    turned_away: Arc<Semaphore>,
}

impl Relay {
    /// Checks the options and takes the address. Connections wait from now on, and are served by [`run`](Self::run).
    ///
    /// Call it within a Tokio runtime.
    ///
    /// # Errors
    /// [`BindError`] when an option cannot be, the address cannot be listened on, or the room database cannot be used.
    pub async fn bind(options: Options) -> Result<Self, BindError> {
        Self::bind_under(Manager::default(), Sockets::default(), options).await
    }

    /// The same under a service manager, with what sockets it has instead of the addresses of the options.
    ///
    /// # Errors
    /// [`BindError`], as [`bind`](Self::bind).
    pub async fn bind_under(manager: Manager, sockets: Sockets, options: Options) -> Result<Self, BindError> {
        options.check()?;
        let tls = Tls::new(&options.tls)?.map(Arc::new);
        let addr = options.listen;
        let cannot = |source| BindError::Listen { addr, source };
        let listener = match sockets.relay {
            Some(given) => given,
            None => listen(addr).map_err(cannot)?,
        };
        let local_addr = listener.local_addr().map_err(cannot)?;
        if options.listens_elsewhere(local_addr) {
            tracing::warn!("--listen {addr} is ignored: the service manager's socket is {local_addr}");
        }
        let metrics = match (sockets.metrics, options.metrics) {
            (Some(given), Some(addr)) if given.local_addr().is_ok_and(|given| given != addr) => {
                tracing::warn!("--metrics {addr} is ignored: the service manager has a socket for it");
                Some(given)
            }
            (Some(given), _) => Some(given),
            (None, None) => None,
            (None, Some(addr)) => Some(listen(addr).map_err(|source| BindError::Listen { addr, source })?),
        };
        if let Some(shortage) = descriptors::shortage(options.max_connections) {
            tracing::warn!("{shortage}");
        }
        let (rooms, store) = store::open(&options)?;
        Ok(Self {
            listener,
            local_addr,
            hub: Arc::new(Hub::new(&options, rooms)),
            store,
            metrics,
            tls,
            scheme: options.scheme(),
            public: options.public(),
            manager,
            turned_away: Arc::new(Semaphore::new(limits::TURNED_AWAY)),
        })
    }

    /// The address and port that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Where figures are to be had, if anywhere.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// TLS, if this relay speaks it.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
    }

    /// The URLs to hand over to those who are to join, the best first.
    pub fn invites(&self) -> Vec<String> {
        let certificate = self.tls.as_ref().and_then(|tls| tls.certificate());
        invite::urls(
            self.scheme,
            self.local_addr,
            self.public.as_ref(),
            certificate.as_deref(),
        )
    }

    /// Serves until `shutdown`: then no connection is accepted any more, every socket is closed with 1012
    /// (service restart), and this returns within 10 s.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let connections = TaskTracker::new();
        if let Some(listener) = self.metrics.take() {
            let (shutdown, serving) = (
                shutdown.clone(),
                metrics::serve(listener, self.hub.clone(), self.tls.clone()),
            );
            tokio::spawn(async move { shutdown.run_until_cancelled(serving).await });
        }
        if let Some(tls) = self.tls.clone() {
            let (shutdown, renewing) = (shutdown.clone(), acme::keep_renewed(tls));
            tokio::spawn(async move { shutdown.run_until_cancelled(renewing).await });
        }
        let mut pulse = self.manager.pulse().map(tokio::time::interval);
        self.manager.ready();
        let mut look = tokio::time::interval(limits::CERTIFICATE_POLL);
        let mut sweep = tokio::time::interval(limits::SWEEP);
        let mut hour = tokio::time::interval(limits::REFUSALS);
        let mut refusals = Refusals::default();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                _ = look.tick() => if let Some(tls) = &self.tls {
                    tls.reload_if_changed();
                    tls.warn_of_end(Day::today());
                },
                () = next(&mut pulse) => self.give_sign_of_life(),
                _ = hour.tick() => self.tell_refusals(&mut refusals),
                _ = sweep.tick() => self.hub.rooms.sweep(Day::today()),
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.welcome(stream, peer.ip(), &connections, &shutdown),
                    Err(error) => survive(&error).await,
                },
            }
        }
        self.manager.stopping();
        self.tell_refusals(&mut refusals);
        drop(self.listener);
        self.hub.sockets.close_all(&Close::RESTART);
        connections.close();
        // Whatever is left after this ends with the process, or with its own limits.
        let _ = tokio::time::timeout(limits::GOODBYE, connections.wait()).await;
        // The same of what the disk does not take.
        let store = self.store;
        let written = tokio::task::spawn_blocking(move || drop(store));
        let _ = tokio::time::timeout(limits::LAST_WRITE, written).await;
    }

    /// Where it is called from the accept loop goes on; of the store it has to be asked.
    fn give_sign_of_life(&self) {
        let silence = (self.manager.pulse().unwrap_or_default()).max(limits::STORE_SILENCE);
        if self.store.as_ref().is_none_or(|store| store.answers(silence)) {
            self.manager.alive();
        } else {
            tracing::error!("the room database does not come to an end with a write");
        }
    }

    fn tell_refusals(&self, refusals: &mut Refusals) {
        if let Some(sums) = refusals.since_last(&self.hub.counters, self.hub.sockets.overflows()) {
            tracing::info!("refused within the last hour: {sums}");
        }
    }

    fn welcome(
        &self,
        stream: TcpStream,
        ip: IpAddr,
        connections: &TaskTracker,
        shutdown: &CancellationToken,
    ) {
        let source = self.hub.client_addrs.source(ip);
        let slot = (source == Source::Peer).then(|| self.hub.slots.of(ip));
        let tls = self.tls.as_ref().map(|tls| tls.acceptor());
        let admission = match Admission::take(&self.hub, slot) {
            Ok(admission) => admission,
            Err(why) => {
                self.hub.counters.turned_away(why);
                // Beyond those that are being turned away, others are cut without a word.
                if let Ok(turn) = self.turned_away.clone().try_acquire_owned() {
                    connections.spawn(async move {
                        upgrade::turn_away(stream, tls, why).await;
                        drop(turn);
                    });
                }
                return;
            }
        };
        let (tracker, shutdown) = (connections.clone(), shutdown.clone());
        connections.spawn(async move {
            let opened = tokio::select! {
                () = too_late(&shutdown) => return,
                opened = upgrade::open(&admission, stream, ip, tls) => opened,
            };
            if let Some((stream, first, slot)) = opened {
                let sockets = admission.hub.sockets.clone();
                let handler = Session::new(admission, slot);
                // A task of its own, so that the memory of the handshake is not kept.
                tracker.spawn(socket::serve(sockets, stream, first, slot.site().into(), handler));
            }
        });
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let listener = socket2::Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    if addr.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        listener.set_only_v6(false)?;
    }
    // A restarted relay must not wait for the old connections' last minutes.
    listener.set_reuse_address(true)?;
    listener.set_nonblocking(true)?;
    listener.bind(&addr.into())?;
    listener.listen(limits::BACKLOG)?;
    TcpListener::from_std(listener.into())
}

/// Some time after the shutdown, so that who is at the door is told to come back instead of being cut.
async fn too_late(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(limits::LAST_UPGRADE).await;
}

/// The next tick; never, if there is no interval.
async fn next(interval: &mut Option<Interval>) {
    match interval {
        Some(interval) => {
            interval.tick().await;
        }
        None => std::future::pending().await,
    }
}

/// An error of accept is one connection's, or the table of descriptors is full: neither ends a relay.
async fn survive(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        tracing::warn!(%error, "cannot accept connections for a moment");
        tokio::time::sleep(limits::FULL_TABLE_PAUSE).await;
    }
}
