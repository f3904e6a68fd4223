//! From keys to actions.

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyModifiers};

use super::action::Browsing;
use super::*;

const NOW: Duration = Duration::from_secs(100);

fn press(keymap: &mut Keymap, code: KeyCode, modifiers: KeyModifiers) -> Pressed {
    keymap.press(&KeyEvent::new(code, modifiers), false, NOW)
}

fn own(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, keys)| ((*name).to_owned(), (*keys).to_owned()))
        .collect()
}

#[test]
fn the_table_is_right() {
    let mut names = HashSet::new();
    for table in [BINDINGS, BROWSING] {
        let mut keys = HashSet::new();
        for binding in table {
            assert!(names.insert(binding.name), "{} is there twice", binding.name);
            for keys_of_one in sequences(binding.keys).unwrap() {
                assert!(
                    keys.insert(keys_of_one),
                    "{} has a key of another's",
                    binding.name
                );
            }
        }
    }
}

#[test]
fn only_a_bare_enter_sends() {
    let mut keymap = Keymap::default();
    assert_eq!(
        press(&mut keymap, KeyCode::Enter, KeyModifiers::NONE),
        Pressed::Action(Action::Send)
    );
    for modifier in [KeyModifiers::ALT, KeyModifiers::SHIFT, KeyModifiers::CONTROL] {
        assert_eq!(
            press(&mut keymap, KeyCode::Enter, modifier),
            Pressed::Action(Action::NewLine)
        );
    }
}

#[test]
fn keys_follow_each_other() {
    let mut keymap = Keymap::default();
    let (x, control) = (KeyCode::Char('x'), KeyModifiers::CONTROL);
    assert_eq!(press(&mut keymap, x, control), Pressed::Begun);
    assert_eq!(keymap.begun().as_deref(), Some("Ctrl+X"));
    let lock = press(&mut keymap, KeyCode::Char('L'), KeyModifiers::SHIFT);
    assert_eq!(lock, Pressed::Action(Action::Lock));
    press(&mut keymap, x, control);
    press(&mut keymap, x, control);
    assert_eq!(press(&mut keymap, x, control), Pressed::Action(Action::Panic));
    press(&mut keymap, x, control);
    let unknown = press(&mut keymap, KeyCode::Char('q'), KeyModifiers::NONE);
    assert_eq!(unknown, Pressed::Unknown("Ctrl+X Q".to_owned()));
    press(&mut keymap, x, control);
    assert_eq!(
        press(&mut keymap, KeyCode::Esc, KeyModifiers::NONE),
        Pressed::Action(Action::Dismiss)
    );
    let text = press(&mut keymap, KeyCode::Char('l'), KeyModifiers::NONE);
    assert_eq!(text, Pressed::Action(Action::Insert('l')));
}

#[test]
fn esc_and_a_key_is_that_key_with_alt_for_a_second() {
    let mut keymap = Keymap::default();
    let mut count = 0;
    for binding in BINDINGS {
        for keys in sequences(binding.keys).unwrap() {
            let [chord] = keys.as_slice() else { continue };
            let written = chord.to_string();
            let Some(bare) = written.strip_prefix("Alt+") else {
                continue;
            };
            let bare = bare.parse::<Chord>().unwrap().lower();
            press(&mut keymap, KeyCode::Esc, KeyModifiers::NONE);
            let came = keymap.press(&bare.event(), false, NOW);
            assert_eq!(came, Pressed::Action(binding.action), "{written}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} keys have Alt");
    press(&mut keymap, KeyCode::Esc, KeyModifiers::NONE);
    let later = keymap.press(
        &KeyEvent::new(KeyCode::Char('b'), KeyModifiers::NONE),
        false,
        NOW + ESC_COUNTS,
    );
    assert_eq!(later, Pressed::Action(Action::Insert('b')));
}

#[test]
fn own_keys_take_the_place_of_those_of_the_table() {
    let (mut keymap, complaints) = Keymap::new(&own(&[("next-room", "F6, Ctrl+N"), ("suspend", "none")]));
    assert!(complaints.is_empty(), "{complaints:?}");
    let control = KeyModifiers::CONTROL;
    assert_eq!(
        press(&mut keymap, KeyCode::F(6), KeyModifiers::NONE),
        Pressed::Action(Action::NextRoom)
    );
    assert_eq!(
        press(&mut keymap, KeyCode::Char('n'), control),
        Pressed::Action(Action::NextRoom)
    );
    assert_eq!(
        press(&mut keymap, KeyCode::Char('n'), KeyModifiers::ALT),
        Pressed::Nothing
    );
    assert_eq!(press(&mut keymap, KeyCode::Char('z'), control), Pressed::Nothing);
    assert!(
        keymap
            .help()
            .lines
            .contains(&("F6, Ctrl+N".to_owned(), "next room".to_owned()))
    );
}

#[test]
fn while_a_message_is_selected_characters_are_keys_that_can_be_others() {
    let own = own(&[("reply", "a, g g"), ("next-room", "x"), ("find", "none")]);
    let (mut keymap, complaints) = Keymap::new(&own);
    assert_eq!(
        complaints,
        ["next-room: x is text there; with Ctrl or Alt it can be a key"]
    );
    let mut press = |c, browsing| {
        keymap.press(
            &KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE),
            browsing,
            NOW,
        )
    };
    let reply = Pressed::Action(Action::Browse(Browsing::Reply));
    assert_eq!(press('a', true), reply);
    assert_eq!(press('a', false), Pressed::Action(Action::Insert('a')));
    assert_eq!(press('r', true), Pressed::Action(Action::Insert('r')));
    assert_eq!(press('/', true), Pressed::Action(Action::Insert('/')));
    let oldest = Pressed::Action(Action::Browse(Browsing::Oldest));
    assert_eq!(press('g', true), oldest, "one key wins over two");
}

#[test]
fn right_after_esc_a_key_is_for_the_message_unless_the_window_has_it_with_alt() {
    let mut keymap = Keymap::default();
    for (c, does) in [
        ('d', Action::Browse(Browsing::Delete)),
        ('y', Action::Browse(Browsing::Copy)),
        ('e', Action::EditLast),
        ('n', Action::NextRoom),
    ] {
        press(&mut keymap, KeyCode::Esc, KeyModifiers::NONE);
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        assert_eq!(keymap.press(&key, true, NOW), Pressed::Action(does), "{c}");
    }
}

#[test]
fn a_wrong_key_or_action_is_told_and_changes_nothing_else() {
    let (mut keymap, complaints) = Keymap::new(&own(&[("dance", "F2"), ("redraw", "Hyper+L")]));
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert_eq!(
        press(&mut keymap, KeyCode::Enter, KeyModifiers::NONE),
        Pressed::Action(Action::Send)
    );
}
