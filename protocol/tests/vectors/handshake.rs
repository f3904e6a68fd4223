use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use sotto_protocol::Topic;
use sotto_protocol::envelope::{Envelopes, Header, Kind, Recipient, SessionId};
use sotto_protocol::handshake::{Agreed, Begun, First, FirstKey, Origin, Parties, Unconfirmed, safety_words};
use sotto_protocol::message::{InstanceId, Message};
use sotto_protocol::run_key::{PublicRunKey, SIGNATURE_LEN};
use sotto_protocol::session::Session;

use crate::envelope::{envelopes, seal};
use crate::file::{Bytes, Handshake, Sealed, Transport, VECTORS};
use crate::message::message;
use crate::playback::Playback;
use crate::run::run;

fn key(vector: &Handshake) -> FirstKey {
    if vector.committed {
        FirstKey::Room(vector.psk0.array::<32>().into())
    } else {
        FirstKey::Chain(vector.psk0.array::<32>().into())
    }
}

fn chain(key: &FirstKey) -> &[u8] {
    match key {
        FirstKey::Chain(chain) => chain.expose(),
        FirstKey::Room(_) => panic!("not a chain"),
    }
}

/// The two runs of a handshake.
struct Runs {
    topic: Topic,
    initiator: PublicRunKey,
    responder: PublicRunKey,
}

impl Runs {
    fn of(initiator: &Bytes, responder: &Bytes) -> Self {
        Self {
            topic: Topic::parse(&VECTORS.rooms[VECTORS.handshakes.room].topic).unwrap(),
            initiator: run(&initiator.0).public(),
            responder: run(&responder.0).public(),
        }
    }

    fn parties(&self) -> Parties<'_> {
        Parties::between(&self.topic, &self.initiator, &self.responder)
    }
}

/// A body without its signature, which is there.
fn unsigned(body: &Bytes) -> &[u8] {
    body.0.split_last_chunk::<SIGNATURE_LEN>().unwrap().0
}

/// Plays both sides from the stated random bytes; both handshake messages must be the stated ones.
fn agree(vector: &Handshake) -> (Agreed, Unconfirmed) {
    let runs = Runs::of(&vector.initiator, &vector.responder);
    let parties = runs.parties();
    let mut rng = Playback::of(&vector.random_of_first);
    let begun = Begun::new(parties, &key(vector), vector.attempt, &mut rng).unwrap();
    assert!(rng.is_used_up());
    assert_eq!(begun.first(), unsigned(&vector.first.body));

    let mut rng = Playback::of(&vector.random_of_second);
    let body = unsigned(&vector.first.body);
    let first = First::read(parties, begun.session(), &key(vector), body, &mut rng).unwrap();
    assert_eq!(first.attempt, vector.attempt);
    let (second, unconfirmed) = first.answer(&mut rng).unwrap();
    assert!(rng.is_used_up());
    assert_eq!(second, unsigned(&vector.second.body));

    (begun.read_second(&second).ok().unwrap(), unconfirmed)
}

/// Seals one transport message, which must be the stated one, and gives its body.
fn sealed(session: &mut Session, vector: &Transport) -> Vec<u8> {
    let (counter, body) = session.seal(&message(&vector.message).encode()).unwrap();
    assert_eq!(counter, vector.counter);
    assert_eq!(body, vector.body.0, "{counter}");
    body
}

/// Plays the confirm and all that follows it.
fn talk(vector: &Handshake, agreed: Agreed, unconfirmed: Unconfirmed, origin: &Origin) -> String {
    let mut initiator = agreed.session;
    let [confirm, later @ ..] = &vector.transport[..] else {
        panic!("no transport message")
    };
    let body = sealed(&mut initiator, confirm);
    let Ok(confirmed) = unconfirmed.confirm(&body, origin) else {
        panic!("the confirm does not fit")
    };
    assert_eq!(confirmed.message, message(&confirm.message));
    assert_eq!(chain(&confirmed.chain), vector.chain.0);

    let mut responder = confirmed.session;
    for vector_message in later {
        let (from, to) = if vector_message.from == vector.initiator {
            (&mut initiator, &mut responder)
        } else {
            (&mut responder, &mut initiator)
        };
        let body = sealed(from, vector_message);
        assert_eq!(to.next_counter(), vector_message.counter);
        let read = Message::decode(&to.open(&body).unwrap()).unwrap();
        assert_eq!(read, message(&vector_message.message));
    }
    confirmed.words.to_string()
}

