use std::sync::LazyLock;

use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::peer::message::Acknowledged;
use crate::peer::run_key::RunKey;
use crate::wire::hash::RoomHash;

static ROOM: LazyLock<FirstKey> = LazyLock::new(|| FirstKey::Room([1; 32].into()));

struct Pair {
    topic: Topic,
    runs: [PublicRunKey; 2],
    rng: StdRng,
}

impl Pair {
    fn new() -> Self {
        Self {
            topic: Topic::of(&RoomHash::from_bytes([5; 32])),
            runs: [1, 2].map(|seed| RunKey::new(&mut StdRng::seed_from_u64(seed)).public()),
            rng: StdRng::seed_from_u64(7),
        }
    }

    fn begin(&mut self, key: &FirstKey) -> Begun {
        Begun::new(
            Parties::between(&self.topic, &self.runs[0], &self.runs[1]),
            key,
            1,
            &mut self.rng,
        )
        .unwrap()
    }

    fn read(&mut self, begun: &Begun, key: &FirstKey, body: &[u8]) -> Result<First, HandshakeError> {
        First::read(
            Parties::between(&self.topic, &self.runs[0], &self.runs[1]),
            begun.session(),
            key,
            body,
            &mut self.rng,
        )
    }

    fn agree(&mut self, key: &FirstKey) -> (Agreed, Unconfirmed) {
        let begun = self.begin(key);
        let first = self.read(&begun, key, begun.first()).unwrap();
        let (second, unconfirmed) = first.answer(&mut self.rng).unwrap();
        (begun.read_second(&second).ok().unwrap(), unconfirmed)
    }
}

fn confirm(agreed: &mut Agreed, revealed: &[u8; 32]) -> Vec<u8> {
    let kind = Kind::Confirm {
        revealed: Zeroizing::new(*revealed),
    };
    let message = Message {
        acknowledged: Acknowledged::default(),
        kind,
    };
    agreed.session.seal(&message.encode()).unwrap().1
}

#[test]
fn both_sides_agree_on_session_chain_and_words() {
    let mut pair = Pair::new();
    let (mut agreed, unconfirmed) = pair.agree(&ROOM);
    let revealed = agreed.revealed.clone().unwrap();
    let body = confirm(&mut agreed, &revealed);
    let origin = unconfirmed.origin.clone();
    let Ok(mut confirmed) = unconfirmed.confirm(&body, &origin) else {
        panic!("not confirmed")
    };
    assert_eq!(confirmed.words, safety_words(&agreed.hash, &revealed));
    assert_eq!(confirmed.chain.bytes(), agreed.chain.bytes());
    let (counter, body) = confirmed.session.seal(b"hi").unwrap();
    assert_eq!((counter, agreed.session.next_counter()), (0, 0));
    assert_eq!(&agreed.session.open(&body).unwrap()[..2], b"hi");
    assert!(agreed.session.open(&body).is_err(), "a replay decrypts");
}

#[test]
fn a_session_is_dropped_when_what_is_revealed_was_not_committed_to() {
    let mut pair = Pair::new();
    let (mut agreed, unconfirmed) = pair.agree(&ROOM);
    let body = confirm(&mut agreed, &[9; 32]);
    let origin = unconfirmed.origin.clone();
    assert!(matches!(
        unconfirmed.confirm(&body, &origin),
        Err(ConfirmError::Revealed)
    ));
}

#[test]
fn a_message_that_does_not_decrypt_leaves_the_unconfirmed_session_as_it_was() {
    let mut pair = Pair::new();
    let (mut agreed, unconfirmed) = pair.agree(&ROOM);
    let revealed = agreed.revealed.clone().unwrap();
    let body = confirm(&mut agreed, &revealed);
    let mut changed = body.clone();
    changed[3] ^= 1;
    let origin = unconfirmed.origin.clone();
    let Err(ConfirmError::Sealed(unconfirmed)) = unconfirmed.confirm(&changed, &origin) else {
        panic!()
    };
    assert!(unconfirmed.confirm(&body, &origin).is_ok());
}

#[test]
fn a_first_is_read_under_its_own_key_only() {
    let mut pair = Pair::new();
    let (agreed, _) = pair.agree(&ROOM);
    let begun = pair.begin(&agreed.chain);
    assert!(pair.read(&begun, &ROOM, begun.first()).is_err());
    assert!(
        pair.read(&begun, &agreed.chain, &begun.first()[..BODY_LEN - 1])
            .is_err()
    );
    assert!(pair.read(&begun, &agreed.chain, begun.first()).is_ok());
}

#[test]
fn a_changed_second_changes_nothing_and_the_right_one_still_fits() {
    let mut pair = Pair::new();
    let mut begun = pair.begin(&ROOM);
    let first = pair.read(&begun, &ROOM, begun.first()).unwrap();
    let (second, _) = first.answer(&mut pair.rng).unwrap();
    for at in [0, CT_LEN - 1, CT_LEN, BODY_LEN - 1] {
        let mut changed = second.clone();
        changed[at] ^= 1;
        begun = *begun.read_second(&changed).err().unwrap();
    }
    begun = *begun.read_second(&[]).err().unwrap();
    assert!(begun.read_second(&second).is_ok());
}

#[test]
fn a_man_in_the_middle_with_the_passphrase_gets_other_words() {
    // He has the room's key and both ids, and passes on what he must: two handshakes, one with each.
    for seed in 0..200 {
        let mut pair = Pair::new();
        pair.rng = StdRng::seed_from_u64(seed);
        let begun = pair.begin(&ROOM);
        let first = First::read(
            Parties::between(&pair.topic, &pair.runs[0], &pair.runs[1]),
            begun.session(),
            &ROOM,
            begun.first(),
            &mut pair.rng,
        )
        .unwrap();
        let (second, _) = first.answer(&mut pair.rng).unwrap();
        let with_initiator = begun.read_second(&second).ok().unwrap();
        let revealed = with_initiator.revealed.clone().unwrap();

        let his = pair.begin(&ROOM);
        let first = pair.read(&his, &ROOM, his.first()).unwrap();
        let (second, unconfirmed) = first.answer(&mut pair.rng).unwrap();
        let mut with_responder = his.read_second(&second).ok().unwrap();
        // What the initiator reveals does not fit what he had to commit to.
        let body = confirm(&mut with_responder, &revealed);
        let origin = unconfirmed.origin.clone();
        assert!(matches!(
            unconfirmed.confirm(&body, &origin),
            Err(ConfirmError::Revealed)
        ));
        assert!(origin.words(&revealed).is_none());
        let his_own = with_responder.revealed.unwrap();
        assert_ne!(
            origin.words(&his_own).unwrap(),
            safety_words(&with_initiator.hash, &revealed)
        );
    }
}
