//! Into a chat, and back into one that was locked.

use sotto_tests::Scene;
use sotto_tests::scene::PASSPHRASE;

use super::{CTRL_C, ENTER};

#[test]
fn a_passphrase_that_is_typed_is_not_shown() {
    let scene = Scene::new();
    let mut reader = scene.pipe("reader", &["--json"]);
    let mut anna = scene.terminal((24, 80), &["join", scene.url(), "--name", "anna"]);
    anna.wait_for("assphrase");
    anna.type_keys(PASSPHRASE);
    anna.type_keys(ENTER);
    reader.event("peer_joined");
    anna.wait_for("reader");
    assert!(!anna.contents().contains("clavicle"), "{}", anna.contents());
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
    assert!(!anna.contents().contains("clavicle"), "{}", anna.contents());
}

#[test]
fn one_hosts_and_the_other_joins_with_the_line_and_the_passphrase_that_are_shown() {
    host_and_join("ws", &[]);
}

#[test]
fn a_host_with_tls_hands_over_a_line_that_pins_its_key_and_keeps_the_key() {
    let key = host_and_join("wss", &["--tls"]).expect("a key");
    assert!(key.starts_with("-----BEGIN PRIVATE KEY"));
}

/// Gives the key that the host has kept.
fn host_and_join(scheme: &str, options: &[&str]) -> Option<String> {
    let scene = Scene::new();
    let args = [
        "host",
        "--listen",
        "127.0.0.1:0",
        "--name",
        "anna",
        "--passphrase-file",
        "passphrase",
    ];
    // Wide enough for a line with a pin.
    let mut anna = scene.terminal((24, 160), &[&args, options].concat());
    let start = format!("{scheme}://127.0.0.1:");
    anna.wait_for(&start);
    let screen = anna.contents();
    let url = screen[screen.find(&start).unwrap_or_default()..]
        .split(|char: char| char.is_whitespace() || char == '\'')
        .next()
        .unwrap_or_default();
    let scene = scene.at(url);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.wait_for("ben");
    anna.type_keys("welcome\r");
    assert_eq!(ben.message(), "welcome");
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
    ben.event("peer_left");
    std::fs::read_to_string(scene.home().join(".local/state/sotto/key.pem")).ok()
}

#[test]
fn a_locked_screen_shows_nothing_until_the_passphrase_comes() {
    let scene = Scene::new();
    let bot = scene.pipe("bot", &["--json"]);
    let mut anna = scene.chat("anna");
    anna.wait_for("bot");
    bot.say("before");
    anna.wait_for("before");
    anna.type_keys("\x18l");
    anna.wait_until("is blank", |screen| {
        screen.contents().contains("locked") && !screen.contents().contains("before")
    });
    anna.type_keys(PASSPHRASE);
    anna.type_keys(ENTER);
    anna.wait_for("before");
    assert!(!anna.contents().contains("clavicle"), "{}", anna.contents());
}
