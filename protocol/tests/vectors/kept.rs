use serde_json::value::RawValue;
use sotto_protocol::{
    Root, Topic,
    kept::{self, Announcement, Challenge, Content, DropHash, Get, Got, Kept, Placed, Put, Signed, Token},
};

use crate::file::VECTORS;

fn topic() -> Topic {
    Topic::parse(&VECTORS.rooms[VECTORS.kept.room].topic).unwrap()
}

fn signed(event: &str, rest: &[u8]) -> Vec<u8> {
    let vector = &VECTORS.kept;
    let root = Root::from_bytes(VECTORS.rooms[vector.room].root.array());
    let challenge = Challenge(vector.challenge.array());
    (root.member_key()).sign(event, &topic(), &challenge, &vector.reference, rest)
}

fn verified<'a>(event: &str, payload: &'a [u8]) -> Option<&'a [u8]> {
    let vector = &VECTORS.kept;
    let challenge = Challenge(vector.challenge.array());
    Signed::decode(payload)?.verified(event, &topic(), &challenge, &vector.reference)
}

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_put_is_written_signed_and_read_as_specified() {
    let vector = &VECTORS.kept;
    let token = Token(vector.token.array());
    assert_eq!(token.drop_hash().0, vector.drop_hash.array());
    let put = Put {
        drop_hash: token.drop_hash(),
        days: vector.days,
        drops: (vector.drops.iter()).map(|token| Token(token.array())).collect(),
        blob: &vector.blob.0,
    };
    assert_eq!(signed(kept::PUT, &put.encode().unwrap()), vector.put.0);
    assert_eq!(
        Put::decode(verified(kept::PUT, &vector.put.0).unwrap()),
        Some(put)
    );
    assert_eq!(verified(kept::EXPIRE, &vector.put.0), None);
    let access = Signed::decode(&vector.put.0).unwrap().access_hash();
    assert_eq!(access.to_hex().as_str(), VECTORS.rooms[vector.room].access_hash);
}

#[test]
fn the_end_of_a_room_is_signed_as_specified() {
    let vector = &VECTORS.kept;
    assert_eq!(signed(kept::EXPIRE, b""), vector.expire.0);
    assert_eq!(verified(kept::EXPIRE, &vector.expire.0), Some(&b""[..]));
}

#[test]
fn a_drop_is_written_and_read_as_specified() {
    let vector = &VECTORS.kept;
    let drops: Vec<Token> = (vector.drops.iter()).map(|token| Token(token.array())).collect();
    assert_eq!(kept::write_tokens(&drops), Some(vector.drop.0.clone()));
    assert_eq!(kept::tokens(&vector.drop.0), Some(drops));
}

#[test]
fn what_is_kept_is_pushed_as_specified() {
    let vector = &VECTORS.kept;
    let contents = [
        (Content::Blob(&vector.blob.0), &vector.kept_blob.0),
        (
            Content::Hash(DropHash(vector.drop_hash.array())),
            &vector.kept_hash.0,
        ),
    ];
    for (content, written) in contents {
        let kept = Kept {
            number: vector.number,
            days_left: vector.days,
            content,
        };
        assert_eq!(kept.encode(), *written);
        assert_eq!(Kept::decode(written), Some(kept));
    }
}

#[test]
fn answers_and_questions_in_json_are_as_specified() {
    let vector = &VECTORS.kept;
    let announced = Announcement {
        days: 7,
        blobs: 64,
        challenge: Challenge(vector.challenge.array()),
    };
    assert_eq!(announced.to_json().get(), vector.announced);
    assert_eq!(Announcement::parse(raw(&vector.announced)), Some(announced));
    let get = Get {
        after: 0,
        blobs: true,
    };
    assert_eq!(get.to_json().get(), vector.get);
    assert_eq!(Get::parse(raw(&vector.get)), Some(get));
    let got = Got { count: 2, more: true };
    assert_eq!(got.to_json().get(), vector.got);
    assert_eq!(Got::parse(raw(&vector.got)), Some(got));
    let placed = Placed {
        number: vector.number,
        until: 20_000,
        durable: true,
        dropped: vec![true, false],
    };
    assert_eq!(placed.to_json().get(), vector.placed);
    assert_eq!(Placed::parse(raw(&vector.placed)), Some(placed));
    assert_eq!(kept::dropped::to_json(vec![true, false]).get(), vector.dropped);
    assert_eq!(
        kept::dropped::parse(raw(&vector.dropped)),
        Some(vec![true, false])
    );
}
