//! The list without a screen.

use super::*;
use crate::screen::clock::TimeFormat;

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
    let rows = list.rows(MEASURE, height, Marked::default()).into_iter();
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
    assert_eq!(list.rows(MEASURE, 5, Marked::default()).len(), 5);
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
