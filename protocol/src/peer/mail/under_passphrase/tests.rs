use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::kept::BUCKETS;
use crate::peer::mail::{Body, MAX_KEPT_TEXT, note::tests::note};
use crate::peer::root::Root;

fn key(root: u8) -> MailKey {
    let root = Root::from_bytes([root; 32]);
    MailKey::new(&root.keys(), Topic::of(&root.room_hash()))
}

/// Bytes that are sealed as a note would be.
pub(crate) fn sealed_bytes(key: &MailKey, note: &[u8]) -> (Vec<u8>, Token) {
    let nonce = [7; 24];
    let (sealing, token) = key.derived(&nonce);
    let blob = blob::seal_bytes(&sealing, &[0; 8], &nonce, &key.topic, &token, note).unwrap();
    (blob, token)
}

fn sealed(note: &Note) -> Sealed {
    key(1).seal(note, &mut StdRng::seed_from_u64(1)).unwrap()
}

proptest! {
    #[test]
    fn whoever_has_the_passphrase_opens_it_and_can_drop_it(note in note()) {
        let Sealed { blob, token } = sealed(&note);
        prop_assert!(BUCKETS.contains(&blob.len()));
        prop_assert_eq!(key(1).open(&blob), Some((token, Ok(note))));
    }

    #[test]
    fn nothing_changed_opens(note in note(), at: prop::sample::Index, bit in 0_u8..8) {
        let mut blob = sealed(&note).blob;
        let at = at.index(blob.len());
        blob[at] ^= 1 << bit;
        prop_assert_eq!(key(1).open(&blob), None);
    }

    #[test]
    fn no_bytes_make_opening_panic(bytes: Vec<u8>, fill: u8, bucket in prop::sample::select(&BUCKETS)) {
        prop_assert_eq!(key(1).open(&bytes), None);
        prop_assert_eq!(key(1).open(&vec![fill; bucket]), None);
    }

    #[test]
    fn its_length_tells_nothing_but_its_bucket(one in note(), length in 1..=64_usize) {
        let Body::Text { id, reply_to, .. } = one.body else { return Ok(()) };
        let body = Body::Text { id, reply_to, text: "x".repeat(length) };
        let short = Note { author: crate::peer::mail::note::tests::text("").author, to: None, body, ..one };
        prop_assert_eq!(sealed(&short).blob.len(), 256);
    }
}

#[test]
fn another_passphrase_or_another_room_opens_nothing() {
    let note = crate::peer::mail::note::tests::text("hello");
    let blob = sealed(&note).blob;
    assert_eq!(key(2).open(&blob), None);
    let elsewhere = MailKey {
        topic: Topic::of(&Root::from_bytes([2; 32]).room_hash()),
        ..key(1)
    };
    assert_eq!(elsewhere.open(&blob), None);
}

#[test]
fn the_same_note_is_never_the_same_blob() {
    let note = crate::peer::mail::note::tests::text("hello");
    let mut rng = StdRng::seed_from_u64(1);
    let (one, other) = (
        key(1).seal(&note, &mut rng).unwrap(),
        key(1).seal(&note, &mut rng).unwrap(),
    );
    assert!(one.blob[..8] != other.blob[..8] && one.blob[32..] != other.blob[32..]);
    assert!(one.token != other.token);
}

#[test]
fn the_longest_text_fits_with_the_longest_names() {
    let longest = crate::peer::mail::note::tests::longest(MAX_KEPT_TEXT);
    assert_eq!(sealed(&longest).blob.len(), BUCKETS[3]);
    let longer = crate::peer::mail::note::tests::longest(MAX_KEPT_TEXT + 1);
    assert_eq!(key(1).seal(&longer, &mut StdRng::seed_from_u64(1)), None);
}

#[test]
fn debug_shows_nothing_of_the_key() {
    assert_eq!(format!("{:?}", key(1)), "MailKey(…)");
}
