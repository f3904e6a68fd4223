use sotto_protocol::instance::Departure;
use sotto_protocol::words::SafetyWords;

use super::*;

const BEN_IN_CYRILLIC: &str = "b\u{435}n";

/// The names in the room of ben.
fn of_ben() -> Names {
    Names::new(&Name::new("ben").unwrap())
}

fn id(peer: u8) -> InstanceId {
    InstanceId([peer; 16])
}

fn joined(peer: u8, name: &str) -> Event {
    Event::PeerJoined {
        peer: id(peer),
        name: Name::new(name).unwrap(),
        words: SafetyWords(["acorn", "badge", "cabin", "daisy", "eagle", "fable"]),
        back: false,
        compared: false,
    }
}

fn renamed(peer: u8, name: &str) -> Event {
    Event::PeerRenamed {
        peer: id(peer),
        name: Name::new(name).unwrap(),
    }
}

fn left(peer: u8) -> Event {
    Event::PeerLeft {
        peer: id(peer),
        how: Departure::Left,
    }
}

fn heard(peer: u8) -> Event {
    Event::PeerHeard { peer: id(peer) }
}

/// What those are called now whose name changed by itself.
fn changes(names: &mut Names) -> Vec<String> {
    std::iter::from_fn(|| names.changed())
        .map(|(_, shown)| shown)
        .collect()
}

#[test]
fn a_second_peer_of_a_name_is_told_apart_and_keeps_its_name_while_the_first_is_here() {
    let mut names = of_ben();
    assert_eq!(names.of(&joined(1, "anna")), "anna");
    assert_eq!(names.of(&joined(2, "anna")), "anna~2");
    assert_eq!(names.of(&joined(3, "anna")), "anna~3");
    assert_eq!(names.of(&renamed(2, "anna")), "anna~2");
    assert_eq!(names.of(&heard(2)), "anna~2");
    assert_eq!(changes(&mut names), [""; 0]);
}

#[test]
fn a_name_that_looks_like_one_that_is_here_has_a_number() {
    let mut names = of_ben();
    names.of(&joined(1, "anna"));
    assert_eq!(names.of(&joined(2, "\u{430}nna")), "\u{430}nna~2");
    assert_eq!(names.of(&joined(3, "Anna")), "Anna~3");
    names.of(&joined(4, "carl"));
    assert_eq!(names.of(&renamed(4, "anna")), "anna~4");
}

#[test]
fn a_name_that_looks_like_ours_has_a_number() {
    let mut names = of_ben();
    assert_eq!(names.of(&joined(1, "ben")), "ben~2");
    assert_eq!(
        names.of(&joined(2, BEN_IN_CYRILLIC)),
        format!("{BEN_IN_CYRILLIC}~3")
    );
}

#[test]
fn a_name_that_we_take_is_ours_alone_and_the_one_that_we_had_is_free() {
    let mut names = of_ben();
    names.of(&joined(1, "ben"));
    names.of(&joined(2, "bea"));
    names.rename(&Name::new("bea").unwrap());
    assert_eq!(changes(&mut names), ["ben", "bea~2"]);
    assert_eq!(names.of(&heard(1)), "ben");
}

#[test]
fn a_name_whose_words_were_compared_is_nobody_elses_until_theirs_are_too() {
    let mut names = of_ben();
    names.of(&joined(1, "anna"));
    names.compared(id(1));
    assert_eq!(names.of(&left(1)), "anna");
    assert_eq!(names.of(&joined(2, "anna")), "anna~2");
    assert_eq!(changes(&mut names), [""; 0]);
    names.compared(id(2));
    assert_eq!(changes(&mut names), ["anna"]);
    assert_eq!(names.of(&heard(2)), "anna");
}

#[test]
fn one_with_a_number_takes_the_name_when_the_other_is_gone() {
    let mut names = of_ben();
    names.of(&joined(1, "anna"));
    names.of(&joined(2, "anna"));
    names.of(&joined(3, "anna"));
    names.of(&left(1));
    assert_eq!(names.changed(), Some((renamed(2, "anna"), "anna".to_owned())));
    assert_eq!(names.changed(), None);
    assert_eq!(names.of(&heard(3)), "anna~3");
}

#[test]
fn one_who_comes_back_to_a_name_that_was_taken_has_a_number_that_nobody_had() {
    let mut names = of_ben();
    names.of(&joined(1, "anna"));
    names.of(&joined(2, "anna"));
    names.of(&left(1));
    changes(&mut names);
    assert_eq!(names.of(&joined(1, "anna")), "anna~3");
    assert_eq!(names.of(&joined(4, "anna")), "anna~4");
}

#[test]
fn a_name_with_a_number_of_its_own_is_not_taken_for_one_with_a_number_of_ours() {
    let mut names = of_ben();
    names.of(&joined(1, "anna~2"));
    names.of(&joined(2, "anna"));
    assert_eq!(names.of(&joined(3, "anna")), "anna~3");
    assert_eq!(names.of(&joined(4, "anna~3")), "anna~3~2");
}

#[test]
fn a_peer_whose_name_never_came_is_called_by_its_id() {
    assert_eq!(of_ben().of(&heard(0xab)), "abababab");
    assert_eq!(of_ben().of(&Event::Newer), "");
}

#[test]
fn those_who_came_and_went_fill_no_memory() {
    let mut names = of_ben();
    for peer in 0..=255 {
        names.of(&joined(peer, "anna"));
        names.compared(id(peer));
        names.of(&left(peer));
    }
    assert!(names.known.len() <= MAX_KNOWN && names.compared.len() <= MAX_KNOWN);
}
