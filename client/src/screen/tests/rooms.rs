//! Several rooms in one window.

use crossterm::event::KeyCode;
use insta::assert_snapshot;

use super::*;

#[test]
fn what_is_typed_goes_to_the_room_on_the_screen_and_each_keeps_its_draft() {
    let mut script = Script::with_anna(80, 24);
    script.types("for anna");
    let second = script.opens_another();
    assert_eq!(script.draft(), "");
    script.types("hi carl").press(KeyCode::Enter);
    let say = Effect::Say {
        room: second,
        text: "hi carl".to_owned(),
        reply_to: None,
    };
    assert!(script.effects.contains(&say), "{:?}", script.effects);
    script.state.rooms.show(0);
    assert_eq!(script.draft(), "for anna");
}

#[test]
fn a_message_in_another_room_counts_as_unread_and_is_read_once_it_is_shown() {
    let mut script = Script::with_anna(80, 24);
    script.input(Input::Focus(true));
    script.opens_another();
    script.says(ANNA, "anna", "are you there?");
    assert!(script.reads().is_empty());
    assert!(
        script.rows()[0].starts_with("1 anna (1) 2 carl · "),
        "{}",
        script.rows()[0]
    );
    script.types("/next").press(KeyCode::Enter);
    assert!(
        script.rows()[0].starts_with("1 anna 2 carl · "),
        "{}",
        script.rows()[0]
    );
    assert_eq!(script.reads(), [1]);
    assert!(script.picture().contains("are you there?"));
}

#[test]
fn each_room_keeps_its_place_in_the_messages() {
    let mut script = Script::with_anna(80, 12);
    for number in 0..50 {
        script.says(ANNA, "anna", &format!("message {number}"));
    }
    script.press(KeyCode::PageUp);
    let before = script.rows()[1..8].to_vec();
    script.opens_another();
    script.says(ANNA, "anna", "one more");
    script.state.rooms.show(0);
    assert_eq!(script.rows()[1..8], before);
}

#[test]
fn leaving_one_room_leaves_the_other_and_shows_it_when_it_is_done() {
    let mut script = Script::with_anna(80, 24);
    let second = script.opens_another();
    script.types("/leave").press(KeyCode::Enter);
    let leaves = |effect: &&Effect| {
        matches!(
            effect,
            Effect::Do {
                command: Command::Leave { .. },
                ..
            }
        )
    };
    let rooms = |script: &Script| -> Vec<RoomId> {
        let leaving = script.effects.iter().filter(leaves);
        leaving
            .filter_map(|effect| match effect {
                Effect::Do { room, .. } => Some(*room),
                _ => None,
            })
            .collect()
    };
    assert_eq!(rooms(&script), [second]);
    assert!(!script.state.leaving());
    script.in_room(second, Update::Left { undelivered: 0 });
    assert_eq!(script.state.rooms.current_id(), FIRST);
    assert_eq!(script.notice(), "the room was left");
}

#[test]
fn quitting_leaves_all_rooms() {
    let mut script = Script::with_anna(80, 24);
    script.opens_another();
    script.control('c');
    assert_eq!(script.notice(), "leave all 2 rooms? Ctrl+C again leaves");
    script.control('c');
    assert!(script.state.leaving());
    let leaving = script
        .commands()
        .into_iter()
        .filter(|command| matches!(command, Command::Leave { .. }));
    assert_eq!(leaving.count(), 2);
}

#[test]
fn a_room_that_cannot_be_joined_does_not_end_the_others() {
    let mut script = Script::with_anna(80, 24);
    let second = script.opens_another();
    script.in_room(second, Update::Failed(crate::room::Trouble::Silent));
    assert_eq!(script.state.rooms.current_id(), FIRST);
    assert!(
        script.notice().starts_with("the room was not joined: "),
        "{}",
        script.notice()
    );
}

#[test]
fn two_rooms() {
    for (width, height) in [(20, 6), (80, 24)] {
        let mut script = Script::with_anna(width, height);
        script.says(ANNA, "anna", "hello");
        script.opens_another();
        script.says(ANNA, "anna", "still there?");
        assert_snapshot!(format!("two_rooms_{width}x{height}"), script.picture());
    }
}
