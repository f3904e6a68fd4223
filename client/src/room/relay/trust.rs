//! Whom TLS trusts: one pinned key and nothing else, or what the system trusts. And, in sentences, whom not.

use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use webpki::EndEntityCert;

use crate::relay_url::pin::Pin;
use crate::room::RelayError;
use crate::visible::shortened;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Trusts what the system trusts.
pub(in crate::room) async fn system() -> Result<Arc<ClientConfig>, RelayError> {
    vouched(roots().await?)
}

/// Those who vouch for others, as the system has them.
pub(crate) async fn roots() -> Result<RootCertStore, RelayError> {
    let loaded = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs)
        .await
        .map_err(|error| RelayError::NoRoots(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    let (good, _) = roots.add_parsable_certificates(loaded.certs);
    if good == 0 {
        let why = loaded
            .errors
            .first()
            .map_or("there are none".to_owned(), ToString::to_string);
        return Err(RelayError::NoRoots(why));
    }
    Ok(roots)
}

/// For how many more days a chain of certificates, which is trusted now, will be: until the first of them ends. At
/// most ten years.
pub(crate) fn days_left(
    chain: &[CertificateDer<'_>],
    host: &ServerName<'_>,
    roots: RootCertStore,
) -> Option<u64> {
    const DAY: u64 = 86_400;
    let (own, others) = chain.split_first()?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .ok()?;
    let now = UnixTime::now().as_secs();
    let holds = |days: u64| {
        let then = UnixTime::since_unix_epoch(Duration::from_secs(now + days * DAY));
        verifier.verify_server_cert(own, others, host, &[], then).is_ok()
    };
    // The last day on which it holds, and a later one.
    let (mut held, mut ended) = (0, 3650);
    while ended - held > 1 {
        let middle = u64::midpoint(held, ended);
        if holds(middle) {
            held = middle;
        } else {
            ended = middle;
        }
    }
    Some(held)
}

/// Trusts whom one of these vouches for.
pub(in crate::room) fn vouched(roots: RootCertStore) -> Result<Arc<ClientConfig>, RelayError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| RelayError::NoRoots(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(unlinkable(config))
}

/// Trusts one key and nothing else: no name, no date, nobody who vouches for another.
pub(in crate::room) fn pinned(pin: Pin) -> Result<Arc<ClientConfig>, RelayError> {
    let provider = provider();
    let verifier = Arc::new(OneKey {
        pin,
        provider: provider.clone(),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| RelayError::NoRoots(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(unlinkable(config))
}

/// Without tickets, by which a relay could tell that two connections are of one client.
fn unlinkable(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.resumption = rustls::client::Resumption::disabled();
    Arc::new(config)
}

/// Accepts whoever proves to have the pinned key.
#[derive(Debug)]
struct OneKey {
    pin: Pin,
    provider: Arc<CryptoProvider>,
}

/// The key is another one.
#[derive(Debug)]
struct WrongKey;

impl fmt::Display for WrongKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "its key is not the one that the invite pins. Either the relay was given a new key, and its operator \
             has a new invite, or somebody stands between you and the relay. Nothing was sent",
        )
    }
}

impl std::error::Error for WrongKey {}

impl ServerCertVerifier for OneKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate =
            EndEntityCert::try_from(end_entity).map_err(|_| Error::from(CertificateError::BadEncoding))?;
        if Pin::of(certificate.subject_public_key_info().as_ref()) == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::Other(OtherError(Arc::new(WrongKey))).into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Why TLS came to nothing, if it was TLS.
pub(crate) fn refusal(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidMessage(_) => {
            "the other side does not speak TLS; then its URL begins with ws://".to_owned()
        }
        Error::InvalidCertificate(why) => untrusted(why),
        other => shortened(&other.to_string(), 200),
    })
}

fn untrusted(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired; its operator has to renew it (or is the clock here wrong?)"
                .to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is the clock here wrong?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another host; is the name in the URL right?".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "its certificate is signed by nobody whom this system trusts; the invite \
                                            of a relay that makes its own has #pin=…, was all of it copied?"
                .to_owned()
        }
        CertificateError::Other(OtherError(other)) if other.is::<WrongKey>() => other.to_string(),
        other => shortened(&Error::from(other.clone()).to_string(), 200),
    }
}

#[cfg(test)]
mod tests;
