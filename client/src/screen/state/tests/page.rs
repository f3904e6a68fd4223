//! The help takes the place of the talk for a while.

use super::*;

#[test]
fn the_help_leaves_the_talk_alone() {
    let mut script = Script::with_anna(80, 24);
    script.says(ANNA, "anna", "the first");
    let before = script.rows();
    script.types("/help").press(KeyCode::Enter);
    assert!(script.picture().contains("Esc: back"), "{}", script.picture());
    assert!(!script.picture().contains("the first"));
    script.press(KeyCode::PageDown).press(KeyCode::Esc);
    assert_eq!(script.rows(), before);
}

#[test]
fn what_comes_while_the_help_is_read_is_not_read() {
    let mut script = Script::with_anna(80, 24);
    script.press(KeyCode::F(1));
    script.says(ANNA, "anna", "look here");
    assert!(script.reads().is_empty());
    script.press(KeyCode::F(1));
    assert_eq!(script.reads(), [1]);
}

#[test]
fn typing_puts_the_help_away_and_is_not_lost() {
    let mut script = Script::with_anna(80, 24);
    script.press(KeyCode::F(1)).types("hello");
    assert!(script.state.page.is_none());
    assert_eq!(script.state.rooms.current().draft.text(), "hello");
    // Over a draft, letters are for the draft; else q ends it, as in a pager.
    script.press(KeyCode::F(1)).types("q");
    assert_eq!(script.state.rooms.current().draft.text(), "helloq");
    script.control('u').press(KeyCode::F(1)).types("jkq");
    assert!(script.state.page.is_none());
    assert_eq!(script.state.rooms.current().draft.text(), "");
}

#[test]
fn without_a_screen_the_help_is_a_text() {
    let mut script = Script::with_anna(80, 24);
    let moment = Moment {
        now: script.now,
        clock: script.clock,
    };
    script.state.line("/help", moment);
    assert!(script.state.page.is_none());
    assert!(script.picture().contains("✓✓: delivered"), "{}", script.picture());
}
