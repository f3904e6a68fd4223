//! How two instances agree on a session: Noise `NNpsk0+psk2_25519_ChaChaPoly_SHA256` (revision 34) with
//! ML-KEM-768 (FIPS 203), each stage a type of its own.
//!
//! The initiator goes from [`Begun`] by the responder's *second* to an [`Agreed`] session; the responder goes
//! from a *first* that it has read ([`First`]) by answering it to an [`Unconfirmed`] one, and by the
//! initiator's confirm to an agreed one. Who may begin, and when, is the [`instance`](crate::peer::instance)'s.

mod noise;
mod origin;

use ml_kem::kem::{Decapsulate, Encapsulate, Kem, KeyExport};
use ml_kem::{DecapsulationKey, EncapsulationKey, MlKem768};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use snow::{Builder, HandshakeState};
use zeroize::Zeroizing;

use self::noise::{Resolver, kem_key};
use self::origin::commit;
pub use self::origin::{Origin, safety_words};
use crate::peer::envelope::{HEADER_LEN, SessionId};
use crate::peer::message::{Kind, Message};
use crate::peer::root::RoomKeys;
use crate::peer::run_key::{PublicRunKey, SIGNATURE_LEN};
use crate::peer::secret::{Secret, unstacked};
use crate::peer::session::{Session, SessionError};
use crate::peer::words::SafetyWords;
use crate::wire::topic::Topic;

const PATTERN: &str = "Noise_NNpsk0+psk2_25519_ChaChaPoly_SHA256";
/// With its signature, either handshake message fills the 4 KiB bucket.
pub const BODY_LEN: usize = 4096 - HEADER_LEN - SIGNATURE_LEN;
/// A Noise message: an ephemeral key, the payload, a tag.
const NOISE_OVERHEAD: usize = 32 + 16;
const EK_LEN: usize = 1184;
const CT_LEN: usize = 1088;
const FIRST_PAYLOAD_LEN: usize = BODY_LEN - NOISE_OVERHEAD;
const SECOND_PAYLOAD_LEN: usize = BODY_LEN - CT_LEN - NOISE_OVERHEAD;

/// A handshake message that does not fit. State is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the handshake message does not fit")]
pub struct HandshakeError;

impl From<snow::Error> for HandshakeError {
    fn from(_: snow::Error) -> Self {
        Self
    }
}

/// The first key of a handshake (psk0 of the pattern).
#[derive(Clone)]
pub enum FirstKey {
    /// The room's: two instances meet for the first time.
    Room(Secret),
    /// The chain of their last session, which nobody but the two has.
    Chain(Secret),
}

impl FirstKey {
    /// The room's.
    pub fn of_room(keys: &RoomKeys) -> Self {
        Self::Room(keys.psk.clone())
    }

    /// Whether it is the room's, which everybody with the passphrase has.
    pub(crate) fn is_room(&self) -> bool {
        matches!(self, Self::Room(_))
    }

    fn bytes(&self) -> &[u8; 32] {
        match self {
            Self::Room(key) | Self::Chain(key) => key.expose(),
        }
    }

    fn chain(hash: &[u8; 32], r: &[u8]) -> Self {
        let chain = Sha256::new()
            .chain_update(b"sotto/v1/chain:")
            .chain_update(hash)
            .chain_update(r);
        Self::Chain(Secret::written(|key| chain.finalize_into(key.into())))
    }
}

/// Where and between whom a handshake takes place: its prologue.
#[derive(Clone, Copy)]
pub struct Parties<'a> {
    /// The room.
    pub(crate) topic: &'a Topic,
    /// The one with the lower id, which alone begins.
    pub(crate) initiator: &'a PublicRunKey,
    /// The other.
    pub(crate) responder: &'a PublicRunKey,
}

impl<'a> Parties<'a> {
    /// A handshake between two instances: the lower id begins.
    pub fn between(topic: &'a Topic, one: &'a PublicRunKey, other: &'a PublicRunKey) -> Self {
        let (initiator, responder) = if one.id() < other.id() {
            (one, other)
        } else {
            (other, one)
        };
        Self {
            topic,
            initiator,
            responder,
        }
    }

    fn noise(
        &self,
        session: SessionId,
        key: &FirstKey,
        initiator: bool,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Box<HandshakeState>, HandshakeError> {
        let prologue = [
            b"sotto/v1",
            self.topic.as_str().as_bytes(),
            self.initiator.as_bytes(),
            self.responder.as_bytes(),
            &session.0,
        ]
        .concat();
        let mut ephemeral = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *ephemeral);
        let params = PATTERN.parse().map_err(|_| HandshakeError)?;
        let builder = Builder::with_resolver(params, Box::new(Resolver { ephemeral }))
            .psk(0, key.bytes())?
            .prologue(&prologue)?;
        Ok(Box::new(if initiator {
            builder.build_initiator()?
        } else {
            builder.build_responder()?
        }))
    }
}

