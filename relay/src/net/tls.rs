//! TLS on the relay's own port.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use clap::Args;
use rustls::{
    ServerConfig,
    crypto::ring,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use crate::clock::Day;
use crate::net::certificate::{self, Certificate, CertificateError};

/// Where a relay's certificate comes from. Without any of it the relay speaks plain `ws://`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_line_help = true)]
pub struct TlsOptions {
    /// Speak TLS with this certificate and what vouches for it, in PEM; read again when it changes [default: none]
    #[arg(long, env = "SOTTO_RELAY_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, in PEM [default: none]
    #[arg(long, env = "SOTTO_RELAY_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Speak TLS with a key that is made once and kept here; invites pin it, so that no domain is needed [default: none]
    #[arg(long, env = "SOTTO_RELAY_TLS_SELF_SIGNED", value_name = "DIR")]
    pub tls_self_signed: Option<PathBuf>,
}

impl TlsOptions {
    /// The certificate that they name, if any.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate>, CertificateError> {
        match (&self.tls_cert, &self.tls_key, &self.tls_self_signed) {
            (Some(certificate), Some(key), _) => Certificate::load(certificate, key).map(Some),
            (_, _, Some(directory)) => Certificate::self_signed(directory).map(Some),
            _ => Ok(None),
        }
    }

    /// The file of the key, if any.
    pub(crate) fn key_file(&self) -> Option<PathBuf> {
        let own = self.tls_self_signed.as_deref().map(certificate::own_key);
        self.tls_key.clone().or(own)
    }
}

/// TLS with a certificate that can be replaced while connections go on.
pub struct Tls {
    options: TlsOptions,
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    /// Of the files as they were looked at last.
    stamps: Mutex<Stamps>,
    /// When its end was warned of last.
    warned: Mutex<Option<Day>>,
}

impl Tls {
    /// As the options say; `None` without TLS.
    pub(crate) fn new(options: &TlsOptions) -> Result<Option<Self>, CertificateError> {
        let stamps = Stamps::of(options);
        let Some(certificate) = options.certificate()? else {
            return Ok(None);
        };
        warn_of_readers(options);
        let shown = Arc::new(Shown(RwLock::new(Arc::new(certificate))));
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| CertificateError::Unusable {
                path: options.key_file().unwrap_or_default(),
                why: error.to_string(),
            })?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A ticket would tell one connection of a client by another.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Some(Self {
            options: options.clone(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            shown,
            stamps: Mutex::new(stamps),
            warned: Mutex::default(),
        }))
    }

    /// What a handshake needs.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// The certificate that new connections are shown.
    pub fn certificate(&self) -> Arc<Certificate> {
        self.shown.get()
    }

    /// Reads the files again. What cannot be used changes nothing: the old certificate goes on. A relay's log says
    /// what happened; nobody is disconnected.
    pub fn reload(&self) {
        *self.stamps.lock().unwrap_or_else(PoisonError::into_inner) = Stamps::of(&self.options);
        match self.options.certificate() {
            Ok(Some(certificate)) => {
                warn_of_readers(&self.options);
                *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificate);
                tracing::info!("the certificate was read again");
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("{error}; the certificate that was read before stays in use"),
        }
    }

    /// Warns of its end, once a day.
    pub(crate) fn warn_of_end(&self, today: Day) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.replace(today) != Some(today)
            && let Some(warning) = self.certificate().warning(today)
        {
            tracing::warn!("{warning}");
        }
    }

    /// Reads the files again if they have changed since they were read.
    pub(crate) fn reload_if_changed(&self) {
        if *self.stamps.lock().unwrap_or_else(PoisonError::into_inner) != Stamps::of(&self.options) {
            self.reload();
        }
    }
}

fn warn_of_readers(options: &TlsOptions) {
    if let Some(key) = options.key_file()
        && certificate::is_readable_by_all(&key)
    {
        let key = key.display();
        tracing::warn!("everybody on this machine can read the key in {key}: chmod o-r {key}");
    }
}

/// The certificate that is shown now.
#[derive(Debug)]
struct Shown(RwLock<Arc<Certificate>>);

impl Shown {
    fn get(&self) -> Arc<Certificate> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get().key())
    }
}

/// By what two states of the files are told apart.
#[derive(Debug, PartialEq, Eq)]
struct Stamps([Option<(u64, u64, i64, i64)>; 2]);

impl Stamps {
    fn of(options: &TlsOptions) -> Self {
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((
                metadata.ino(),
                metadata.len(),
                metadata.mtime(),
                metadata.mtime_nsec(),
            ))
        };
        // A key of our own is for ever.
        Self([&options.tls_cert, &options.tls_key].map(|path| path.as_deref().and_then(stamp)))
    }
}
