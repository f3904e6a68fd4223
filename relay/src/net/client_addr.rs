//! From which address a connection comes: its own, or what a proxy says that the operator trusts.

use std::{
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use clap::Args;
use hyper::{
    HeaderMap,
    header::{FORWARDED, HeaderName},
};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies that stand before a relay.
#[derive(Debug, Clone, Default, Args)]
#[command(next_line_help = true)]
pub struct ProxyOptions {
    /// Network of a proxy before the relay: X-Forwarded-For, else Forwarded, of it is believed [default: none]
    #[arg(long, env = "SOTTO_RELAY_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,

    /// Trusted proxies speak the PROXY protocol, version 1 or 2, instead of the headers [default: they do not]
    #[arg(long, env = "SOTTO_RELAY_PROXY_PROTOCOL")]
    pub proxy_protocol: bool,

    /// An onion service of Tor on this machine passes visitors on, with HiddenServiceExportCircuitID haproxy: each
    /// circuit counts as an address [default: there is none]
    #[arg(long, env = "SOTTO_RELAY_ONION")]
    pub onion: bool,
}

fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address
        .or_else(|_| text.parse())
        .map_err(|_| "a network such as 127.0.0.1, 10.0.0.0/8 or fd00::/8".to_owned())
}

/// Where the address of a connection is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// It is the peer's own.
    Peer,
    /// In a header of the PROXY protocol.
    ProxyHeader,
    /// In the request.
    Request,
}

/// Whom to believe.
pub(crate) struct ClientAddrs {
    options: ProxyOptions,
    /// The operator was told of a proxy that is not trusted.
    warned: AtomicBool,
}

impl ClientAddrs {
    /// As the operator set them.
    pub(crate) fn new(options: &ProxyOptions) -> Self {
        Self {
            options: options.clone(),
            warned: AtomicBool::new(false),
        }
    }

    /// Where to find the address of a connection from this peer.
    pub(crate) fn source(&self, peer: IpAddr) -> Source {
        match self.trusts(peer) {
            _ if self.options.onion && peer.to_canonical().is_loopback() => Source::ProxyHeader,
            true if self.options.proxy_protocol => Source::ProxyHeader,
            true => Source::Request,
            false => Source::Peer,
        }
    }

    /// The address that a request names which a trusted peer has passed on: the last hop that is not trusted, of
    /// which a trusted one said that it saw it. A request that names none is the peer's own.
    pub(crate) fn of_request(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut seen = peer;
        for hop in hops(headers).iter().rev() {
            match hop {
                Some(address) => seen = address.to_canonical(),
                // What is before a hop that hides itself is hearsay.
                None => break,
            }
            if !self.trusts(seen) {
                break;
            }
        }
        seen
    }

    /// Warns of a proxy on this machine that the operator forgot to trust: all its visitors share one address's
    /// limits.
    pub(crate) fn watch(&self, peer: IpAddr, headers: &HeaderMap) {
        if peer.to_canonical().is_loopback()
            && (headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED))
            && !self.warned.swap(true, Relaxed)
        {
            tracing::warn!(
                "a proxy on this machine passes connections on: without --trusted-proxy 127.0.0.1 --trusted-proxy \
                 ::1 all of them count as one address"
            );
        }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.options
            .trusted_proxy
            .iter()
            .any(|network| network.contains(&address))
    }
}

/// The addresses by which a request came, the farthest first; `None` for what is no address.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = |name| {
        headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
    };
    let forwarded_for: Vec<_> = values(X_FORWARDED_FOR)
        .flat_map(|value| value.split(','))
        .map(node)
        .collect();
    if !forwarded_for.is_empty() {
        return forwarded_for;
    }
    values(FORWARDED)
        .flat_map(|value| value.split(','))
        .map(forwarded_node)
        .collect()
}

/// The `for` of an element of a Forwarded header (RFC 7239, section 4).
fn forwarded_node(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for")
            .then(|| node(value.trim_matches('"')))?
    })
}

/// An address with or without brackets and port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = text.parse::<SocketAddr>().map(|address| address.ip());
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    with_port.ok().or_else(|| bare.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_addrs(trusted: &[&str]) -> ClientAddrs {
        ClientAddrs::new(&ProxyOptions {
            trusted_proxy: trusted.iter().map(|text| network(text).unwrap()).collect(),
            ..ProxyOptions::default()
        })
    }

    fn of_request(trusted: &[&str], name: &'static str, values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        let peer = "127.0.0.1".parse().unwrap();
        client_addrs(trusted).of_request(peer, &headers).to_string()
    }

    #[test]
    fn only_a_trusted_peer_is_asked_for_another_address() {
        let client_addrs = client_addrs(&["127.0.0.1", "10.0.0.0/8"]);
        for (peer, source) in [
            ("127.0.0.1", Source::Request),
            ("::ffff:10.1.2.3", Source::Request),
            ("192.0.2.1", Source::Peer),
            ("::1", Source::Peer),
        ] {
            assert_eq!(client_addrs.source(peer.parse().unwrap()), source, "{peer}");
        }
    }

    #[test]
    fn an_onion_service_is_asked_for_the_circuit_and_nobody_else_is() {
        let client_addrs = ClientAddrs::new(&ProxyOptions {
            onion: true,
            ..ProxyOptions::default()
        });
        for (peer, source) in [
            ("127.0.0.1", Source::ProxyHeader),
            ("::1", Source::ProxyHeader),
            ("192.0.2.1", Source::Peer),
        ] {
            assert_eq!(client_addrs.source(peer.parse().unwrap()), source, "{peer}");
        }
    }

    #[test]
    fn the_last_hop_that_is_not_trusted_is_the_address_whatever_is_said_before_it() {
        for (values, address) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
            (&["198.51.100.9, 192.0.2.1, 10.0.0.7"], "192.0.2.1"),
            (&["198.51.100.9", "192.0.2.1:4711", "10.0.0.7"], "192.0.2.1"),
            (&["198.51.100.9, unknown, 10.0.0.7"], "10.0.0.7"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["nonsense"], "127.0.0.1"),
            (&[], "127.0.0.1"),
        ] {
            let found = of_request(&["127.0.0.1", "10.0.0.0/8"], "x-forwarded-for", values);
            assert_eq!(found, address, "{values:?}");
        }
    }

    #[test]
    fn a_forwarded_header_is_read_where_there_is_no_other() {
        for (value, address) in [
            ("for=192.0.2.1", "192.0.2.1"),
            (
                "for=198.51.100.9, proto=https;FOR=\"[2001:db8::1]:47\"",
                "2001:db8::1",
            ),
            ("for=_hidden", "127.0.0.1"),
            ("by=192.0.2.1", "127.0.0.1"),
        ] {
            assert_eq!(
                of_request(&["127.0.0.1"], "forwarded", &[value]),
                address,
                "{value}"
            );
        }
    }

    #[test]
    fn where_both_headers_come_x_forwarded_for_counts() {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED, "for=198.51.100.9".parse().unwrap());
        headers.insert(X_FORWARDED_FOR, "192.0.2.1".parse().unwrap());
        let found = client_addrs(&["127.0.0.1"]).of_request("127.0.0.1".parse().unwrap(), &headers);
        assert_eq!(found.to_string(), "192.0.2.1");
    }
}
