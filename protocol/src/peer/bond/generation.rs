//! One generation of a bond: what a meeting of the two added to it.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Role;
use super::chain::{Chain, Receiving, derived};
use crate::peer::root::expand;
use crate::peer::secret::{Secret, unstacked};

/// The random bytes of both in an exchange, that of `lo` first.
pub struct Exchanged<'a> {
    /// Of the one who had the lower id when the bond was made.
    pub lo: &'a [u8; 32],
    /// Of the other.
    pub hi: &'a [u8; 32],
    /// The handshake hash of the first session of the two runs, which their safety words come from.
    pub hash: &'a [u8; 32],
}

/// All that a generation yields. What it was made of is gone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generation {
    pub number: u32,
    /// The other has shown that it is on its disk.
    pub shown: bool,
    /// It is on ours with the write of this revision: none, where it was read from there.
    #[serde(skip)]
    pub revision: u64,
    pub proof: Secret,
    pub mix: Secret,
    pub sending: Chain,
    pub receiving: Receiving,
}

impl Generation {
    /// The one of this number, from the one before, if there was one. Also what names the bond, if it is its first.
    pub(super) fn new(
        number: u32,
        mix: Option<&Secret>,
        exchanged: &Exchanged<'_>,
        role: Role,
        revision: u64,
    ) -> (Self, [u8; 16]) {
        unstacked(|| {
            let mut secret = Zeroizing::new(Vec::with_capacity(4 * 32));
            secret.extend_from_slice(mix.map_or(&[], |mix| &mix.expose()[..]));
            for part in [exchanged.lo, exchanged.hi, exchanged.hash] {
                secret.extend_from_slice(part);
            }
            let bond = Secret::written(|bond| *bond = expand(&secret, b"sotto/v1/bond"));
            let (own, other) = match role {
                Role::Lo => (b"lo", b"hi"),
                Role::Hi => (b"hi", b"lo"),
            };
            let generation = Self {
                number,
                shown: false,
                revision,
                proof: derived(&bond, b"proof"),
                mix: derived(&bond, b"mix"),
                sending: Chain::new(derived(&bond, own)),
                receiving: Receiving::new(derived(&bond, other)),
            };
            (generation, expand(bond.expose(), b"id"))
        })
    }
}
