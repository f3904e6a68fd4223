//! A SOCKS5 proxy (RFC 1928), such as Tor's, between here and a relay.
//!
//! The relay's name goes to the proxy as it is: where a proxy is set, nobody else is asked for it.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// Where proxies usually listen (IANA), and Tor does on 9050.
const USUAL_PORT: u16 = 1080;
/// The variables of the environment that name a proxy, as curl reads them.
const VARIABLES: [&str; 2] = ["all_proxy", "ALL_PROXY"];

/// Where a proxy is, and what it wants to know.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// User name and password: Tor keeps those with different ones on different ways.
    pub(crate) user: Option<(String, String)>,
}

/// Why a text is no proxy of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is socks5h://HOST:PORT; {0}")]
pub(crate) struct ProxyError(String);

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let url = Url::parse(text).map_err(|error| ProxyError(error.to_string()))?;
        match url.scheme() {
            // With both the name is looked up by the proxy: there is no reason to let others know it.
            "socks5h" | "socks5" => {}
            other => {
                return Err(ProxyError(format!(
                    "{other}:// is of a kind that sotto does not speak"
                )));
            }
        }
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(ProxyError("it names no host".to_owned())),
        };
        let decode = |text: &str| {
            let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
            match decoded {
                Ok(decoded) if (1..=255).contains(&decoded.len()) => Ok(decoded.into_owned()),
                _ => Err(ProxyError(
                    "user name and password have 1 to 255 bytes each".to_owned(),
                )),
            }
        };
        let user = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decode(user)?, decode(password.unwrap_or_default())?)),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(USUAL_PORT),
            user,
        })
    }
}

/// Without user name and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "socks5h://[{}]:{}", self.host, self.port),
            false => write!(f, "socks5h://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// What the environment names, if it names one.
///
/// # Errors
/// [`ProxyError`] when it cannot be used.
pub(super) fn from_environment(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, ProxyError> {
    let found = VARIABLES
        .into_iter()
        .find_map(|name| Some((name, variable(name).filter(|value| !value.is_empty())?)));
    match found {
        None => Ok(None),
        Some((name, value)) => match value.parse() {
            Ok(proxy) => Ok(Some(proxy)),
            Err(ProxyError(why)) => Err(ProxyError(format!("{name} in the environment: {why}"))),
        },
    }
}

#[cfg(test)]
mod tests;
