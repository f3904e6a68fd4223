//! The list without a screen.

use proptest::prelude::*;
use sotto_protocol::fading::FadeTime;
use sotto_protocol::instance::Receipt;

use super::*;
use crate::screen::talk::clock::TimeFormat;
use crate::screen::talk::entry::Marks;

const MEASURE: Measure = Measure {
    width: 80,
    name: 4,
    time: TimeFormat::Hours24,
    bare: false,
};

fn list(entries: usize) -> List {
    let mut list = List::default();
    for number in 0..entries {
        list.push(Clock::default(), Content::Answer(format!("entry {number}")));
    }
    list
}

fn shown(list: &List, height: usize) -> Vec<String> {
    let rows = list
        .rows(MEASURE, height, Marked::default(), Default::default())
        .into_iter();
    rows.map(|row| row.line.to_string().trim_start_matches("00:00 entry ").to_owned())
        .collect()
}

#[test]
fn the_newest_is_at_the_bottom() {
    assert_eq!(shown(&list(9), 3), ["6", "7", "8"]);
    assert_eq!(shown(&list(2), 3), ["0", "1"]);
}

#[test]
fn the_readers_place_holds_when_something_comes() {
    let mut list = list(9);
    list.scroll(-2, MEASURE, 3);
    assert_eq!(shown(&list, 3), ["4", "5", "6"]);
    list.push(Clock::default(), Content::Answer("entry 9".to_owned()));
    assert_eq!(shown(&list, 3), ["4", "5", "6"]);
    assert!(list.is_scrolled(MEASURE, 3));
    list.scroll(3, MEASURE, 3);
    assert_eq!(shown(&list, 3), ["7", "8", "9"]);
    list.push(Clock::default(), Content::Answer("entry 10".to_owned()));
    assert_eq!(shown(&list, 3), ["8", "9", "10"]);
}

#[test]
fn scrolling_ends_at_both_ends() {
    let mut list = list(9);
    list.scroll(isize::MIN, MEASURE, 3);
    assert_eq!(shown(&list, 3), ["0", "1", "2"]);
    list.scroll(1_000_000, MEASURE, 3);
    assert_eq!(shown(&list, 3), ["6", "7", "8"]);
}

#[test]
fn what_is_kept_is_bounded() {
    let mut list = list(MAX_ENTRIES + 5);
    assert_eq!(list.entries().count(), MAX_ENTRIES);
    list.scroll(isize::MIN, MEASURE, 1);
    assert_eq!(shown(&list, 1), ["5"]);
    for _ in 0..70 {
        list.push(Clock::default(), Content::Answer("x".repeat(1 << 20)));
    }
    assert!(list.bytes <= MAX_BYTES);
    assert_eq!(
        list.rows(MEASURE, 5, Marked::default(), Default::default()).len(),
        5
    );
}

#[test]
fn what_happens_in_a_row_is_one_line() {
    let mut list = List::default();
    for number in 0..9 {
        list.quiet(Clock::default(), format!("event {number}"));
    }
    assert_eq!(list.entries().count(), 1);
    assert_eq!(shown(&list, 5).len(), 1);
}

/// Who says something (0 is us), in which minute, and whether it fades.
type Saying = (u8, u8, bool);

fn said(number: usize, (by, minute, fades): Saying) -> (Clock, Content) {
    let clock = Clock {
        minute,
        ..Clock::default()
    };
    let receipt = Receipt {
        peer: InstanceId([by; 16]),
        number: number as u64,
    };
    let author = match by {
        0 => Author::Me(Marks::default()),
        _ => Author::Peer {
            receipt,
            accent: 0,
            age: None,
            repeat: false,
        },
    };
    let said = Said {
        id: MessageId([number as u8; 16]),
        author,
        name: format!("peer{by}"),
        text: format!("message {number}").into(),
        reply_to: None,
        edited: false,
        deleted: false,
        fades: fades.then(|| FadeTime::from_secs(60).unwrap()).into(),
        reactions: Vec::new(),
    };
    (clock, Content::Said(said))
}

/// Has them all, and has seen them all at the beginning of time.
fn talk(sayings: impl Iterator<Item = (usize, Saying)>) -> List {
    let mut list = List::default();
    for (number, saying) in sayings {
        let (clock, content) = said(number, saying);
        list.push(clock, content);
    }
    list.see(MEASURE, usize::MAX / 2, Duration::ZERO);
    for number in 0..list.pushed() {
        list.fade_from(number, Duration::ZERO);
    }
    list
}

fn sayings() -> impl Strategy<Value = Vec<Saying>> {
    // More than are taken out one by one, and fewer.
    prop_oneof![
        prop::collection::vec((0u8..3, 0u8..3, any::<bool>()), 0..20),
        prop::collection::vec((0u8..3, 0u8..3, any::<bool>()), 30..80),
    ]
}

proptest! {
    #[test]
    fn what_has_faded_leaves_the_list_as_if_it_had_never_been_there(sayings in sayings(), height in 1usize..30, up in 0isize..90) {
        let all = sayings.iter().copied().enumerate();
        let mut list = talk(all.clone());
        let mut without = talk(all.filter(|(_, (_, _, fades))| !fades));
        prop_assert!(list.take_faded(Duration::from_secs(59)).is_empty());
        let faded = list.take_faded(Duration::from_secs(60)).len();
        prop_assert_eq!(faded, sayings.iter().filter(|(_, _, fades)| *fades).count());
        prop_assert_eq!(list.next_fade(), None);
        prop_assert_eq!(list.bytes, without.bytes);
        let text = |list: &List, number: Option<u64>| number.and_then(|number| Some(list.said(number)?.text.clone()));
        let mine = [list.last_mine(), without.last_mine()];
        prop_assert_eq!(text(&list, mine[0]), text(&without, mine[1]));
        prop_assert_eq!(shown(&list, height), shown(&without, height));
        list.scroll(-up, MEASURE, height);
        without.scroll(-up, MEASURE, height);
        prop_assert_eq!(shown(&list, height), shown(&without, height));
    }

    #[test]
    fn a_reader_who_has_scrolled_keeps_the_place_while_messages_above_and_below_fade(sayings in sayings(), up in 0isize..90) {
        let mut list = talk(sayings.iter().copied().enumerate());
        list.scroll(-up, MEASURE, 5);
        list.hold(MEASURE, 5);
        let top = list.shown(MEASURE, 5).start;
        let stays = list.said(top).is_some_and(|said| said.fades == Fades::Never);
        list.take_faded(Duration::from_secs(60));
        let left = list.entries().count();
        // At the end less than a screen may be left below it.
        if stays && list.entries.range(list.at(top)..).count() >= 5.min(left) {
            prop_assert_eq!(list.shown(MEASURE, 5).start, top);
        }
    }
}
