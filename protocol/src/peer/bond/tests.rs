use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::limits::{AHEAD, BONDS, DAYS, SKIPPED, UNREAD};
use super::*;
use crate::peer::mail::{Body, Note, note::tests::text};
use crate::wire::{hash::RoomHash, topic::Topic};

const DAY: u64 = 86_400_000;
const FIRST_HASH: [u8; 32] = [3; 32];

fn topic() -> Topic {
    Topic::of(&RoomHash::from_bytes([7; 32]))
}

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

/// The two sides of one bond.
struct Two {
    lo: Bonds,
    hi: Bonds,
    id: BondId,
    rng: StdRng,
}

fn write(bonds: &mut Bonds) {
    if let Some(revision) = bonds.unwritten() {
        bonds.written(revision, 0);
    }
}

impl Two {
    /// Who have exchanged, and written nothing.
    fn exchanged() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let (lo, hi): ([u8; 32], [u8; 32]) = (rng.random(), rng.random());
        let exchanged = Exchanged {
            lo: &lo,
            hi: &hi,
            hash: &FIRST_HASH,
        };
        let (mut lo, mut hi) = (Bonds::default(), Bonds::default());
        let (id, _) = lo.begin(&exchanged, Role::Lo, name("ben"), 0).unwrap();
        let (same, _) = hi.begin(&exchanged, Role::Hi, name("anna"), 0).unwrap();
        assert_eq!(id, same);
        Self { lo, hi, id, rng }
    }

    /// Who have both said that they hold the first generation.
    fn met() -> Self {
        let mut two = Self::exchanged();
        two.hold(0, &FIRST_HASH);
        two
    }

    fn hold(&mut self, number: u32, hash: &[u8; 32]) {
        write(&mut self.lo);
        write(&mut self.hi);
        let lo = self.lo.held(self.id, number, hash).unwrap();
        let hi = self.hi.held(self.id, number, hash).unwrap();
        assert!(self.lo.on_held(self.id, &hi, hash, 0));
        assert!(self.hi.on_held(self.id, &lo, hash, 0));
        write(&mut self.lo);
        write(&mut self.hi);
    }

    /// Both show what they have, in a meeting with this handshake hash.
    fn recognise(&mut self, hash: &[u8; 32]) -> [Option<Shown>; 2] {
        let lo = self.lo.prove(hash, &mut self.rng);
        let hi = self.hi.prove(hash, &mut self.rng);
        [self.lo.recognise(&hi, hash, 0), self.hi.recognise(&lo, hash, 0)]
    }

    /// They meet again, and take the next generation.
    fn advance(&mut self, base: u32) {
        let (lo, hi, hash) = (self.rng.random(), self.rng.random(), self.rng.random());
        let exchanged = Exchanged {
            lo: &lo,
            hi: &hi,
            hash: &hash,
        };
        assert_eq!(self.lo.advance(self.id, base, &exchanged), Some(base + 1));
        assert_eq!(self.hi.advance(self.id, base, &exchanged), Some(base + 1));
        self.hold(base + 1, &hash);
    }

    fn lo(&mut self) -> &mut Bond {
        self.lo.get_mut(self.id).unwrap()
    }

    fn hi(&mut self) -> &mut Bond {
        self.hi.get_mut(self.id).unwrap()
    }

    /// Lo leaves something for hi.
    fn seal(&mut self, said: &str) -> Waiting {
        self.try_seal(said).unwrap()
    }

    fn try_seal(&mut self, said: &str) -> Result<Waiting, SealError> {
        let bond = self.lo.get_mut(self.id).unwrap();
        bond.seal(text(said), &topic(), &mut self.rng)
    }

    /// What hi reads of these, on a day.
    fn open(&mut self, blobs: &[&Waiting], day: u32) -> Vec<Found> {
        let blobs: Vec<_> = blobs.iter().map(|one| &one.sealed.blob[..]).collect();
        let found = self.hi().open(&blobs, &topic(), u64::from(day) * DAY);
        found.into_iter().map(|(_, found)| found).collect()
    }

    fn reads(&mut self, blob: &Waiting) -> Option<String> {
        match &self.open(&[blob], 0)[..] {
            [Found::Note { note, .. }] => Some(said(note)),
            _ => None,
        }
    }
}

