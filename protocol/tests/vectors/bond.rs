use sotto_protocol::bond::{Bonds, Exchanged, Found, Held, Indexes, Proof, Role, Shown};
use sotto_protocol::{Name, Topic, kept::Token};

use crate::file::{Bytes, Generation, VECTORS};
use crate::mail::note;
use crate::playback::Playback;

fn topic() -> Topic {
    Topic::parse(&VECTORS.rooms[VECTORS.bond.room].topic).unwrap()
}

/// A `held` of the file as the crate's.
fn held(bytes: &Bytes) -> Held {
    let number = |at: usize| u32::from_be_bytes(bytes.0[at..at + 4].try_into().unwrap());
    Held {
        generation: number(0),
        indexes: Indexes {
            sent: number(4),
            received: number(8),
            lowest: number(12),
        },
        mac: bytes.0[16..].try_into().unwrap(),
    }
}

#[test]
fn generations_proofs_and_blobs_of_a_bond_are_as_specified() {
    let (mut lo, mut hi) = (Bonds::default(), Bonds::default());
    let mut id = None;
    for (number, vector) in VECTORS.bond.generations.iter().enumerate() {
        let Generation { blobs, filling, .. } = vector;
        let hash = vector.hash.array();
        let exchanged = Exchanged {
            lo: &vector.lo.array(),
            hi: &vector.hi.array(),
            hash: &hash,
        };
        for (bonds, role) in [(&mut lo, Role::Lo), (&mut hi, Role::Hi)] {
            if let Some(id) = id {
                assert_eq!(
                    bonds.advance(id, number as u32 - 1, &exchanged),
                    Some(number as u32)
                );
            } else {
                bonds
                    .begin(&exchanged, role, Name::new("anna").unwrap(), 0)
                    .unwrap();
            }
            let revision = bonds.unwritten().unwrap();
            bonds.written(revision, 0);
        }
        let id = *id.get_or_insert_with(|| {
            let id = lo.iter().next().unwrap().id();
            assert_eq!(id.0, vector.id.array());
            id
        });
        let number = number as u32;
        assert!(lo.held(id, number, &hash).unwrap() == held(&vector.held_lo));
        assert!(hi.held(id, number, &hash).unwrap() == held(&vector.held_hi));
        assert!(lo.on_held(id, &held(&vector.held_hi), &hash, 0));
        assert!(hi.on_held(id, &held(&vector.held_lo), &hash, 0));

        let proof = lo.prove(&hash, &mut Playback::of([filling]));
        assert!(proof == Proof(vector.proof_lo.array()));
        assert_eq!(hi.recognise(&proof, &hash, 0), Some(Shown::Other(id, number)));

        for vector in blobs {
            let mut random = Playback::of([&vector.nonce]);
            let bond = lo.get_mut(id).unwrap();
            let waiting = bond.seal(note(&vector.note), &topic(), &mut random).unwrap();
            assert_eq!(waiting.note.index, vector.note.index);
            assert!(waiting.sealed.token == Token(vector.token.array()));
            assert_eq!(hex::encode(waiting.sealed.blob), hex::encode(&vector.blob.0));
        }
    }
    let blobs = VECTORS.bond.generations.iter().flat_map(|one| &one.blobs);
    for vector in blobs {
        let bond = hi.get_mut(id.unwrap()).unwrap();
        let found = Found::Note {
            note: note(&vector.note),
            token: Token(vector.token.array()),
        };
        assert_eq!(bond.open(&[&vector.blob.0], &topic(), 0), [(0, found)]);
    }
}
