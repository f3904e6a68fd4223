//! The ways out of a chat.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use sotto_tests::Scene;

use super::{CTRL_C, pair};

#[test]
fn ctrl_c_twice_ends_the_chat_and_gives_the_terminal_back() {
    let scene = Scene::new();
    let (mut anna, ben) = pair(&scene);
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
    ben.wait_for("anna left");
}

#[test]
fn a_signal_to_end_gives_the_terminal_back() {
    let scene = Scene::new();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let (mut anna, ben) = pair(&scene);
        anna.signal(signal);
        anna.exit_code();
        anna.assert_restored();
        ben.wait_for("anna left");
    }
}

#[test]
fn a_chat_whose_terminal_is_closed_ends() {
    let scene = Scene::new();
    let (mut anna, ben) = pair(&scene);
    anna.close();
    anna.exit_code();
    ben.wait_for("anna left");
}

#[test]
fn to_quit_with_something_undelivered_asks_first() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    anna.wait_for("alone");
    anna.type_keys("nobody has this yet\r");
    anna.wait_for("nobody has this yet");
    anna.type_keys(CTRL_C);
    anna.wait_for("not delivered");
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
}

#[test]
fn control_x_three_times_leaves_and_gives_the_terminal_back_at_once() {
    let scene = Scene::new();
    let mut bot = scene.pipe("bot", &["--json"]);
    let mut anna = scene.chat("anna");
    anna.wait_for("bot");
    bot.event("peer_joined");
    let pressed = Instant::now();
    anna.type_keys("\x18\x18\x18");
    assert_eq!(anna.exit_code(), 0);
    let took = pressed.elapsed();
    // A tenth of a second where nothing else runs.
    assert!(took < Duration::from_millis(500), "it took {took:?}");
    anna.assert_restored();
    bot.event("peer_left");
}
