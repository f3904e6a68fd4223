//! Without a screen: lines in, and what is done or refused.

use super::*;
use crate::screen::settings::Settings;
use crate::screen::state::input::lines::Taken;
use crate::screen::talk::entry::Content;
use crate::secret::verifier::Verifier;

fn script() -> Script {
    let mut script = Script::new(80, 24);
    let mut room = another();
    let passphrase = sotto_protocol::Passphrase::new("correct horse").unwrap();
    room.verifier = Some(Verifier::new(&passphrase, None));
    let settings = Settings {
        lock_after: Some(Duration::from_secs(1)),
        ..Settings::default()
    };
    script.state = State::without_screen(room, settings);
    script
}

/// Takes a line in, and gives what is said about it.
fn line(script: &mut Script, line: &str) -> String {
    let moment = Moment {
        now: script.now,
        clock: script.clock,
    };
    match script.state.line(line, moment) {
        Taken::Whole(effects) => script.effects.extend(effects),
        Taken::GoesOn(_) => panic!("{line} is whole"),
    }
    script.notice().to_owned()
}

#[test]
fn nothing_locks_where_the_terminal_keeps_what_was_said() {
    let mut script = script();
    assert!(line(&mut script, "/lock").contains("the terminal keeps"));
    script.now += Duration::from_secs(60);
    script.input(Input::Tick);
    assert!(script.state.locked.is_none());
}

#[test]
fn what_needs_the_screen_is_refused_and_the_next_line_is_said_to_nobody_else() {
    let mut script = script();
    for command in [
        "/search a",
        "/bare",
        "/editor",
        "/room 2",
        "/next",
        "/join ws://h",
        "/page-up",
        "/help keys",
    ] {
        let told = line(&mut script, command);
        assert!(
            told.contains("without --plain") || told.contains("without the screen"),
            "{command}: {told}"
        );
    }
    assert!(script.state.joining.is_none() && script.state.page.is_none());
    line(&mut script, "hello");
    assert_eq!(script.said(), ["hello"]);
    line(&mut script, "/panic");
    assert!(script.effects.contains(&Effect::Panic));
}

#[test]
fn the_help_lists_only_what_is_done() {
    let mut script = script();
    line(&mut script, "/help");
    let list = &script.state.rooms.current().list;
    let help = list.entries().find_map(|entry| match &entry.content {
        Content::Answer(text) => Some(text.as_str()),
        _ => None,
    });
    let help = help.unwrap();
    assert!(
        help.contains("/verify: ") && help.contains("/save FILE: "),
        "{help}"
    );
    for other in ["/lock", "/join", "/bare", "/editor", "Alt+"] {
        assert!(!help.contains(other), "{other} in {help}");
    }
}

#[test]
fn clear_wipes_and_what_comes_then_is_new() {
    let mut script = script();
    script.says(ANNA, "anna", "hello");
    let before = script.state.rooms.current().list.pushed();
    assert!(line(&mut script, "/clear").contains("wiped"));
    let list = &script.state.rooms.current().list;
    assert_eq!((list.entries().count(), list.pushed()), (0, before));
}
