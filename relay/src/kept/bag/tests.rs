use proptest::prelude::*;

use super::*;

const TODAY: Day = Day(20_000);
const KIB: usize = 1024;

/// A blob that is known by one byte, of so many bytes.
fn entry(byte: u8, size: usize) -> Entry {
    Entry {
        number: 0,
        until: Day(TODAY.0 + 7),
        hash: token(byte).drop_hash(),
        size,
        blob: None,
    }
}

fn token(byte: u8) -> Token {
    Token([byte; 32])
}

fn tokens(bytes: &[u8]) -> Vec<Token> {
    bytes.iter().copied().map(token).collect()
}

fn keeping(room: usize, total: usize) -> (Keeping, Bag) {
    let keeping = Keeping::new(7, room, total);
    let bag = Bag::new(keeping.total.clone());
    (keeping, bag)
}

fn put(bag: &mut Bag, keeping: &Keeping, byte: u8, size: usize, drops: &[u8]) -> Result<Put, NotKept> {
    bag.put(entry(byte, size), &tokens(drops), keeping, true, || true)
}

fn numbers(bag: &Bag) -> Vec<u64> {
    bag.entries().iter().map(|entry| entry.number).collect()
}

#[test]
fn a_number_is_one_more_than_the_highest_that_there_ever_was() {
    let (keeping, mut bag) = keeping(256 * KIB, 1 << 20);
    for byte in 1..=3 {
        assert_eq!(
            put(&mut bag, &keeping, byte, 256, &[]).unwrap().number,
            u64::from(byte)
        );
    }
    bag.take_out(&tokens(&[3]));
    assert_eq!(put(&mut bag, &keeping, 4, 256, &[]).unwrap().number, 4);
    bag.take_out(&tokens(&[1, 2, 4]));
    assert!(bag.is_empty());
    assert_eq!(put(&mut bag, &keeping, 5, 256, &[]).unwrap().number, 5);
}

#[test]
fn the_same_drop_hash_again_has_the_number_that_it_has_and_one_copy() {
    let (keeping, mut bag) = keeping(256 * KIB, 1 << 20);
    let first = put(&mut bag, &keeping, 1, KIB, &[]).unwrap();
    put(&mut bag, &keeping, 2, KIB, &[]).unwrap();
    let again = (bag.put(entry(1, KIB), &tokens(&[2]), &keeping, true, || false)).unwrap();
    assert_eq!((again.number, again.is_new), (first.number, false));
    assert_eq!(again.dropped, [true]);
    assert_eq!((numbers(&bag), keeping.total.bytes()), (vec![1], KIB));
}

#[test]
fn a_room_holds_so_many_blobs_and_bytes_and_nothing_goes_for_another() {
    let (keeping, mut bag) = keeping(256 * KIB, 1 << 30);
    for byte in 0..64 {
        put(&mut bag, &keeping, byte, 256, &[]).unwrap();
    }
    assert_eq!(put(&mut bag, &keeping, 64, 256, &[]), Err(NotKept::Full));
    assert_eq!(numbers(&bag).len(), 64);
    bag.restore(Vec::new());
    for byte in 0..16 {
        put(&mut bag, &keeping, byte, 16 * KIB, &[]).unwrap();
    }
    assert_eq!(put(&mut bag, &keeping, 64, 256, &[]), Err(NotKept::Full));
}

#[test]
fn who_gives_back_a_place_and_as_many_bytes_is_never_refused() {
    let (keeping, mut bag) = keeping(16 * KIB, 16 * KIB);
    let never = || panic!("nobody is asked");
    put(&mut bag, &keeping, 1, 16 * KIB, &[]).unwrap();
    // Not even where half of all is what strangers may have.
    let answer = bag.put(entry(2, 256), &tokens(&[1]), &keeping, false, never);
    assert_eq!(answer.unwrap().dropped, [true]);
    assert_eq!(keeping.total.bytes(), 256);
    // A token that names nothing gives nothing back, nor one that comes twice.
    put(&mut bag, &keeping, 3, 4 * KIB, &[]).unwrap();
    let wrong = bag.put(entry(4, 16 * KIB), &tokens(&[3, 3, 9]), &keeping, true, || true);
    assert_eq!(wrong, Err(NotKept::Full));
    assert_eq!(numbers(&bag), [2, 3]);
}

#[test]
fn strangers_new_rooms_share_the_lower_half() {
    let (keeping, mut bag) = keeping(256 * KIB, 32 * KIB);
    let stranger = |bag: &mut Bag, byte| bag.put(entry(byte, 4 * KIB), &[], &keeping, false, || true);
    for byte in 0..4 {
        stranger(&mut bag, byte).unwrap();
    }
    assert_eq!(stranger(&mut bag, 4), Err(NotKept::Full));
    for byte in 4..8 {
        put(&mut bag, &keeping, byte, 4 * KIB, &[]).unwrap();
    }
    assert_eq!(put(&mut bag, &keeping, 8, 256, &[]), Err(NotKept::Full));
}

#[test]
fn who_has_put_too_much_puts_no_more_and_a_full_bag_asks_for_no_quota() {
    let (keeping, mut bag) = keeping(16 * KIB, 1 << 20);
    let asked = bag.put(entry(1, 256), &[], &keeping, true, || false);
    assert_eq!((asked, bag.is_empty()), (Err(NotKept::TooMuch), true));
    put(&mut bag, &keeping, 1, 16 * KIB, &[]).unwrap();
    let full = bag.put(entry(2, 256), &[], &keeping, true, || panic!("asked"));
    assert_eq!(full, Err(NotKept::Full));
}

