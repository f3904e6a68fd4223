//! Where an address stands in the tables that limit what an address may do.
//!
//! The address itself is kept nowhere: a connection remembers its two slots.

use std::net::{IpAddr, Ipv6Addr};

use siphasher::sip::SipHasher24;

/// Slots in a table of limits. Two addresses that meet in one share its limits; nothing is ever evicted, so
/// nobody can wash a limit away by filling the table.
pub(crate) const SLOTS: usize = 1 << 16;

/// The network of the addresses under which Tor names the circuits of an onion service's visitors, with
/// `HiddenServiceExportCircuitID haproxy`: a circuit's number in the last bits of an IPv6 address of this /64.
const CIRCUITS: [u16; 4] = [0xfc00, 0xdead, 0xbeef, 0x4dad];

/// The slots of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Of an IPv4 address, of the /64 of an IPv6 address (one customer's network), or of a circuit of Tor.
    pub(crate) near: u16,
    /// Of the /48 of an IPv6 address: what a customer may get whole. It has sixteen-fold limits.
    pub(crate) wide: Option<u16>,
}

impl Slot {
    /// The widest network that one customer may have whole.
    pub(crate) fn site(self) -> u16 {
        self.wide.unwrap_or(self.near)
    }
}

/// Finds slots by a hash whose secret lives in memory only: nobody outside can aim at another's slot.
pub(crate) struct Slots {
    secret: SipHasher24,
    /// Whether Tor may name circuits.
    onion: bool,
}

impl Slots {
    /// Takes the secret: random bytes; and whether this is an onion service, so that there are addresses of circuits.
    pub(crate) fn new(secret: &[u8; 16], onion: bool) -> Self {
        Self {
            secret: SipHasher24::new_with_key(secret),
            onion,
        }
    }

    /// The slots of an address, in its canonical form: an IPv4 address within IPv6 is an IPv4 address.
    pub(crate) fn of(&self, address: IpAddr) -> Slot {
        match address.to_canonical() {
            IpAddr::V4(v4) => Slot {
                near: self.number(4, &v4.octets()),
                wide: None,
            },
            IpAddr::V6(v6) if self.onion && v6.segments().starts_with(&CIRCUITS) => Slot {
                near: self.number(128, &v6.octets()),
                wide: None,
            },
            IpAddr::V6(v6) => Slot {
                near: self.number(64, prefix::<8>(v6).as_slice()),
                wide: Some(self.number(48, prefix::<6>(v6).as_slice())),
            },
        }
    }

    fn number(&self, kind: u8, bytes: &[u8]) -> u16 {
        let mut keyed = [0; 17];
        keyed[0] = kind;
        keyed[1..=bytes.len()].copy_from_slice(bytes);
        // The low 16 bits: as many as there are slots.
        (self.secret.hash(&keyed) & 0xffff) as u16
    }
}

fn prefix<const N: usize>(address: Ipv6Addr) -> [u8; N] {
    std::array::from_fn(|index| address.octets()[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(address: &str) -> Slot {
        Slots::new(&[7; 16], false).of(address.parse().unwrap())
    }

    #[test]
    fn an_ipv4_address_within_ipv6_is_the_ipv4_address() {
        assert_eq!(slot("::ffff:192.0.2.1"), slot("192.0.2.1"));
        assert_ne!(slot("192.0.2.1"), slot("192.0.2.2"));
    }

    #[test]
    fn ipv6_counts_by_64_and_by_48() {
        let one = slot("2001:db8:1:1::1");
        assert_eq!(one, slot("2001:db8:1:1:ffff::2"));
        let beside = slot("2001:db8:1:2::1");
        assert!(one.near != beside.near && one.wide == beside.wide);
        assert_ne!(one.wide, slot("2001:db8:2:1::1").wide);
    }

    #[test]
    fn a_circuit_of_tor_is_an_address_of_its_own_where_there_is_an_onion_service() {
        let (one, other) = ("fc00:dead:beef:4dad::0:1", "fc00:dead:beef:4dad::ffff:2");
        assert_eq!(slot(one), slot(other));
        let slots = Slots::new(&[7; 16], true);
        let of = |address: &str| slots.of(address.parse().unwrap());
        assert_ne!(of(one).near, of(other).near);
        assert_eq!((of(one).wide, of(other).wide), (None, None));
        assert_eq!(of("2001:db8:1:1::1"), slot("2001:db8:1:1::1"));
    }

    #[test]
    fn another_secret_makes_other_slots() {
        let address = "192.0.2.1".parse().unwrap();
        assert_ne!(
            Slots::new(&[1; 16], false).of(address),
            Slots::new(&[2; 16], false).of(address)
        );
    }
}
