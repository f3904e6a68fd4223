//! Several rooms in one window.

use sotto_tests::scene::PASSPHRASE;
use sotto_tests::{Scene, Terminal};

use super::ENTER;

/// Types the passphrase that is asked for. An Enter that comes together with it would count as a part of a paste.
fn gives_passphrase(terminal: &mut Terminal) {
    terminal.type_keys(PASSPHRASE);
    terminal.wait_for(&"•".repeat(PASSPHRASE.chars().count()));
    terminal.type_keys(ENTER);
}

#[test]
fn two_rooms_in_one_window_are_kept_apart() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    let mut first = scene.pipe("ben", &["--json"]);
    anna.wait_for("ben");
    anna.type_keys("/join attic\r");
    anna.wait_for("passphrase of the room attic");
    gives_passphrase(&mut anna);
    let mut second = scene.pipe("carl", &["--json", "--room", "attic"]);
    // On the line of rooms: a time may end in a 2 as well.
    let shows_carls = |screen: &vt100::Screen| {
        screen
            .contents()
            .lines()
            .next()
            .is_some_and(|top| top.contains("2 carl"))
    };
    anna.wait_until("shows two rooms", shows_carls);
    anna.type_keys("for the attic\r");
    assert_eq!(second.message(), "for the attic");
    first.say("are you there?");
    anna.wait_for("1 ben (1)");
    anna.type_keys("/next\r");
    anna.wait_for("are you there?");
    anna.type_keys("here I am\r");
    assert_eq!(first.message(), "here I am");
    anna.type_keys("/leave\r");
    anna.wait_until("shows one room", |screen| !shows_carls(screen));
    anna.type_keys("still here\r");
    assert_eq!(second.message(), "still here");
    assert!(!anna.contents().contains("clavicle"), "{}", anna.contents());
    anna.type_keys("/quit\r");
    assert_eq!(anna.exit_code(), 0);
    anna.assert_restored();
}

#[test]
fn a_room_is_not_joined_twice() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    anna.wait_for("alone");
    anna.type_keys(&format!("/join {}\r", scene.url()));
    anna.wait_for("passphrase of");
    gives_passphrase(&mut anna);
    anna.wait_for("open here already");
}