#[test]
fn a_get_brings_16_kib_and_at_least_one_and_says_whether_there_is_more() {
    let (keeping, mut bag) = keeping(256 * KIB, 1 << 20);
    for (byte, size) in [(1, 4 * KIB), (2, 4 * KIB), (3, 16 * KIB), (4, 256)] {
        put(&mut bag, &keeping, byte, size, &[]).unwrap();
    }
    let got = |after, blobs| {
        let (entries, more) = bag.after(after, blobs);
        (entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), more)
    };
    assert_eq!(got(0, true), (vec![1, 2], true));
    assert_eq!(got(2, true), (vec![3], true));
    assert_eq!(got(3, true), (vec![4], false));
    assert_eq!(got(4, true), (vec![], false));
    assert_eq!(got(u64::MAX, false), (vec![], false));
    assert_eq!(got(1, false), (vec![2, 3, 4], false));
}

#[test]
fn a_blob_outlives_its_last_day_and_no_clock_makes_it_stay_longer() {
    let (keeping, mut bag) = keeping(256 * KIB, 1 << 20);
    put(&mut bag, &keeping, 1, 256, &[]).unwrap();
    let far = Entry {
        until: Day(TODAY.0 + 9_000),
        ..entry(2, 256)
    };
    bag.put(far, &[], &keeping, true, || true).unwrap();
    bag.sweep(Day(TODAY.0 + 7), 14);
    assert_eq!(numbers(&bag), [1, 2]);
    bag.sweep(Day(TODAY.0 + 8), 14);
    assert_eq!(numbers(&bag), [2]);
    bag.sweep(Day(TODAY.0 + 22), 14);
    assert_eq!((numbers(&bag), keeping.total.bytes()), (vec![], 0));
}

#[derive(Debug, Clone)]
enum Step {
    Put {
        byte: u8,
        size: usize,
        drops: Vec<u8>,
        settled: bool,
    },
    TakeOut(Vec<u8>),
    Sweep(u32),
    Undo,
}

fn step() -> impl Strategy<Value = Step> {
    let byte = || 0u8..24;
    prop_oneof![
        6 => (byte(), prop::sample::select(&kept::BUCKETS), prop::collection::vec(byte(), 0..4), any::<bool>())
            .prop_map(|(byte, size, drops, settled)| Step::Put { byte, size, drops, settled }),
        2 => prop::collection::vec(byte(), 0..4).prop_map(Step::TakeOut),
        1 => (0u32..9).prop_map(Step::Sweep),
        1 => Just(Step::Undo),
    ]
}

/// What the bag should be, in the plainest words: number, byte and size of each blob.
#[derive(Default, Clone)]
struct Model {
    blobs: Vec<(u64, u8, usize)>,
    highest: u64,
}

impl Model {
    fn bytes(&self) -> usize {
        self.blobs.iter().map(|blob| blob.2).sum()
    }

    fn without(&self, bytes: &[u8]) -> Self {
        let mut rest = self.clone();
        rest.blobs.retain(|blob| !bytes.contains(&blob.1));
        rest
    }
}

proptest! {
    #[test]
    fn a_bag_is_what_its_model_is(steps in prop::collection::vec(step(), 1..80)) {
        const ROOM: usize = 40 * KIB;
        const TOTAL: usize = 48 * KIB;
        let (keeping, mut bag) = keeping(ROOM, TOTAL);
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Put { byte, size, drops, settled } => {
                    let answer = bag.put(entry(byte, size), &tokens(&drops), &keeping, settled, || true);
                    let rest = model.without(&drops);
                    let freed = model.bytes() - rest.bytes();
                    let share = if settled { TOTAL } else { TOTAL / 2 };
                    let is_known = rest.blobs.iter().any(|blob| blob.1 == byte);
                    let fits = rest.bytes() + size <= ROOM.min(share) && rest.blobs.len() < 64;
                    prop_assert_eq!(answer.is_ok(), is_known || fits || freed >= size);
                    if answer.is_ok() {
                        model = rest;
                        if !is_known {
                            model.highest += 1;
                            model.blobs.push((model.highest, byte, size));
                        }
                    }
                }
                Step::TakeOut(bytes) => {
                    let (dropped, _) = bag.take_out(&tokens(&bytes));
                    let there = dropped.iter().filter(|there| **there).count();
                    let rest = model.without(&bytes);
                    prop_assert_eq!(there, model.blobs.len() - rest.blobs.len());
                    model = rest;
                }
                Step::Sweep(days) => {
                    bag.sweep(Day(TODAY.0 + days), 14);
                    if days > 7 {
                        model.blobs.clear();
                    }
                }
                Step::Undo => {
                    let before = bag.entries().to_vec();
                    bag.take_out(&tokens(&(0..12).collect::<Vec<_>>()));
                    bag.restore(before);
                }
            }
            prop_assert_eq!(numbers(&bag), model.blobs.iter().map(|blob| blob.0).collect::<Vec<_>>());
            prop_assert_eq!(keeping.total.bytes(), model.bytes());
            prop_assert_eq!(keeping.total.blobs(), model.blobs.len());
        }
        drop(bag);
        prop_assert_eq!((keeping.total.bytes(), keeping.total.blobs()), (0, 0));
    }
}
