//! The locked screen, and the way out in a hurry.

use crossterm::event::KeyCode;
use sotto_protocol::Passphrase;

use super::*;
use crate::screen::settings::Settings;
use crate::screen::talk::entry::Content;
use crate::secret::verifier::Verifier;

const RIGHT: &str = "excretion railing unjustly crunchy";

fn lockable(command: Option<&str>) -> Script {
    let mut script = Script::with_anna(60, 8);
    script.input(Input::Focus(true));
    let verifier = Verifier::new(&Passphrase::new(RIGHT).unwrap(), command.map(str::to_owned));
    script.state.rooms.current_mut().verifier = Some(verifier);
    script
}

#[test]
fn a_locked_screen_shows_nothing_and_reads_nothing_until_the_passphrase_comes() {
    let mut script = lockable(None);
    script.says(ANNA, "anna", "before").types("a draft");
    script.control('x').types("l");
    script.says(ANNA, "anna", "a secret");
    assert_eq!(script.reads(), [1]);
    let rows = script.rows();
    assert!(rows[..6].iter().all(String::is_empty), "{rows:?}");
    assert_eq!(rows[6], "locked: the passphrase of a room opens it");
    script.types("wrong").press(KeyCode::Enter);
    assert!(
        script
            .picture()
            .contains("that is the passphrase of no open room")
    );
    script.types(RIGHT);
    assert!(!script.picture().contains("excretion"), "{}", script.picture());
    script.press(KeyCode::Enter);
    assert!(script.picture().contains("a secret"), "{}", script.picture());
    assert_eq!(script.draft(), "a draft");
    assert_eq!(script.reads(), [1, 2]);
    assert!(script.said().is_empty());
}

#[test]
fn another_rooms_passphrase_unlocks_too() {
    let mut script = lockable(None);
    script.opens_another();
    script.types("/lock").press(KeyCode::Enter);
    script.input(Input::Paste(RIGHT.to_owned())).press(KeyCode::Enter);
    assert!(script.state.locked.is_none());
}

#[test]
fn a_screen_that_nothing_could_unlock_is_not_locked() {
    let mut script = Script::with_anna(80, 24);
    script.types("/lock").press(KeyCode::Enter);
    assert!(script.state.locked.is_none());
    assert!(
        script.notice().contains("nothing could unlock"),
        "{}",
        script.notice()
    );
}

#[test]
fn the_screen_locks_when_no_key_came_for_as_long_as_was_set() {
    let mut script = lockable(None);
    let lock_after = Some(Duration::from_secs(300));
    let settings = Settings {
        lock_after,
        ..Settings::default()
    };
    script.state.set(settings, NOON);
    script.state.last_key = script.now;
    script.types("x");
    let at = script.now + Duration::from_secs(300);
    assert_eq!(script.state.next_tick(script.now), Some(at));
    script.now = at - Duration::from_millis(1);
    script.input(Input::Tick);
    assert!(script.state.locked.is_none());
    script.now = at;
    script.input(Input::Tick);
    assert!(script.state.locked.is_some());
}

#[test]
fn a_key_after_a_sleep_finds_the_screen_locked() {
    let mut script = lockable(None);
    script.state.settings.lock_after = Some(Duration::from_secs(300));
    script.state.last_key = script.now;
    script.now += Duration::from_secs(3600);
    script.types("x");
    assert!(script.state.locked.is_some());
    assert_eq!(script.draft(), "");
}

#[test]
fn the_command_that_gave_the_passphrase_unlocks_when_it_runs_again() {
    let mut script = lockable(Some("pass show anna"));
    script
        .control('x')
        .types("l")
        .press(KeyCode::Enter)
        .press(KeyCode::Enter);
    let fetch = Effect::Fetch("pass show anna".to_owned());
    assert_eq!(
        script.effects.iter().filter(|effect| **effect == fetch).count(),
        1
    );
    script.input(Input::Fetched(Err("it failed".to_owned())));
    assert!(script.picture().contains("locked: it failed"));
    script.press(KeyCode::Enter);
    script.fetched(RIGHT);
    assert!(script.state.locked.is_none());
}

#[test]
fn control_x_three_times_ends_everything_even_on_a_locked_screen() {
    for locked in [false, true] {
        let mut script = lockable(None);
        if locked {
            script.control('x').types("l");
        }
        script.control('x').control('x');
        assert!(!script.effects.contains(&Effect::Panic));
        script.control('x');
        assert!(script.effects.contains(&Effect::Panic));
    }
}

#[test]
fn what_comes_while_one_is_away_is_read_when_one_says_something() {
    let mut script = lockable(None);
    script.types("/away lunch").press(KeyCode::Enter);
    assert_eq!(script.said(), ["/me is away: lunch"]);
    script.taken();
    script.says(ANNA, "anna", "enjoy").types("b");
    assert!(script.reads().is_empty());
    script.types("ack").press(KeyCode::Enter);
    assert_eq!(script.reads().len(), 1);
}

