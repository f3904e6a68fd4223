//! A client that stands still, as when a lid is closed. The first of all by its name: it takes longest, and the others
//! run meanwhile.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sotto_tests::scene::PASSPHRASE;
use sotto_tests::{Scene, Terminal};

use super::{ENTER, FOCUS};

/// Longer than it takes until a peer is called silent, the relay gives up a socket, and a screen locks that is told to
/// do so after a minute.
const ASLEEP: Duration = Duration::from_secs(90);

#[test]
fn a_chat_that_sleeps_for_90_seconds_is_seen_to_be_silent_and_comes_back_locked_with_nothing_lost() {
    let mut scene = Scene::new();
    let config = scene.home().join("config/sotto/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "lock_after = \"60s\"\n").unwrap();
    let config_home = scene.home().join("config");
    let mut anna = scene.chat_with("anna", &[("XDG_CONFIG_HOME", config_home.to_str().unwrap())]);
    let mut ben = scene.chat("ben");
    anna.wait_for("ben joined");
    ben.wait_for("anna joined");
    anna.type_keys(FOCUS);
    anna.type_keys("good night\r");
    ben.wait_for("good night");
    scene.rest();

    anna.signal(Signal::STOP);
    let stopped = Instant::now();
    for number in 1..=3 {
        ben.type_keys(&format!("dream {number}\r"));
        ben.wait_for_row(&[&format!("dream {number}"), "✓"]);
    }
    ben.wait_for("anna is silent");
    thread::sleep(ASLEEP.saturating_sub(stopped.elapsed()));
    anna.signal(Signal::CONT);

    anna.wait_for("locked");
    for number in 1..=3 {
        ben.wait_for_row(&[&format!("dream {number}"), "✓✓"]);
    }
    assert!(!anna.contents().contains("dream"), "{}", anna.contents());
    assert!(!ben.contents().contains("read"), "{}", ben.contents());
    anna.type_keys(PASSPHRASE);
    anna.type_keys(ENTER);
    anna.wait_for("dream 3");
    ben.wait_for_row(&["dream 3", "read"]);
    anna.type_keys("good morning\r");
    ben.wait_for("good morning");
    ben.type_keys("and to you\r");
    anna.wait_for("and to you");
    for text in ["dream 1", "dream 2", "dream 3"] {
        assert_eq!(anna.contents().matches(text).count(), 1, "{}", anna.contents());
    }
    let is_here = |chat: &Terminal, name: &str| chat.contents().lines().next().unwrap().contains(name);
    assert!(is_here(&ben, "anna") && is_here(&anna, "ben"));
    assert!(!ben.contents().contains("(silent)"), "{}", ben.contents());
}
