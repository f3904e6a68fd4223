use sotto_protocol::envelope::{Header, Kind};
use sotto_protocol::run_key::{PublicRunKey, RunKey};

use crate::envelope::{envelopes, header};
use crate::file::VECTORS;
use crate::playback::Playback;

/// The run of this id.
pub fn run(id: &[u8]) -> RunKey {
    let vector = VECTORS.runs.iter().find(|vector| vector.id.0 == id).unwrap();
    RunKey::new(&mut Playback::of([&vector.secret]))
}

#[test]
fn an_id_certifies_itself_as_specified() {
    for vector in &VECTORS.runs {
        let public = run(&vector.id.0).public();
        assert_eq!(public.as_bytes()[..], vector.public.0);
        assert_eq!(public.id().0[..], vector.id.0);
        assert_eq!(PublicRunKey::from_bytes(&vector.public.array()), Some(public));
    }
}

#[test]
fn hellos_are_signed_as_specified() {
    let room = envelopes(VECTORS.envelopes.room);
    let hellos: Vec<(Header, _)> = VECTORS
        .envelopes
        .sealed
        .iter()
        .map(|vector| (header(vector), &vector.body.0))
        .filter(|(header, _)| header.kind == Kind::Hello)
        .collect();
    assert_eq!(hellos.len(), 2);
    for (header, body) in hellos {
        let run = run(&header.from.0);
        // Two nonces and the key are said; what fills the body and the signature follow from them.
        let signed = run.sign(room.topic(), &header, &body[..64]).unwrap();
        assert_eq!(signed, *body);
        assert!(run.public().verified(room.topic(), &header, body).is_some());
    }
}
