//! `sotto-relay health`: whether a relay answers that it is well, for whoever can do no more than start a program.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use hyper::Uri;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{config::options::Options, limits, net::client_addr::ClientAddrs, net::client_addr::Source};

/// Bytes of the first line of the answer, and more than it has.
const ANSWER: u64 = 64;
/// What the PROXY protocol has for who speaks for itself.
const HEADER: &[u8] = b"PROXY UNKNOWN\r\n";

/// Where to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// One after the other, until one takes the connection.
    addresses: Vec<SocketAddr>,
    is_secure: bool,
    /// Connections from here begin with the header of a proxy.
    is_proxied: bool,
}

/// Why it is not well.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// Nobody can ask there.
    #[error(transparent)]
    Place(#[from] NotAPlace),
    /// The system gives us nothing to ask with.
    #[error("cannot ask: {0}")]
    Runtime(#[source] io::Error),
    /// Nobody answers, or not as a relay.
    #[error("no relay answers at {place}: {source}")]
    Unreachable {
        /// Where it was asked.
        place: Place,
        /// What the system said.
        source: io::Error,
    },
    /// It answers something else.
    #[error("the relay at {place} is not well: it answers {answer:?}")]
    Unwell {
        /// Where it was asked.
        place: Place,
        /// The first line.
        answer: String,
    },
}

/// Not what a relay can be asked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a URL with an address, as names are not looked up: https://192.0.2.1:4000 or http://localhost:4000")]
pub struct NotAPlace;

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let url: Uri = text.parse().map_err(|_| NotAPlace)?;
        let (is_secure, usual) = match url.scheme_str() {
            Some("http" | "ws") => (false, 80),
            Some("https" | "wss") => (true, 443),
            _ => return Err(NotAPlace),
        };
        let port = url.port_u16().unwrap_or(usual);
        let addresses = match url.host() {
            Some("localhost") => of_this_machine(port),
            Some(host) => {
                let address: IpAddr = (host.trim_matches(['[', ']']).parse()).map_err(|_| NotAPlace)?;
                vec![(address, port).into()]
            }
            None => return Err(NotAPlace),
        };
        Ok(Self {
            addresses,
            is_secure,
            is_proxied: false,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        // There is always one.
        let first = self
            .addresses
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        write!(f, "{scheme}://{first}")
    }
}

fn of_this_machine(port: u16) -> Vec<SocketAddr> {
    vec![
        (Ipv4Addr::LOCALHOST, port).into(),
        (Ipv6Addr::LOCALHOST, port).into(),
    ]
}

impl Place {
    /// Where a relay with these options listens.
    ///
    /// # Errors
    /// [`NotAPlace`] for one that picks its port itself.
    pub fn of(options: &Options) -> Result<Self, NotAPlace> {
        let listening = options.listen;
        let addresses = match (listening.port(), listening.ip().is_unspecified()) {
            (0, _) => return Err(NotAPlace),
            (port, true) => of_this_machine(port),
            (_, false) => vec![listening],
        };
        let source = |address: &SocketAddr| ClientAddrs::new(&options.proxy).source(address.ip());
        Ok(Self {
            is_proxied: addresses
                .iter()
                .any(|address| source(address) == Source::ProxyHeader),
            is_secure: options.tls.key_file().is_some(),
            addresses,
        })
    }

    /// Asks.
    ///
    /// # Errors
    /// [`HealthError`], where the relay is not well or there is none.
    pub async fn ask(self) -> Result<(), HealthError> {
        let asked = timeout(limits::HEALTH_ASK, self.first_line());
        let asked = asked
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match asked {
            Err(source) => Err(HealthError::Unreachable { place: self, source }),
            Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => Ok(()),
            Ok(answer) => Err(HealthError::Unwell { place: self, answer }),
        }
    }

    async fn first_line(&self) -> io::Result<String> {
        let mut stream = TcpStream::connect(&self.addresses[..]).await?;
        if self.is_proxied {
            stream.write_all(HEADER).await?;
        }
        if !self.is_secure {
            return request(stream).await;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(ring::default_provider())))
            .with_no_client_auth();
        let name = ServerName::from(stream.peer_addr()?.ip());
        request(TlsConnector::from(Arc::new(config)).connect(name, stream).await?).await
    }
}

async fn request(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<String> {
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = String::new();
    // Who answers and keeps the connection is not waited for.
    BufReader::new(stream.take(ANSWER)).read_line(&mut answer).await?;
    match answer.trim_end() {
        line if line.starts_with("HTTP/") => Ok(line.to_owned()),
        _ => Err(io::Error::other("its answer is not HTTP")),
    }
}

/// Takes whatever certificate there is: it is asked whether somebody answers, not who, and nothing is told.
/// `sotto doctor` looks at the certificate as clients do.
#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_url_with_an_address() {
        for (text, shown) in [
            ("http://192.0.2.1:4000", "http://192.0.2.1:4000"),
            ("wss://[2001:db8::1]/", "https://[2001:db8::1]:443"),
            ("ws://localhost:4000/healthz", "http://127.0.0.1:4000"),
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "127.0.0.1:4000",
            "ftp://127.0.0.1",
            "http://relay.example",
            "http://",
        ] {
            assert_eq!(text.parse::<Place>(), Err(NotAPlace), "{text}");
        }
    }

    #[test]
    fn a_relay_is_asked_where_it_listens() {
        let at = |listen: &str| {
            Place::of(&Options {
                listen: listen.parse().unwrap(),
                ..Options::default()
            })
        };
        assert_eq!(at("[::]:4000").unwrap().addresses, of_this_machine(4000));
        assert_eq!(at("127.0.0.1:0"), Err(NotAPlace));
    }
}
