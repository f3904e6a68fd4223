//! What to hand over to somebody who is to join: the relay's URL, with the pin of its key.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    str::FromStr,
};

use crate::net::certificate::Certificate;

/// Addresses of documentation (RFC 5737, RFC 3849): from where would they be reached? Nothing is sent.
const SOMEWHERE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)), 9),
];

/// Under which host, and which port if it is another, a relay is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// A name, or an address: IPv6 in brackets.
    host: String,
    port: Option<u16>,
}

impl Public {
    /// Whether it names a port.
    pub(crate) fn has_port(&self) -> bool {
        self.port.is_some()
    }
}

/// Not a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a host name or address, and a port if it is another: relay.example, 192.0.2.1:443 or [2001:db8::1]:443"
)]
pub struct NotPublic;

impl FromStr for Public {
    type Err = NotPublic;

    fn from_str(text: &str) -> Result<Self, NotPublic> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self {
                host: host(address.ip()),
                port: Some(address.port()).filter(|port| *port != 0),
            });
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self {
                host: host(address),
                port: None,
            });
        }
        let (name, port) = match text.split_once(':') {
            None => (text, None),
            Some((name, port)) => match port.parse() {
                Ok(port @ 1..) => (name, Some(port)),
                _ => return Err(NotPublic),
            },
        };
        let is_name = name.len() <= 253
            && name.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && label
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            });
        if is_name {
            Ok(Self {
                host: name.to_ascii_lowercase(),
                port,
            })
        } else {
            Err(NotPublic)
        }
    }
}

impl fmt::Display for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Who speaks TLS with the visitors. A relay that gets its certificate by itself may not have it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Nobody.
    Ws,
    /// The relay.
    Wss,
    /// The server before it.
    ProxiedWss,
}

/// The URLs under which a relay is reached, the best first: one of the host that the operator gave or that the
/// certificate is for, else one for each address. Of the server before a relay only the operator knows the name: without
/// that there is none.
pub(crate) fn urls(
    scheme: Scheme,
    listening: SocketAddr,
    public: Option<&Public>,
    certificate: Option<&Certificate>,
) -> Vec<String> {
    let is_behind = scheme == Scheme::ProxiedWss;
    let mut hosts: Vec<Public> = match public {
        Some(public) => vec![public.clone()],
        None => {
            let names = certificate.iter().flat_map(|certificate| certificate.names());
            names.filter_map(|name| name.parse().ok()).collect()
        }
    };
    if hosts.is_empty() && !is_behind {
        let addresses = addresses(listening.ip()).into_iter();
        hosts = addresses
            .map(|address| Public {
                host: host(address),
                port: None,
            })
            .collect();
    }
    let (name, usual) = match scheme {
        Scheme::Ws => ("ws", 80),
        Scheme::Wss | Scheme::ProxiedWss => ("wss", 443),
    };
    let pin = certificate.and_then(Certificate::pin);
    let fragment = pin.map_or(String::new(), |pin| format!("#pin={pin}"));
    let others = if is_behind { usual } else { listening.port() };
    hosts
        .into_iter()
        .map(|Public { host, port }| match port.unwrap_or(others) {
            port if port == usual => format!("{name}://{host}/{fragment}"),
            port => format!("{name}://{host}:{port}/{fragment}"),
        })
        .collect()
}

/// A line that can be pasted into a shell, which would mind the `#`.
pub fn command(url: &str) -> String {
    format!("sotto join '{url}'")
}

/// Where a relay that listens there is reached: of `0.0.0.0` and `::` the addresses from which this machine would
/// speak to others.
fn addresses(listening: IpAddr) -> Vec<IpAddr> {
    if !listening.is_unspecified() {
        return vec![listening];
    }
    let families = SOMEWHERE
        .into_iter()
        .filter(|somewhere| listening.is_ipv6() || somewhere.is_ipv4());
    let mut found: Vec<IpAddr> = families.filter_map(own_address).collect();
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found
}

fn own_address(somewhere: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = if somewhere.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(somewhere).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (text, shown) in [
            ("Relay.example", "relay.example"),
            ("relay.example:443", "relay.example:443"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4000", "192.0.2.1:4000"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("[2001:db8::1]:4000", "[2001:db8::1]:4000"),
        ] {
            assert_eq!(text.parse::<Public>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "wss://relay.example",
            "a..b",
            "a b",
            "a'b",
            "relay:0",
            "relay:99999",
            "-a",
            "[::1",
        ] {
            assert!(text.parse::<Public>().is_err() || text == "[::1", "{text}");
        }
    }

    #[test]
    fn an_invite_names_the_public_host_and_leaves_out_the_usual_port() {
        let listening = "[::]:4000".parse().unwrap();
        let urls = |public: &str| urls(Scheme::Ws, listening, Some(&public.parse().unwrap()), None);
        assert_eq!(urls("relay.example"), ["ws://relay.example:4000/"]);
        assert_eq!(urls("relay.example:80"), ["ws://relay.example/"]);
        assert_eq!(command("ws://h/#pin=a"), "sotto join 'ws://h/#pin=a'");
    }

    #[test]
    fn an_address_of_its_own_is_what_is_handed_over_and_a_pin_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let certificate = Certificate::self_signed(directory.path()).unwrap();
        let pin = certificate.pin().unwrap();
        let listening = "192.0.2.7:443".parse().unwrap();
        let urls = urls(Scheme::Wss, listening, None, Some(&certificate));
        assert_eq!(urls, [format!("wss://192.0.2.7/#pin={pin}")]);
    }

    #[test]
    fn behind_a_web_server_the_scheme_and_the_port_are_that_ones() {
        let listening = "127.0.0.1:4000".parse().unwrap();
        let behind = |public: Option<&str>| {
            let public = public.map(|public| public.parse().unwrap());
            urls(Scheme::ProxiedWss, listening, public.as_ref(), None)
        };
        assert_eq!(behind(Some("relay.example")), ["wss://relay.example/"]);
        assert_eq!(behind(Some("relay.example:8443")), ["wss://relay.example:8443/"]);
        assert!(behind(None).is_empty(), "nobody knows its name");
    }

    #[test]
    fn a_relay_that_listens_everywhere_names_no_address_that_nobody_can_reach() {
        let urls = urls(Scheme::Ws, "[::]:4000".parse().unwrap(), None, None);
        assert!(!urls.is_empty());
        assert!(
            urls.iter()
                .all(|url| !url.contains("//0.0.0.0") && !url.contains("[::]")),
            "{urls:?}"
        );
    }
}
