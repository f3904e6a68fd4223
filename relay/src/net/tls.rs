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
use crate::net::{
    acme::{self, AcmeOptions, state::State},
    certificate::{self, Certificate, CertificateError},
};

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

    /// A certificate that the relay gets by itself.
    #[command(flatten)]
    pub acme: AcmeOptions,
}

impl TlsOptions {
    /// Whether the relay speaks TLS.
    pub(crate) fn is_wanted(&self) -> bool {
        self.key_file().is_some()
    }

    /// The certificate that they name. One that the relay gets by itself may be yet to come.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate>, CertificateError> {
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            return Certificate::load(certificate, key).map(Some);
        }
        if let Some(directory) = &self.tls_self_signed {
            return Certificate::self_signed(directory).map(Some);
        }
        let state = self.acme.state();
        let file = state
            .as_ref()
            .map(State::certificate)
            .filter(|file| file.exists());
        file.map(|file| Certificate::load(file, file)).transpose()
    }

    /// The file of the key, if any.
    pub(crate) fn key_file(&self) -> Option<PathBuf> {
        let own = self.tls_self_signed.as_deref().map(certificate::own_key);
        self.tls_key.clone().or(own).or_else(|| self.acme_file())
    }

    fn acme_file(&self) -> Option<PathBuf> {
        self.acme.state().map(|state| state.certificate().to_owned())
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
        if !options.is_wanted() {
            return Ok(None);
        }
        let certificate = options.certificate()?.map(Arc::new);
        warn_of_readers(options);
        let shown = Arc::new(Shown {
            certificate: RwLock::new(certificate),
            proof: RwLock::default(),
        });
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
        if options.acme.acme.is_some() {
            config.alpn_protocols.push(acme::PROTOCOL.to_vec());
        }
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

    /// Where its certificate comes from.
    pub(super) fn options(&self) -> &TlsOptions {
        &self.options
    }

    /// What a handshake needs.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// The certificate that new connections are shown; `None` as long as the relay waits for its first.
    pub fn certificate(&self) -> Option<Arc<Certificate>> {
        let shown = self.shown.certificate.read();
        shown.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the authority that gives certificates is to find, while it looks.
    pub(super) fn show_proof(&self, proof: Option<Arc<CertifiedKey>>) {
        *self.shown.proof.write().unwrap_or_else(PoisonError::into_inner) = proof;
    }

    /// Reads the files again. What cannot be used changes nothing: the old certificate goes on. A relay's log says
    /// what happened; nobody is disconnected.
    pub fn reload(&self) {
        *self.stamps.lock().unwrap_or_else(PoisonError::into_inner) = Stamps::of(&self.options);
        match self.options.certificate() {
            Ok(Some(certificate)) => {
                warn_of_readers(&self.options);
                let mut shown = self
                    .shown
                    .certificate
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                *shown = Some(Arc::new(certificate));
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
            && let Some(warning) = self
                .certificate()
                .and_then(|certificate| certificate.warning(today))
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

/// What is shown now.
#[derive(Debug, Default)]
struct Shown {
    certificate: RwLock<Option<Arc<Certificate>>>,
    /// To the authority that gives certificates.
    proof: RwLock<Option<Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Only who looks for the proof is shown it (RFC 8737, 3).
        if hello
            .alpn()
            .is_some_and(|mut offered| offered.next() == Some(acme::PROTOCOL))
        {
            return self.proof.read().unwrap_or_else(PoisonError::into_inner).clone();
        }
        let shown = self.certificate.read().unwrap_or_else(PoisonError::into_inner);
        shown.as_ref().map(|certificate| certificate.key())
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
        let files = [
            options.tls_cert.clone().or_else(|| options.acme_file()),
            options.tls_key.clone(),
        ];
        Self(files.map(|path| path.as_deref().and_then(stamp)))
    }
}
