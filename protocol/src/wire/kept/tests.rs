use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

use super::*;
use crate::wire::{hash::RoomHash, topic::Topic};

const CHALLENGE: Challenge = Challenge([3; 16]);

fn topic(byte: u8) -> Topic {
    Topic::of(&RoomHash::from_bytes([byte; 32]))
}

/// A payload as a member makes it.
fn signed(rest: &[u8]) -> Vec<u8> {
    let key = SigningKey::from_bytes(&[1; 32]);
    let signature = key.sign(&statement(PUT, &topic(1), &CHALLENGE, "7", rest));
    [key.verifying_key().as_bytes(), &signature.to_bytes()[..], rest].concat()
}

fn verified(payload: &[u8]) -> Option<&[u8]> {
    Signed::decode(payload)?.verified(PUT, &topic(1), &CHALLENGE, "7")
}

#[test]
fn what_was_signed_for_another_event_room_seat_or_push_does_not_verify() {
    let payload = signed(b"rest");
    assert_eq!(verified(&payload), Some(&b"rest"[..]));
    let signed = Signed::decode(&payload).unwrap();
    for (event, topic, challenge, reference) in [
        (EXPIRE, topic(1), CHALLENGE, "7"),
        (PUT, topic(2), CHALLENGE, "7"),
        (PUT, topic(1), Challenge([4; 16]), "7"),
        (PUT, topic(1), CHALLENGE, "8"),
    ] {
        assert_eq!(signed.verified(event, &topic, &challenge, reference), None);
    }
}

#[test]
fn a_weak_key_verifies_nothing() {
    // The neutral point as the key and as R, and 0 as S: a signature of everything, where it is not looked for.
    let mut payload = [0; 96];
    (payload[0], payload[32]) = (1, 1);
    assert_eq!(verified(&payload), None);
}

#[test]
fn a_blob_has_the_length_of_a_bucket_and_stays_a_day_at_least() {
    let put = |days, length| {
        let blob = vec![0; length];
        let drop_hash = Token([1; 32]).drop_hash();
        let put = Put {
            drop_hash,
            days,
            drops: Vec::new(),
            blob: &blob,
        };
        put.encode().is_some()
    };
    assert!(
        BUCKETS
            .into_iter()
            .all(|length| put(1, length) && put(255, length))
    );
    assert!(!put(0, 256));
    assert!(
        [0, 255, 257, 16_385, 65_536]
            .into_iter()
            .all(|length| !put(1, length))
    );
}

#[test]
fn more_tokens_than_a_byte_counts_are_not_written() {
    assert!(write_tokens(&vec![Token([1; 32]); 255]).is_some());
    assert!(write_tokens(&vec![Token([1; 32]); 256]).is_none());
}

#[test]
fn debug_shows_no_byte_of_a_token() {
    let token = Token([7; 32]);
    assert_eq!(
        format!("{token:?} {:?}", token.drop_hash()),
        "Token(…) DropHash(…)"
    );
}

proptest! {
    #[test]
    fn no_changed_bit_verifies(at in 0usize..100, bit in 0u8..8) {
        let mut payload = signed(b"rest");
        payload[at] ^= 1 << bit;
        prop_assert_eq!(verified(&payload), None);
    }

    #[test]
    fn a_put_survives_the_wire(
        hash: [u8; 32], days in 1u8.., tokens: Vec<[u8; 32]>, bucket in prop::sample::select(&BUCKETS), fill: u8,
    ) {
        let blob = vec![fill; bucket];
        let drops = tokens.into_iter().map(Token).collect();
        let put = Put { drop_hash: DropHash(hash), days, drops, blob: &blob };
        let payload = put.encode().unwrap();
        prop_assert_eq!(Put::decode(&payload), Some(put.clone()));
        prop_assert_eq!(Put::decode(&payload[..payload.len() - 1]), None);
        let drop = write_tokens(&put.drops).unwrap();
        prop_assert_eq!(super::tokens(&drop), Some(put.drops));
        prop_assert_eq!(super::tokens(&drop[..drop.len() - 1]), None);
    }

    #[test]
    fn anything_may_come(payload: Vec<u8>, json in ".*") {
        let _ = verified(&payload);
        let _ = (Put::decode(&payload), super::tokens(&payload));
        if let Some(kept) = Kept::decode(&payload) {
            prop_assert_eq!(kept.encode(), payload);
        }
        if let Ok(raw) = serde_json::from_str(&json) {
            let _ = (Announcement::parse(raw), Placed::parse(raw), Get::parse(raw), Got::parse(raw), dropped::parse(raw));
        }
    }
}
