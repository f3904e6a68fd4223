//! Requests to the authority: one connection each, over TLS, with limits on time and size.

use std::{
    error::Error as StdError,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use hickory_resolver::TokioResolver;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, StatusCode, Uri,
    client::conn::http1,
    header::{HOST, HeaderValue, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use crate::limits;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpsError {
    #[error(
        "this system has no certificates of authorities by which to know {host} (Debian: apt install ca-certificates)"
    )]
    NoRoots { host: String },
    #[error("{0} is no URL that begins with https://")]
    NotHttps(Uri),
    #[error("cannot reach {host}: {source}")]
    Reach { host: String, source: io::Error },
    #[error("cannot speak with {host}: {why}")]
    Speak {
        host: String,
        why: Box<dyn StdError + Send + Sync>,
    },
    #[error("{host} does not answer")]
    Silent { host: String },
}

/// Seconds that the authority wants not to be asked again.
#[derive(Debug, Clone, Default)]
pub(super) struct RetryAfter(Arc<AtomicU64>);

impl RetryAfter {
    /// Those of the last answer that had some.
    pub(super) fn seconds(&self) -> u64 {
        self.0.load(Relaxed)
    }

    fn hear(&self, response: &Response<Full<Bytes>>) {
        let is_refusal =
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&response.status());
        let said = response.headers().get(RETRY_AFTER).filter(|_| is_refusal);
        if let Some(seconds) = said.and_then(|said| said.to_str().ok()?.trim().parse().ok()) {
            self.0.store(seconds, Relaxed);
        }
    }
}

/// What speaks with the authority.
pub(super) struct Https {
    tls: Arc<ClientConfig>,
    has_roots: bool,
    retry_after: RetryAfter,
}

impl Https {
    /// With the authorities that this system trusts: it reads their files.
    pub(super) fn new(retry_after: RetryAfter) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        // What of the system's files is of no use changes nothing, as long as something is.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let has_roots = !roots.is_empty();
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: Arc::new(tls),
            has_roots,
            retry_after,
        })
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let (tls, has_roots, retry_after) = (self.tls.clone(), self.has_roots, self.retry_after.clone());
        Box::pin(async move {
            let host = request.uri().host().unwrap_or_default().to_owned();
            let asked = match has_roots {
                true => timeout(limits::ACME_REQUEST, ask(request, &host, tls)).await,
                false => Ok(Err(HttpsError::NoRoots { host: host.clone() })),
            };
            let answered = asked.unwrap_or(Err(HttpsError::Silent { host }));
            let response = answered.map_err(|error| Error::Other(error.into()))?;
            retry_after.hear(&response);
            Ok(response.into())
        })
    }
}

async fn ask(
    mut request: Request<BodyWrapper<Bytes>>,
    host: &str,
    tls: Arc<ClientConfig>,
) -> Result<Response<Full<Bytes>>, HttpsError> {
    let url = request.uri().clone();
    let no_url = || HttpsError::NotHttps(url.clone());
    if url.scheme_str() != Some("https") {
        return Err(no_url());
    }
    let authority = url.authority().ok_or_else(no_url)?;
    let bare = host.trim_matches(['[', ']']);
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| no_url())?;
    let header = HeaderValue::from_str(authority.as_str()).map_err(|_| no_url())?;
    request.headers_mut().insert(HOST, header);
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().map_err(|_| no_url())?;

    let reach = |source| HttpsError::Reach {
        host: host.to_owned(),
        source,
    };
    let stream = connect(bare, url.port_u16().unwrap_or(443))
        .await
        .map_err(reach)?;
    let stream = TlsConnector::from(tls)
        .connect(name, stream)
        .await
        .map_err(reach)?;
    let (mut sender, connection) =
        (http1::handshake(TokioIo::new(stream)).await).map_err(|error| speak(host, error))?;
    let asked = async {
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| speak(host, error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limits::ACME_ANSWER).collect().await;
        let body = body.map_err(|why| HttpsError::Speak {
            host: host.to_owned(),
            why,
        })?;
        Ok(Response::from_parts(parts, Full::new(body.to_bytes())))
    };
    tokio::pin!(asked);
    tokio::select! {
        answered = &mut asked => answered,
        // What it brought before its end is still there.
        _ = connection => asked.await,
    }
}

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let found = addresses(host).await?;
    let found: Vec<SocketAddr> = found.into_iter().map(|ip| (ip, port).into()).collect();
    TcpStream::connect(&found[..]).await
}

/// Asks for a name by itself: the system's way loads what the machine has for it into this process, and a static one does
/// not survive that where the machine's C library is another.
async fn addresses(host: &str) -> io::Result<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
    let found = resolver.map_err(io::Error::other)?.lookup_ip(host).await;
    Ok(found.map_err(io::Error::other)?.iter().collect())
}

fn speak(host: &str, error: hyper::Error) -> HttpsError {
    HttpsError::Speak {
        host: host.to_owned(),
        why: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_itself_and_a_name_is_looked_up() {
        for (host, found) in [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1")] {
            assert_eq!(addresses(host).await.unwrap(), [found.parse::<IpAddr>().unwrap()]);
        }
        assert!(
            addresses("localhost")
                .await
                .unwrap()
                .iter()
                .all(IpAddr::is_loopback)
        );
    }
}