#[test]
fn clear_takes_the_talk_off_the_screen() {
    let mut script = lockable(None);
    script
        .says(ANNA, "anna", "hello")
        .types("/clear")
        .press(KeyCode::Enter);
    assert!(!script.picture().contains("hello"));
    script.says_self("sent");
    script.types("/clear").press(KeyCode::Enter).control('p');
    assert_eq!(script.draft(), "", "what was sent is part of the talk");
    script.says(ANNA, "anna", "again");
    assert!(script.picture().contains("again"));
}

/// What the line above the passphrase says.
fn says(script: &Script) -> String {
    script.rows()[6].clone()
}

fn tries(script: &mut Script, passphrase: &str) {
    script.types(passphrase).press(KeyCode::Enter);
}

#[test]
fn after_three_wrong_passphrases_each_further_one_waits_longer_and_nothing_typed_is_lost() {
    let mut script = lockable(None);
    script.control('x').types("l");
    for _ in 0..2 {
        tries(&mut script, "wrong");
        assert_eq!(says(&script), "locked: that is the passphrase of no open room");
    }
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        tries(&mut script, "wrong");
        let wait = format!("wait {seconds} s");
        assert!(says(&script).ends_with(&wait), "{} is not {wait}", says(&script));
        // Too early: the right one stays where it is, and is counted down to.
        tries(&mut script, RIGHT);
        assert!(script.state.locked.is_some());
        let next = script.state.next_tick(script.now).unwrap();
        assert!(next <= script.now + Duration::from_secs(1), "it counts down");
        script.now += Duration::from_secs(seconds);
        assert_eq!(says(&script), "locked: the passphrase of a room opens it");
        script.control('u');
    }
    tries(&mut script, "wrong");
    script.types(RIGHT);
    script.now += Duration::from_secs(30);
    script.press(KeyCode::Enter);
    assert!(script.state.locked.is_none());
}

#[test]
fn a_command_that_prints_the_wrong_passphrase_counts_as_a_wrong_try() {
    let mut script = lockable(Some("pass show other"));
    script.control('x').types("l");
    for _ in 0..3 {
        script.press(KeyCode::Enter);
        script.fetched("another");
    }
    assert!(says(&script).ends_with("wait 1 s"), "{}", says(&script));
    let fetches = script.effects.len();
    script.press(KeyCode::Enter);
    assert_eq!(script.effects.len(), fetches, "it does not run meanwhile");
}

/// A host's room whose passphrase was made and may never have been looked at.
fn made() -> Script {
    let lines = vec![Copyable::Verbatim(RIGHT.to_owned())];
    let mut script = Script::with(60, 8, lines.clone());
    let list = &mut script.state.rooms.current_mut().list;
    list.push(NOON, Content::Copyable(lines));
    script.room(Update::Joined);
    script.joins(ANNA, "anna");
    let mut verifier = Verifier::new(&Passphrase::new(RIGHT).unwrap(), None);
    verifier.made = true;
    script.state.rooms.current_mut().verifier = Some(verifier);
    script
}

#[test]
fn a_passphrase_that_was_made_is_shown_before_the_first_lock() {
    let mut script = made();
    script.types("/lock").press(KeyCode::Enter);
    assert!(script.state.locked.is_none());
    assert_eq!(script.picture().matches(RIGHT).count(), 1, "{}", script.picture());
    assert!(script.notice().contains("Enter locks"), "{}", script.notice());
    script.press(KeyCode::Esc);
    assert!(script.state.locked.is_none());
    assert!(!script.picture().contains(RIGHT), "{}", script.picture());
    script.control('x').types("l").press(KeyCode::Enter);
    assert_eq!(
        says(&script),
        "locked: the passphrase that was made for this room opens it"
    );
    tries(&mut script, RIGHT);
    assert!(script.state.locked.is_none());
    assert!(!script.picture().contains(RIGHT), "{}", script.picture());
    script.control('x').types("l");
    assert!(script.state.locked.is_some(), "asked once");
}

#[test]
fn a_key_that_is_no_answer_to_the_question_before_a_lock_does_its_own() {
    let mut script = made();
    script.types("/lock").press(KeyCode::Enter).types("x");
    assert!(script.state.locked.is_none());
    assert_eq!(script.draft(), "x");
}

#[test]
fn a_screen_that_locks_when_idle_says_at_the_start_what_was_made_to_unlock_it() {
    let lock_after = Some(Duration::from_secs(900));
    let settings = Settings {
        lock_after,
        ..Settings::default()
    };
    let mut script = made();
    script.state.set(settings.clone(), NOON);
    assert!(
        script.squeezed().contains("no key came for 15 min"),
        "{}",
        script.picture()
    );
    script.types("x");
    script.now += Duration::from_secs(900);
    script.input(Input::Tick);
    assert!(
        script.state.locked.is_some(),
        "nobody is there to answer a question"
    );

    let mut script = lockable(None);
    script.state.set(settings, NOON);
    assert!(
        !script.squeezed().contains("no key came"),
        "who typed it knows it"
    );
}