#[test]
fn a_pair_meets_and_meets_again_as_specified() {
    let handshakes = &VECTORS.handshakes;
    let [meeting, later] = &handshakes.pair[..] else {
        panic!("not two handshakes")
    };

    let (agreed, unconfirmed) = agree(meeting);
    let origin = unconfirmed.origin.clone();
    let words = meeting.safety_words.as_deref().unwrap();
    let revealed = agreed.revealed.as_ref().unwrap();
    assert_eq!(revealed[..], meeting.revealed.0);
    assert_eq!(agreed.hash[..], meeting.handshake_hash.0);
    assert_eq!(chain(&agreed.chain), meeting.chain.0);
    assert_eq!(safety_words(&agreed.hash, revealed).to_string(), words);
    assert_eq!(talk(meeting, agreed, unconfirmed, &origin), words);

    assert_eq!(later.psk0, meeting.chain);
    let (agreed, unconfirmed) = agree(later);
    assert!(agreed.revealed.is_none(), "commits again");
    assert_eq!(agreed.hash[..], later.handshake_hash.0);
    assert_eq!(talk(later, agreed, unconfirmed, &origin), words);
}

#[test]
fn a_first_with_a_key_that_is_none_is_not_answered() {
    let vector = &VECTORS.handshakes.void_first;
    let runs = Runs::of(&vector.initiator, &vector.responder);
    let session = SessionId(vector.session.array());
    let key = FirstKey::Room(vector.psk0.array::<32>().into());
    let mut rng = StdRng::seed_from_u64(1);
    let first = First::read(runs.parties(), session, &key, &vector.body.0, &mut rng).unwrap();
    assert!(first.answer(&mut rng).is_err());
}

#[test]
fn all_of_a_pairs_envelopes_are_sealed_as_specified() {
    let handshakes = &VECTORS.handshakes;
    let room = envelopes(handshakes.room);
    for vector in &handshakes.pair {
        let (low, high) = (&vector.initiator, &vector.responder);
        assert_sealed(&room, vector, Kind::First, (low, high), 0, &vector.first);
        assert_sealed(&room, vector, Kind::Second, (high, low), 0, &vector.second);
        for transport in &vector.transport {
            let to = if transport.from == *low { high } else { low };
            let stated = Sealed {
                nonce: transport.nonce.clone(),
                body: transport.body.clone(),
                payload_sha256: transport.payload_sha256.clone(),
            };
            assert_sealed(
                &room,
                vector,
                Kind::Message,
                (&transport.from, to),
                transport.counter,
                &stated,
            );
        }
    }
}

fn assert_sealed(
    room: &Envelopes,
    vector: &Handshake,
    kind: Kind,
    (from, to): (&Bytes, &Bytes),
    counter: u64,
    stated: &Sealed,
) {
    let header = Header {
        kind,
        from: InstanceId(from.array()),
        to: Recipient::One(InstanceId(to.array())),
        session: SessionId(vector.random_of_first[0].array()),
        counter,
    };
    if kind != Kind::Message {
        let signed = run(&from.0)
            .sign(room.topic(), &header, unsigned(&stated.body))
            .unwrap();
        assert_eq!(signed, stated.body.0, "{}: {kind:?}", vector.name);
    }
    let payload = seal(room, &header, &stated.body.0, &stated.nonce);
    assert_eq!(
        Sha256::digest(&payload)[..],
        stated.payload_sha256.0,
        "{}: {kind:?} {counter}",
        vector.name
    );
}