fn said(note: &Note) -> String {
    match &note.body {
        Body::Text { text, .. } => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn bytes(bonds: &Bonds) -> Vec<u8> {
    serde_json::to_vec(bonds).unwrap()
}

fn read_again(bonds: &Bonds) -> Bonds {
    serde_json::from_slice(&bytes(bonds)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Through meetings, and in whatever order a relay gives them back.
    #[test]
    fn what_waits_is_read_once_in_any_order(
        count in 1usize..40,
        meetings in prop::collection::vec(prop::bool::weighted(0.1), 40),
        order: u64,
        lost in prop::collection::vec(any::<bool>(), 40),
    ) {
        let mut two = Two::met();
        let (mut blobs, mut generation) = (Vec::new(), 0);
        for (place, meets) in meetings.iter().take(count).enumerate() {
            if *meets && generation < limits::RETIRED as u32 {
                two.advance(generation);
                generation += 1;
            }
            blobs.push(two.seal(&format!("{place}")));
        }
        let mut shuffled: Vec<_> = (0..count).filter(|at| !lost[*at]).collect();
        let mut rng = StdRng::seed_from_u64(order);
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, rng.random_range(0..=at));
        }
        for &at in &shuffled {
            prop_assert_eq!(two.reads(&blobs[at]), Some(format!("{at}")));
        }
        for &at in &shuffled {
            let again = matches!(two.open(&[&blobs[at]], 0)[..], [Found::Repeat { changed: false, .. }]);
            prop_assert!(again);
        }
        let missing: Vec<_> = two.hi().missing_before(u32::MAX).collect();
        let last = shuffled.iter().max().copied().unwrap_or_default();
        prop_assert!(missing.into_iter().eq((0..last).filter(|at| lost[*at]).map(|at| at as u32)));
    }

    #[test]
    fn a_bond_survives_its_bytes(meetings in 0u32..3, left in 0usize..5) {
        let mut two = Two::met();
        (0..meetings).for_each(|base| two.advance(base));
        let blobs: Vec<_> = (0..left).map(|n| two.seal(&format!("{n}"))).collect();
        for blob in blobs.iter().skip(1) {
            two.reads(blob);
        }
        for bonds in [&two.lo, &two.hi] {
            prop_assert!(read_again(bonds) == *bonds);
            prop_assert_eq!(read_again(bonds).unwritten(), None);
        }
    }

    #[test]
    fn no_bytes_are_a_proof_of_a_bond(bytes: [u8; 32], at in 0usize..SLOTS) {
        let mut two = Two::met();
        let mut proof = Proof::empty(&mut two.rng);
        proof.0[at * 32..][..32].copy_from_slice(&bytes);
        prop_assert_eq!(two.lo.recognise(&proof, &FIRST_HASH, 0), None);
    }
}

#[test]
fn nothing_is_sealed_before_the_other_has_said_that_he_remembers() {
    let mut two = Two::exchanged();
    write(&mut two.lo);
    write(&mut two.hi);
    assert_eq!(two.try_seal("too early"), Err(SealError::Half));
    assert!(!two.lo().is_whole());
    let held = two.hi.held(two.id, 0, &FIRST_HASH).unwrap();
    assert!(!two.lo.on_held(two.id, &held, &[9; 32], 0), "of another session");
    let ours = two.lo.held(two.id, 0, &FIRST_HASH).unwrap();
    assert!(
        !two.lo.on_held(two.id, &ours, &FIRST_HASH, 0),
        "our own, reflected"
    );
    assert_eq!(two.try_seal("too early"), Err(SealError::Half));
    assert!(two.lo.on_held(two.id, &held, &FIRST_HASH, 0));
    assert!(two.try_seal("now").is_ok());
}

#[test]
fn nothing_is_said_of_a_generation_before_it_is_on_the_disk() {
    let mut two = Two::exchanged();
    assert!(two.hi.unwritten().is_some());
    assert_eq!(two.hi.held(two.id, 0, &FIRST_HASH), None);
    assert_eq!(two.recognise(&FIRST_HASH), [None, None]);
    write(&mut two.hi);
    assert_eq!(two.hi.unwritten(), None);
    assert!(two.hi.held(two.id, 0, &FIRST_HASH).is_some());
}

#[test]
fn a_proof_shows_both_to_each_other_in_their_session_and_in_no_other() {
    let mut two = Two::met();
    let shown = Some(Shown::Other(two.id, 0));
    assert_eq!(two.recognise(&[5; 32]), [shown, shown]);
    let proof = two.lo.prove(&[5; 32], &mut two.rng);
    assert_eq!(two.hi.recognise(&proof, &[6; 32], 0), None, "of another session");
    assert_eq!(
        Two::met().hi.recognise(&Proof([0; Proof::LEN]), &[5; 32], 0),
        None
    );
    let mut stranger = Bonds::default();
    assert_eq!(stranger.recognise(&proof, &[5; 32], 0), None);
}

#[test]
fn a_proof_of_our_own_side_is_a_copy_of_our_memory_and_no_friend() {
    let mut two = Two::met();
    let proof = read_again(&two.lo).prove(&[5; 32], &mut two.rng);
    assert_eq!(
        two.lo.recognise(&proof, &[5; 32], 0),
        Some(Shown::Ourselves(two.id))
    );
}

#[test]
fn to_a_stranger_a_proof_is_random_bytes_whatever_it_shows() {
    let mut two = Two::met();
    // No byte stands still, as the places would that begin with the zeros of small numbers.
    let proofs: Vec<_> = (0..64u8)
        .map(|n| two.lo.prove(&[n; 32], &mut two.rng).0)
        .collect();
    for at in 0..32 {
        let first = proofs[0][at];
        assert!(proofs.iter().any(|proof| proof[at] != first), "byte {at}");
    }
}

#[test]
fn a_full_room_of_bonds_fits_a_proof() {
    let (mut ours, mut rng) = (Bonds::default(), StdRng::seed_from_u64(4));
    let mut theirs = Vec::new();
    for n in 0..BONDS as u8 {
        let exchanged = Exchanged {
            lo: &[n; 32],
            hi: &[n; 32],
            hash: &FIRST_HASH,
        };
        let mut other = Bonds::default();
        for (bonds, role) in [(&mut ours, Role::Lo), (&mut other, Role::Hi)] {
            let (id, _) = bonds.begin(&exchanged, role, name("ben"), 0).unwrap();
            bonds.advance(id, 0, &exchanged).unwrap();
            write(bonds);
        }
        theirs.push(other);
    }
    let exchanged = Exchanged {
        lo: &[99; 32],
        hi: &[99; 32],
        hash: &FIRST_HASH,
    };
    assert_eq!(ours.begin(&exchanged, Role::Lo, name("ben"), 0), None);
    let proof = ours.prove(&[5; 32], &mut rng);
    for mut other in theirs {
        assert!(matches!(
            other.recognise(&proof, &[5; 32], 0),
            Some(Shown::Other(_, 1))
        ));
    }
}

#[test]
fn who_has_not_written_the_next_generation_is_known_by_the_one_before() {
    let mut two = Two::met();
    let before = read_again(&two.hi);
    two.advance(0);
    // Lo knows that hi has it, and keeps nothing below. Hi is what it was before it wrote.
    let mut lo = Two::met();
    let exchanged = Exchanged {
        lo: &[1; 32],
        hi: &[2; 32],
        hash: &[4; 32],
    };
    lo.lo.advance(lo.id, 0, &exchanged).unwrap();
    write(&mut lo.lo);
    lo.hi = before;
    let shown = Some(Shown::Other(lo.id, 0));
    assert_eq!(lo.recognise(&[5; 32]), [shown, shown]);
    lo.advance(0);
    let shown = Some(Shown::Other(lo.id, 1));
    assert_eq!(lo.recognise(&[6; 32]), [shown, shown]);
}

#[test]
fn what_the_other_has_is_kept_until_ours_is_on_the_disk() {
    let mut two = Two::met();
    let exchanged = Exchanged {
        lo: &[1; 32],
        hi: &[2; 32],
        hash: &[4; 32],
    };
    two.lo.advance(two.id, 0, &exchanged).unwrap();
    two.hi.advance(two.id, 0, &exchanged).unwrap();
    write(&mut two.hi);
    let held = two.hi.held(two.id, 1, &[4; 32]).unwrap();
    assert!(two.lo.on_held(two.id, &held, &[4; 32], 0));
    // Lo's write fails: nothing but generation 0 can be shown.
    let shown = Some(Shown::Other(two.id, 0));
    assert_eq!(two.recognise(&[5; 32])[1], shown);
    write(&mut two.lo);
    let shown = Some(Shown::Other(two.id, 1));
    assert_eq!(two.recognise(&[6; 32])[1], shown);
}

#[test]
fn what_was_read_no_memory_opens_any_more() {
    let mut two = Two::met();
    let blobs: Vec<_> = (0..3).map(|n| two.seal(&format!("{n}"))).collect();
    assert!(blobs.iter().all(|blob| two.reads(blob).is_some()));
    two.advance(0);
    for bonds in [&two.lo, &two.hi] {
        for role in [Role::Lo, Role::Hi] {
            let mut thief = read_again(bonds);
            for bond in &mut thief.bonds {
                bond.take_over(role);
                for blob in &blobs {
                    assert_eq!(bond.open(&[&blob.sealed.blob], &topic(), 0), []);
                }
            }
        }
    }
}

#[test]
fn a_thief_of_both_memories_opens_what_was_not_read() {
    let mut two = Two::met();
    let blob = two.seal("not yet");
    // So the test above looks where it has to.
    let mut thief = read_again(&two.hi);
    let found = thief.bonds[0].open(&[&blob.sealed.blob], &topic(), 0);
    assert!(matches!(found[..], [(0, Found::Note { .. })]));
}

#[test]
fn a_blob_that_has_the_hint_and_does_not_open_changes_nothing() {
    let mut two = Two::met();
    let good = two.seal("well?");
    let mut bad = good.clone();
    bad.sealed.blob[100] ^= 1;
    let before = bytes(&two.hi);
    assert_eq!(two.open(&[&bad], 0), []);
    assert_eq!(bytes(&two.hi), before);
    // Every blob of a hint is tried.
    assert!(matches!(two.open(&[&bad, &good], 0)[..], [Found::Note { .. }]));
}

#[test]
fn another_room_or_token_does_not_open() {
    let mut two = Two::met();
    let blob = two.seal("here").sealed.blob;
    let elsewhere = Topic::of(&RoomHash::from_bytes([8; 32]));
    assert_eq!(two.hi().open(&[&blob], &elsewhere, 0), []);
}

#[test]
fn an_author_stops_before_the_reader_would_not_find_it() {
    let mut two = Two::met();
    let first = two.seal("first");
    for _ in 1..UNREAD {
        two.try_seal("x").unwrap();
    }
    assert_eq!(two.try_seal("one more"), Err(SealError::Unread));
    const { assert!(UNREAD < AHEAD) };
    two.reads(&first).unwrap();
    assert!(two.lo().read(0));
    assert!(!two.lo().read(0), "no news");
    let last = two.seal("one more");
    assert_eq!(two.reads(&last).as_deref(), Some("one more"));
}

#[test]
fn the_newest_keys_that_were_passed_over_are_kept_for_some_days() {
    let mut two = Two::met();
    let blobs: Vec<_> = (0..SKIPPED + 3).map(|n| two.seal(&format!("{n}"))).collect();
    two.reads(&blobs[SKIPPED + 2]).unwrap();
    assert_eq!(two.reads(&blobs[0]), None);
    assert_eq!(two.reads(&blobs[1]), None);
    assert_eq!(two.reads(&blobs[2]).as_deref(), Some("2"));
    assert!(matches!(two.open(&[&blobs[3]], DAYS)[..], [Found::Note { .. }]));
    assert_eq!(two.open(&[&blobs[4]], DAYS + 1), []);
}

#[test]
fn what_its_author_says_waits_no_more_has_no_key() {
    let mut two = Two::met();
    let blobs: Vec<_> = (0..4).map(|n| two.seal(&format!("{n}"))).collect();
    two.reads(&blobs[3]).unwrap();
    assert!(two.lo().withdraw(0) && two.lo().withdraw(1));
    let shown = Some(Shown::Other(two.id, 0));
    assert_eq!(two.recognise(&[5; 32]), [shown, shown]);
    assert_eq!(two.reads(&blobs[1]), None);
    assert_eq!(two.hi().missing_before(3).collect::<Vec<_>>(), [2]);
    assert_eq!(two.reads(&blobs[2]).as_deref(), Some("2"));
}

#[test]
fn an_earlier_generation_is_read_until_nothing_of_it_waits_or_its_days_are_over() {
    let mut two = Two::met();
    let (early, late) = (two.seal("early"), two.seal("late"));
    two.advance(0);
    assert_eq!(two.reads(&early).as_deref(), Some("early"));
    let mut other = Two {
        lo: read_again(&two.lo),
        hi: read_again(&two.hi),
        id: two.id,
        rng: StdRng::seed_from_u64(2),
    };
    assert_eq!(other.open(&[&late], DAYS + 1), [], "its days are over");
    assert!(two.lo().read(0) && two.lo().withdraw(1));
    two.recognise(&[5; 32]);
    assert_eq!(two.reads(&late), None, "its author says that nothing waits");
    let mut third = other;
    third.lo().read(0);
    third.lo().withdraw(1);
    third.hi = read_again(&two.hi);
    let later = third.seal("under the later one");
    third.reads(&later).unwrap();
    assert_eq!(third.reads(&late), None);
}

#[test]
fn a_memory_that_is_older_than_what_the_other_has_read_is_found_out() {
    let mut two = Two::met();
    let old = read_again(&two.lo);
    let blob = two.seal("new");
    two.reads(&blob).unwrap();
    let mut restored = Two { lo: old, ..two };
    restored.recognise(&[5; 32]);
    assert_eq!(restored.lo().copied(), Some(Copied::Ours));
    assert_eq!(restored.hi().copied(), Some(Copied::Theirs));
    assert_eq!(restored.try_seal("twice under one key"), Err(SealError::Copied));
}

#[test]
fn a_receipt_for_what_was_never_sealed_is_for_a_newer_copy() {
    let mut two = Two::met();
    two.seal("one");
    assert!(!two.lo().read(1));
    assert_eq!(two.lo().copied(), Some(Copied::Ours));
}

#[test]
fn what_only_a_newer_copy_can_have_put_is_found_in_the_bag() {
    let mut two = Two::met();
    let old = read_again(&two.lo);
    let (first, second) = (two.seal("one"), two.seal("two"));
    assert!(!two.lo().is_outrun(&[&first.sealed.blob, &second.sealed.blob]));
    let mut restored = Two { lo: old, ..two };
    assert!(restored.lo().is_outrun(&[&second.sealed.blob]));
    assert_eq!(restored.try_seal("twice under one key"), Err(SealError::Copied));
}

#[test]
fn another_blob_under_a_key_that_was_spent_is_said() {
    let mut two = Two::met();
    let mut copy = Two {
        lo: read_again(&two.lo),
        hi: Bonds::default(),
        id: two.id,
        rng: StdRng::seed_from_u64(8),
    };
    let (ours, theirs) = (two.seal("from the one"), copy.seal("from the other"));
    two.reads(&ours).unwrap();
    let found = two.open(&[&theirs, &ours], 0);
    let changed = |found: &Found| matches!(found, Found::Repeat { changed: true, .. });
    assert_eq!(found.iter().map(changed).collect::<Vec<_>>(), [true, false]);
    assert_eq!(two.open(&[&theirs], DAYS + 1), [], "it is forgotten in time");
}

#[test]
fn nothing_secret_is_in_what_is_shown_for_debugging() {
    let two = Two::met();
    let shown = format!("{:?} {:?}", two.lo, Proof([77; Proof::LEN]));
    assert_eq!(shown, "[Bond(…)] Proof(…)");
}

#[test]
fn a_text_that_no_bucket_holds_takes_no_key() {
    let mut two = Two::met();
    let long = "x".repeat(crate::peer::mail::MAX_KEPT_TEXT + 1);
    let before = bytes(&two.lo);
    assert_eq!(two.try_seal(&long), Err(SealError::TooLong));
    assert_eq!(bytes(&two.lo), before);
}