/// What the initiator reveals in every confirm; its hash stands in the pair's first *first*.
pub(crate) type Revealed = Zeroizing<[u8; 32]>;

/// A handshake that its initiator has begun.
pub struct Begun {
    session: SessionId,
    noise: Box<HandshakeState>,
    decapsulation: Box<DecapsulationKey<MlKem768>>,
    ek: [u8; EK_LEN],
    revealed: Option<Revealed>,
    first: Vec<u8>,
}

impl Begun {
    /// Begins an attempt. Under the room's key it commits to 32 fresh random bytes.
    ///
    /// Draws from `rng`, in this order: the session's id, the Noise ephemeral, the ML-KEM seed, and under the
    /// room's key what is revealed later.
    ///
    /// # Errors
    /// [`HandshakeError`] if the Noise library refuses, which it has no reason to.
    pub fn new(
        parties: Parties<'_>,
        key: &FirstKey,
        attempt: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, HandshakeError> {
        unstacked(|| {
            let mut session = SessionId([0; 8]);
            rng.fill_bytes(&mut session.0);
            let mut noise = parties.noise(session, key, true, rng)?;
            let (decapsulation, encapsulation) = MlKem768::generate_keypair_from_rng(&mut &mut *rng);
            let ek: [u8; EK_LEN] = encapsulation.to_bytes().into();
            let revealed = key.is_room().then(|| {
                let mut revealed = Revealed::default();
                rng.fill_bytes(&mut *revealed);
                revealed
            });
            let commitment = revealed.as_ref().map_or([0; 32], |revealed| commit(revealed));

            let mut payload = Zeroizing::new(Vec::with_capacity(FIRST_PAYLOAD_LEN));
            payload.extend(attempt.to_be_bytes());
            payload.extend(ek);
            payload.extend(commitment);
            payload.resize(FIRST_PAYLOAD_LEN, 0);
            let mut first = vec![0; BODY_LEN];
            noise.write_message(&payload, &mut first)?;
            Ok(Self {
                session,
                noise,
                decapsulation: Box::new(decapsulation),
                ek,
                revealed,
                first,
            })
        })
    }

    /// The session's id.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The body of the *first*, which may be sent again until the second comes.
    pub fn first(&self) -> &[u8] {
        &self.first
    }

    /// Reads the responder's *second*.
    ///
    /// # Errors
    /// The handshake as it was, when this does not answer its first: the attempt may go on.
    pub fn read_second(mut self, body: &[u8]) -> Result<Agreed, Box<Self>> {
        unstacked(move || {
            let Some((hash, r)) = self.try_second(body) else {
                return Err(Box::new(self));
            };
            match (*self.noise).into_transport_mode() {
                Ok(transport) => Ok(Agreed {
                    session: Session::new(self.session, transport),
                    chain: FirstKey::chain(&hash, &*r),
                    hash,
                    revealed: self.revealed,
                }),
                // A handshake that has read its last message is finished: the library has no other reason.
                Err(_) => unreachable!("a finished handshake"),
            }
        })
    }

    /// The handshake hash and r, if this second fits; else nothing has changed.
    fn try_second(&mut self, body: &[u8]) -> Option<([u8; 32], Zeroizing<[u8; 32]>)> {
        let (ct, message) = body.split_first_chunk::<CT_LEN>()?;
        let shared = Zeroizing::new(<[u8; 32]>::from(self.decapsulation.decapsulate(&(*ct).into())));
        self.noise.set_psk(2, &*kem_key(&shared, ct, &self.ek)).ok()?;
        let mut payload = Zeroizing::new([0; SECOND_PAYLOAD_LEN]);
        if message.len() != SECOND_PAYLOAD_LEN + NOISE_OVERHEAD {
            return None;
        }
        self.noise.read_message(message, &mut *payload).ok()?;
        let r = Zeroizing::new(*payload.first_chunk::<32>()?);
        Some((handshake_hash(&self.noise).ok()?, r))
    }
}

/// What the initiator has when it has read the second: it is confirmed and confirms at once.
pub struct Agreed {
    /// To talk in.
    pub session: Session,
    /// The first key of the pair's next handshake.
    pub chain: FirstKey,
    /// The handshake hash, for the safety words of a first session.
    pub hash: [u8; 32],
    /// What was committed to under the room's key.
    pub revealed: Option<Revealed>,
}

/// A *first* that its responder has read.
pub struct First {
    /// Grows through the life of a pair.
    pub attempt: u64,
    session: SessionId,
    ek: [u8; EK_LEN],
    commitment: [u8; 32],
    noise: Box<HandshakeState>,
}

impl First {
    /// Reads a *first* under a key. Draws the Noise ephemeral of an answer from `rng`.
    ///
    /// # Errors
    /// [`HandshakeError`] when it was not made under this key, or is malformed.
    pub fn read(
        parties: Parties<'_>,
        session: SessionId,
        key: &FirstKey,
        body: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, HandshakeError> {
        unstacked(|| {
            let mut noise = parties.noise(session, key, false, rng)?;
            let mut payload = Zeroizing::new(vec![0; body.len()]);
            let length = noise.read_message(body, &mut payload)?;
            let payload = payload.get(..length).ok_or(HandshakeError)?;
            let (attempt, rest) = payload.split_first_chunk::<8>().ok_or(HandshakeError)?;
            let (ek, rest) = rest.split_first_chunk::<EK_LEN>().ok_or(HandshakeError)?;
            let commitment = rest.first_chunk::<32>().ok_or(HandshakeError)?;
            Ok(Self {
                attempt: u64::from_be_bytes(*attempt),
                session,
                ek: *ek,
                commitment: *commitment,
                noise,
            })
        })
    }

    /// Answers it: the body of the *second* and the session, which the initiator has yet to confirm.
    ///
    /// Draws from `rng`: the ML-KEM randomness, then r.
    ///
    /// # Errors
    /// [`HandshakeError`] when its encapsulation key or ephemeral is none.
    pub fn answer(
        mut self,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Vec<u8>, Unconfirmed), HandshakeError> {
        unstacked(move || {
            let ek = EncapsulationKey::<MlKem768>::new(&self.ek.into()).map_err(|_| HandshakeError)?;
            let (ct, shared) = ek.encapsulate_with_rng(rng);
            let (ct, shared): ([u8; CT_LEN], _) = (ct.into(), Zeroizing::new(<[u8; 32]>::from(shared)));
            self.noise.set_psk(2, &*kem_key(&shared, &ct, &self.ek))?;
            let mut r = Zeroizing::new([0; 32]);
            rng.fill_bytes(&mut *r);
            let mut payload = Zeroizing::new(r.to_vec());
            payload.resize(SECOND_PAYLOAD_LEN, 0);
            let mut second = vec![0; BODY_LEN];
            second[..CT_LEN].copy_from_slice(&ct);
            self.noise.write_message(&payload, &mut second[CT_LEN..])?;
            let hash = handshake_hash(&self.noise)?;
            let unconfirmed = Unconfirmed {
                session: Session::new(self.session, (*self.noise).into_transport_mode()?),
                chain: FirstKey::chain(&hash, &*r),
                origin: Origin {
                    hash,
                    commitment: self.commitment,
                },
            };
            Ok((second, unconfirmed))
        })
    }
}

/// A session that its responder has answered and its initiator has not confirmed: nothing can be sealed in it.
pub struct Unconfirmed {
    session: Session,
    /// The first key of the pair's next handshake, if the initiator has read the answer.
    pub(crate) chain: FirstKey,
    /// Of this handshake. Counts if it was made under the room's key.
    pub origin: Origin,
}

impl Unconfirmed {
    /// The session's id.
    pub fn id(&self) -> SessionId {
        self.session.id()
    }

