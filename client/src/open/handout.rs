//! What a host hands over: the line to type for each address of the machine, and the passphrase.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sotto_protocol::words::RoomWords;
use sotto_protocol::{Passphrase, RoomName};

use super::stages::SEEN_ON_THE_WAY;
use crate::relay_url::pin::Pin;
use crate::relay_url::{Address, AddressError, Invitation};
use crate::screen::talk::entry::Copyable;

/// The lines for one kind of address at most: a machine may have dozens.
const MAX_LINES: usize = 4;
/// Networks of containers and virtual machines on this machine: nobody else is in them.
const VIRTUAL: [&str; 4] = ["docker", "br-", "veth", "virbr"];

/// From where an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// From this machine.
    Machine,
    /// From the network that the machine is in.
    Network,
    /// From everywhere, if what is in between lets it through.
    Internet,
}

/// What of a host's room is known to be handed over.
pub(crate) struct Handout<'a> {
    /// Where the relay listens.
    pub(crate) listening: SocketAddr,
    /// Its key, if it speaks TLS.
    pub(crate) pin: Option<Pin>,
    /// The addresses of the machine.
    pub(crate) addresses: &'a [IpAddr],
    pub(crate) room: &'a RoomName,
    /// The passphrase, if it was made here.
    pub(crate) passphrase: Option<&'a Passphrase>,
    /// The words of the room.
    pub(crate) words: RoomWords,
}

/// The addresses of this machine's networks, without those that lead nowhere.
///
/// # Errors
/// Those of the system.
pub(crate) fn addresses() -> io::Result<Vec<IpAddr>> {
    let interfaces = if_addrs::get_if_addrs()?;
    let real = interfaces
        .iter()
        .filter(|one| !VIRTUAL.iter().any(|name| one.name.starts_with(name)));
    Ok(real.map(|one| one.ip()).collect())
}

/// From where an address can be reached; `None` for one that needs more than itself (link-local ones).
pub(crate) fn reach(address: IpAddr) -> Option<Reach> {
    match address.to_canonical() {
        address if address.is_loopback() => Some(Reach::Machine),
        address if address.is_unspecified() || address.is_multicast() => None,
        IpAddr::V4(address) if address.is_link_local() => None,
        IpAddr::V4(address) if address.is_private() || is_shared(address) => Some(Reach::Network),
        IpAddr::V6(address) if address.is_unicast_link_local() => None,
        IpAddr::V6(address) if address.is_unique_local() => Some(Reach::Network),
        _ => Some(Reach::Internet),
    }
}

/// 100.64.0.0/10 (RFC 6598): a provider's network, or a VPN.
fn is_shared(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 100 && second & 0b1100_0000 == 64
}

impl Handout<'_> {
    /// The lines, each that is to be copied alone.
    ///
    /// # Errors
    /// [`AddressError`], for what would be no URL.
    pub(crate) fn lines(&self) -> Result<Vec<Copyable>, AddressError> {
        let mut lines = Vec::new();
        let network = self.urls(Reach::Network)?;
        let internet = self.urls(Reach::Internet)?;
        let open = !network.is_empty() || !internet.is_empty();
        let port = self.listening.port();
        if !open {
            let machine = self.urls(Reach::Machine)?;
            put(&mut lines, "for somebody on this machine:", machine);
        }
        put(&mut lines, "for somebody in this network:", network);
        if internet.is_empty() && open {
            let router = format!(
                "from the internet: only if your router passes port {port} on to this machine; else only a relay on a \
                 VPS will do (sotto-relay)"
            );
            lines.push(Copyable::Heading(router));
        }
        put(
            &mut lines,
            "from the internet, if your router lets it in (else only a relay on a VPS will do):",
            internet,
        );
        match self.passphrase {
            Some(passphrase) => {
                lines.push(Copyable::Heading(
                    "and the passphrase, by another way:".to_owned(),
                ));
                lines.push(Copyable::Verbatim(passphrase.expose().to_owned()));
            }
            None => lines.push(Copyable::Heading(
                "and, by another way, the passphrase that you gave".to_owned(),
            )),
        }
        lines.push(Copyable::Heading(format!(
            "to find a slip by voice: you both have to be in {}",
            self.words
        )));
        lines.push(Copyable::Heading(
            "the same room tomorrow, with the passphrase in a file:".to_owned(),
        ));
        lines.push(Copyable::Verbatim(format!(
            "sotto host {}--room {} --passphrase-file FILE",
            if self.pin.is_some() { "--tls " } else { "" },
            quoted(self.room)
        )));
        if open && self.pin.is_none() {
            lines.push(Copyable::Heading(SEEN_ON_THE_WAY.to_owned()));
        }
        Ok(lines)
    }

    fn urls(&self, reach_wanted: Reach) -> Result<Vec<String>, AddressError> {
        let bound = self.listening.ip();
        let mut found: Vec<IpAddr> = if bound.is_unspecified() {
            // Only the IPv6 one takes both families.
            let heard = |address: &&IpAddr| bound.is_ipv6() || address.is_ipv4();
            self.addresses.iter().filter(heard).copied().collect()
        } else {
            vec![bound]
        };
        found.retain(|address| reach(*address) == Some(reach_wanted));
        found.sort();
        found.dedup();
        let url = |address: IpAddr| {
            let socket = SocketAddr::new(address.to_canonical(), self.listening.port());
            let address = address_of(socket, self.pin)?;
            Ok(format!("sotto join '{}'", address.invitation(self.room)))
        };
        found.into_iter().take(MAX_LINES).map(url).collect()
    }
}

