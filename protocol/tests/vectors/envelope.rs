use sha2::{Digest, Sha256};
use sotto_protocol::envelope::{self, Envelopes, HEADER_LEN, Header, Kind, Recipient, SessionId};
use sotto_protocol::message::InstanceId;
use sotto_protocol::{Root, Topic};

use crate::file::{Bytes, Envelope, VECTORS};
use crate::playback::Playback;

/// The envelopes of a room of the file.
pub fn envelopes(room: usize) -> Envelopes {
    let room = &VECTORS.rooms[room];
    let keys = Root::from_bytes(room.root.array()).keys();
    Envelopes::new(&keys, Topic::parse(&room.topic).unwrap())
}

/// Seals under a stated nonce.
pub fn seal(envelopes: &Envelopes, header: &Header, body: &[u8], nonce: &Bytes) -> Vec<u8> {
    let mut rng = Playback::of([nonce]);
    let payload = envelopes.seal(header, body, &mut rng).unwrap();
    assert!(rng.is_used_up());
    payload
}

/// The header that a vector states.
pub fn header(vector: &Envelope) -> Header {
    Header {
        kind: [Kind::Hello, Kind::First, Kind::Second, Kind::Message][usize::from(vector.kind) - 1],
        from: InstanceId(vector.from.array()),
        to: if vector.to.0 == [0; 16] {
            Recipient::All
        } else {
            Recipient::One(InstanceId(vector.to.array()))
        },
        session: SessionId(vector.session.array()),
        counter: vector.counter,
    }
}

#[test]
fn envelopes_are_sealed_and_opened_as_specified() {
    let envelopes = envelopes(VECTORS.envelopes.room);
    for vector in &VECTORS.envelopes.sealed {
        let mut body = vector.body.0.clone();
        body.resize(vector.bucket - HEADER_LEN, 0);
        let payload = seal(&envelopes, &header(vector), &body, &vector.nonce);
        match (&vector.payload, &vector.payload_sha256) {
            (Some(stated), None) => assert_eq!(payload, stated.0, "{}", vector.name),
            (None, Some(stated)) => assert_eq!(Sha256::digest(&payload)[..], stated.0, "{}", vector.name),
            _ => panic!("{}: one of payload and payload_sha256", vector.name),
        }
        let (read, opened) = envelopes.open(&payload).unwrap();
        assert_eq!(read, header(vector), "{}", vector.name);
        assert_eq!(*opened, body, "{}", vector.name);
    }
}

#[test]
fn the_buckets_are_as_specified() {
    let buckets: Vec<usize> = VECTORS.buckets.iter().map(|vector| vector.bucket).collect();
    assert_eq!(buckets, envelope::BUCKETS);
}