    /// The counter that a confirm has: 0.
    pub(crate) fn next_counter(&self) -> u64 {
        self.session.next_counter()
    }

    /// Opens the initiator's first message and holds what it reveals against a pair's origin.
    ///
    /// # Errors
    /// [`ConfirmError::Sealed`]: nothing has changed, and the session comes back.
    /// [`ConfirmError::Revealed`]: it decrypts and is no confirm, or reveals something else; the session is gone.
    pub fn confirm(mut self, body: &[u8], origin: &Origin) -> Result<Confirmed, ConfirmError> {
        let plaintext = match self.session.open(body) {
            Ok(plaintext) => plaintext,
            Err(SessionError) => return Err(ConfirmError::Sealed(Box::new(self))),
        };
        let message = Message::decode(&plaintext).map_err(|_| ConfirmError::Revealed)?;
        let Kind::Confirm { revealed } = &message.kind else {
            return Err(ConfirmError::Revealed);
        };
        let words = origin.words(revealed).ok_or(ConfirmError::Revealed)?;
        Ok(Confirmed {
            session: self.session,
            chain: self.chain,
            words,
            message,
        })
    }
}

/// Why a message does not confirm a session.
pub enum ConfirmError {
    /// It does not decrypt: the session as it was.
    Sealed(Box<Unconfirmed>),
    /// It decrypts, but does not reveal what was committed to.
    Revealed,
}

/// A session that its initiator has confirmed.
pub struct Confirmed {
    /// To talk in.
    pub session: Session,
    /// The first key of the pair's next handshake.
    pub chain: FirstKey,
    /// The pair's safety words.
    pub words: SafetyWords,
    /// The confirm itself, which acknowledges like every message.
    pub message: Message,
}

fn handshake_hash(noise: &HandshakeState) -> Result<[u8; 32], HandshakeError> {
    noise.get_handshake_hash().try_into().map_err(|_| HandshakeError)
}

#[cfg(test)]
mod tests;