/// The address of a relay that speaks TLS with this key, or none.
///
/// # Errors
/// [`AddressError`], for what would be no URL.
pub(crate) fn address_of(socket: SocketAddr, pin: Option<Pin>) -> Result<Address, AddressError> {
    let url = match pin {
        Some(pin) => format!("wss://{socket}/#pin={pin}"),
        None => format!("ws://{socket}"),
    };
    url.parse().map(|invitation: Invitation| invitation.address)
}

fn put(lines: &mut Vec<Copyable>, heading: &str, urls: Vec<String>) {
    if !urls.is_empty() {
        lines.push(Copyable::Heading(heading.to_owned()));
        lines.extend(urls.into_iter().map(Copyable::Verbatim));
    }
}

/// A room's name as a shell takes it.
fn quoted(room: &RoomName) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match room.as_str() {
        name if !name.is_empty() && name.chars().all(plain) => name.to_owned(),
        name => format!("'{}'", name.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(listening: &str, addresses: &[&str], pin: Option<Pin>) -> Vec<String> {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let handout = Handout {
            listening: listening.parse().unwrap(),
            pin,
            addresses: &addresses,
            room: &RoomName::new("kdwqzmra").unwrap(),
            passphrase: Some(&Passphrase::new("acorn badge cabin").unwrap()),
            words: RoomWords(["otter", "maple"]),
        };
        let verbatim = |line| match line {
            Copyable::Verbatim(line) => Some(line),
            Copyable::Heading(_) => None,
        };
        handout
            .lines()
            .unwrap()
            .into_iter()
            .filter_map(verbatim)
            .collect()
    }

    #[test]
    fn every_address_that_leads_here_has_its_line() {
        let here = [
            "127.0.0.1",
            "::1",
            "192.168.1.5",
            "fe80::1",
            "2001:db8::5",
            "169.254.1.1",
        ];
        assert_eq!(
            lines("[::]:4000", &here, None),
            [
                "sotto join 'ws://192.168.1.5:4000/#room=kdwqzmra'",
                "sotto join 'ws://[2001:db8::5]:4000/#room=kdwqzmra'",
                "acorn badge cabin",
                "sotto host --room kdwqzmra --passphrase-file FILE",
            ]
        );
        assert_eq!(lines("0.0.0.0:4000", &here, None).len(), 3);
    }

    #[test]
    fn a_relay_for_this_machine_says_so() {
        assert_eq!(
            lines("127.0.0.1:4001", &["127.0.0.1", "192.168.1.5"], None)[0],
            "sotto join 'ws://127.0.0.1:4001/#room=kdwqzmra'"
        );
    }

    #[test]
    fn the_line_of_a_host_with_tls_pins_its_key() {
        let pin = Pin::of(b"a key");
        let lines = lines("192.0.2.7:4000", &[], Some(pin));
        assert_eq!(
            [lines[0].as_str(), lines[2].as_str()],
            [
                format!("sotto join 'wss://192.0.2.7:4000/#pin={pin}&room=kdwqzmra'").as_str(),
                "sotto host --tls --room kdwqzmra --passphrase-file FILE",
            ]
        );
    }

    #[test]
    fn networks_are_told_from_the_internet() {
        for (address, expected) in [
            ("10.1.2.3", Some(Reach::Network)),
            ("100.100.1.1", Some(Reach::Network)),
            ("fd00::1", Some(Reach::Network)),
            ("::ffff:192.168.1.1", Some(Reach::Network)),
            ("93.184.216.34", Some(Reach::Internet)),
            ("2001:db8::1", Some(Reach::Internet)),
            ("::1", Some(Reach::Machine)),
            ("fe80::1", None),
            ("169.254.9.9", None),
        ] {
            assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_room_name_survives_the_shell() {
        assert_eq!(quoted(&RoomName::new("kdwqzmra").unwrap()), "kdwqzmra");
        assert_eq!(quoted(&RoomName::new("it's us").unwrap()), r"'it'\''s us'");
        assert_eq!(quoted(&RoomName::default()), "''");
    }
}
