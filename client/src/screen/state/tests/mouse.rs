//! The mouse, where the user wants it to be ours.

use super::*;
use crate::screen::state::input::mouse::Mouse;
use crate::screen::view;

impl Script {
    fn mouse(&mut self, mouse: Mouse) -> &mut Self {
        self.input(Input::Mouse(mouse))
    }

    pub(super) fn click(&mut self, column: u16, row: u16) -> &mut Self {
        let spot = view::spot(&self.state, self.now, column, row);
        self.mouse(Mouse::Click(spot))
    }

    fn selected(&self) -> Option<String> {
        let said = self.state.rooms.current().selected()?;
        Some(said.text.to_string())
    }
}

const UP: Mouse = Mouse::Wheel { up: true };
const DOWN: Mouse = Mouse::Wheel { up: false };

fn talk() -> Script {
    let mut script = Script::with_anna(60, 12);
    script.state.rooms.current_mut().list = Default::default();
    for number in 0..20 {
        script.says(ANNA, "anna", &format!("m{number}"));
    }
    script
}

#[test]
fn the_wheel_scrolls_by_three_rows_even_over_a_draft() {
    let mut script = talk();
    script.types("one").control('j').types("two");
    let before = script.rows()[1..8].to_vec();
    script.mouse(UP);
    assert_eq!(script.rows()[4..8], before[..4]);
    script.mouse(DOWN);
    assert_eq!(script.rows()[1..8], before);
    assert_eq!(script.draft(), "one\ntwo");
}

#[test]
fn the_wheel_goes_from_message_to_message_while_one_is_selected() {
    let mut script = talk();
    script.press(KeyCode::Esc).mouse(UP).mouse(UP);
    assert_eq!(script.selected().as_deref(), Some("m17"));
    script.mouse(DOWN);
    assert_eq!(script.selected().as_deref(), Some("m18"));
}

#[test]
fn a_click_selects_the_message_under_it() {
    let mut script = talk();
    let row = script.rows().iter().position(|row| row.ends_with("m15")).unwrap();
    script.click(7, u16::try_from(row).unwrap());
    assert_eq!(script.selected().as_deref(), Some("m15"));
    script.click(7, u16::try_from(row + 2).unwrap());
    assert_eq!(script.selected().as_deref(), Some("m17"));
    // Neither the line of rooms nor the input is one.
    script.press(KeyCode::Esc).click(30, 0).click(3, 11);
    assert_eq!(script.selected(), None);
}

#[test]
fn a_click_beside_few_messages_selects_none() {
    let mut script = Script::with_anna(60, 12);
    script.click(3, 1);
    assert_eq!(script.selected(), None);
}

#[test]
fn a_click_on_a_tab_shows_its_room() {
    let mut script = talk();
    let second = script.opens_another();
    script.click(0, 0);
    assert_eq!(script.state.rooms.current_id(), FIRST);
    let top = script.rows()[0].clone();
    let column = |text: &str| u16::try_from(top.find(text).unwrap()).unwrap();
    script.click(column("2 carl") - 1, 0);
    assert_eq!(script.state.rooms.current_id(), FIRST, "between the tabs");
    script.click(column("2 carl") + 5, 0);
    assert_eq!(script.state.rooms.current_id(), second);
    script.click(column("2 carl") + 7, 0);
    assert_eq!(script.state.rooms.current_id(), second, "beside the tabs");
}

#[test]
fn a_locked_screen_has_no_mouse() {
    let mut script = talk();
    script.state.locked = Some(Default::default());
    script.mouse(UP).click(7, 5);
    assert!(
        !script
            .state
            .rooms
            .current()
            .list
            .is_scrolled(script.state.measure(), script.state.list_height())
    );
    assert_eq!(script.selected(), None);
}
