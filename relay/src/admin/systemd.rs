//! The service manager, if one started this process: it holds the sockets, and is told how the relay is.
//!
//! The words are those of systemd, which others speak as well: `LISTEN_FDS` of sd_listen_fds(3), `NOTIFY_SOCKET` and
//! `WATCHDOG_USEC` of sd_notify(3). A socket that the manager holds outlives the relay, so that connections wait with
//! it while one relay ends and the next begins.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use sd_notify::NotifyState;
use tokio::net::TcpListener;

/// The name of the socket for clients: `FileDescriptorName=` of its unit.
const RELAY: &str = "relay";
/// The name of the socket for figures.
const METRICS: &str = "metrics";

/// Why what the service manager gave cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// What it says of them in the environment makes no sense.
    #[error("the service manager's sockets cannot be had: {0}")]
    Environment(#[source] io::Error),
    /// The name of a socket says what it is for.
    #[error(
        "the service manager's socket {0:?} is neither relay nor metrics: see FileDescriptorName= of its unit"
    )]
    Name(String),
    /// Each is one socket: for IPv6 and IPv4 there is `ListenStream=[::]:4000` with `BindIPv6Only=both`.
    #[error("the service manager has two sockets for {0}: one is enough")]
    Twice(String),
    /// It is not what connections are accepted from.
    #[error("the service manager's socket {0:?} is no TCP socket that listens")]
    Kind(String),
    /// The system does not let us use it.
    #[error("the service manager's socket {name:?} cannot be used: {source}")]
    Socket {
        /// Its name.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The sockets that the service manager holds for this process. By default there are none.
#[derive(Debug, Default)]
pub struct Sockets {
    /// For clients.
    pub(crate) relay: Option<TcpListener>,
    /// For figures.
    pub(crate) metrics: Option<TcpListener>,
}

impl Sockets {
    /// Takes those of this process's environment, once: another time there are none.
    ///
    /// Call it within a Tokio runtime.
    ///
    /// # Errors
    /// [`ServiceError`] when one of them is not for us.
    pub fn take() -> Result<Self, ServiceError> {
        static TAKEN: AtomicBool = AtomicBool::new(false);

        let mut sockets = Self::default();
        if TAKEN.swap(true, Relaxed) {
            return Ok(sockets);
        }
        // Of another process there would be names but no descriptors, which is taken for an error.
        if sd_notify::listen_fds().map_err(ServiceError::Environment)?.len() == 0 {
            return Ok(sockets);
        }
        for (descriptor, name) in sd_notify::listen_fds_with_names().map_err(ServiceError::Environment)? {
            // SAFETY: the environment says that this descriptor was opened for us; nobody else in this process knows
            // of it, and TAKEN lets nobody come here again.
            #[allow(unsafe_code)]
            let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
            let place = match name.as_str() {
                RELAY => &mut sockets.relay,
                METRICS => &mut sockets.metrics,
                _ => return Err(ServiceError::Name(name)),
            };
            if place.is_some() {
                return Err(ServiceError::Twice(name));
            }
            *place = Some(listener(descriptor, name)?);
        }
        Ok(sockets)
    }

    /// Whether there is one for clients.
    pub fn has_relays(&self) -> bool {
        self.relay.is_some()
    }
}

fn listener(descriptor: OwnedFd, name: String) -> Result<TcpListener, ServiceError> {
    let socket = socket2::Socket::from(descriptor);
    let is_tcp = socket.local_addr().is_ok_and(|addr| addr.as_socket().is_some());
    if !is_tcp || !socket.is_listener().unwrap_or(false) {
        return Err(ServiceError::Kind(name));
    }
    (socket.set_nonblocking(true))
        .and_then(|()| TcpListener::from_std(socket.into()))
        .map_err(|source| ServiceError::Socket { name, source })
}

/// Tells the service manager how the relay is. By default nobody wants to know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manager {
    listens: bool,
    watchdog: Option<Duration>,
}

impl Manager {
    /// That of this process's environment, if any.
    pub fn of_this_process() -> Self {
        Self {
            listens: true,
            watchdog: sd_notify::watchdog_enabled(),
        }
    }

    /// How often it wants a sign of life: half of the time without one after which it ends the relay.
    pub(crate) fn pulse(&self) -> Option<Duration> {
        // An interval of zero is none.
        self.watchdog
            .map(|longest| (longest / 2).max(Duration::from_millis(1)))
    }

    /// The relay accepts connections.
    pub(crate) fn ready(&self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// A sign of life.
    pub(crate) fn alive(&self) {
        self.tell(&[NotifyState::Watchdog]);
    }

    /// The relay ends, and lets its connections go.
    pub(crate) fn stopping(&self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// Reads something again, which takes as long as `reload`.
    pub fn around_reload(&self, reload: impl FnOnce()) {
        // Without the time systemd 253 and later take a reload for failed.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell(&[NotifyState::Reloading, now]),
            Err(error) => tracing::warn!(%error, "cannot tell the service manager of a reload"),
        }
        reload();
        self.ready();
    }

    fn tell(&self, state: &[NotifyState<'_>]) {
        if self.listens
            && let Err(error) = sd_notify::notify(state)
        {
            tracing::warn!(%error, "cannot tell the service manager how the relay is");
        }
    }
}
