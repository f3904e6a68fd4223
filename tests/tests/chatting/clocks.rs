//! Clocks that are wrong: the times that are shown are those of the reader's own.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sotto_tests::{Pipe, Scene};

use super::FOCUS;

/// The library that shows a process another time than there is.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn library() -> String {
    let shown = Command::new("faketime")
        .args(["-f", "+0", "sh", "-c", "echo $LD_PRELOAD"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&shown.stdout).trim().to_owned()
}

/// Sets the clock of those who read it from this file.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn set(clock: &Path, to: &str) {
    fs::write(clock, to).unwrap();
}

/// A client whose clock is set by a file. Only the wall's: no process has another monotonic one.
fn with_clock(scene: &Scene, name: &str, clock: &Path) -> Pipe {
    let mut pipe = scene.sotto(&["pipe", scene.url(), "--name", name, "--json"]);
    pipe.args(["--passphrase-file", "passphrase"])
        .env("LD_PRELOAD", library())
        .env("FAKETIME_TIMESTAMP_FILE", clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    Pipe::start(pipe)
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// The hour and minute of a message's time, in UTC.
fn minute(message: &Value) -> String {
    message["at"].as_str().unwrap_or_default()[11..16].to_owned()
}

/// The hour and minute of a second, in UTC.
fn clock(second: u64) -> String {
    format!("{:02}:{:02}", second / 3600 % 24, second / 60 % 60)
}

/// Whether a time is that of now, or of a minute ago at most.
fn is_now(shown: &str, offset: i64) -> bool {
    let now = now().saturating_add_signed(offset);
    shown == clock(now) || shown == clock(now - 60)
}

#[test]
fn with_a_clock_three_hours_off_messages_have_the_time_of_their_arrival_and_no_age() {
    const OFF: i64 = 3 * 3600;
    let scene = Scene::new();
    let file = scene.home().join("clock");
    for (sign, offset) in [("+3h", OFF), ("-3h", -OFF)] {
        set(&file, sign);
        let mut anna = scene.chat_with("anna", &[("TZ", "UTC")]);
        anna.type_keys(FOCUS);
        let mut off = with_clock(&scene, "off", &file);
        off.event("peer_joined");
        anna.wait_for("off joined");
        off.say("is it late?");
        anna.wait_for("is it late?");
        anna.type_keys("not here\r");
        let message = off.event("message");
        assert!(is_now(&minute(&message), offset), "{message}");
        assert_eq!(message["age_ms"], Value::Null, "{message}");
        let screen = anna.contents();
        let row = screen.lines().find(|row| row.contains("is it late?")).unwrap();
        assert!(is_now(&row[..5], 0), "{screen}");
        assert!(!screen.contains("waited"), "{screen}");
    }
}

#[test]
fn a_clock_that_is_set_while_people_talk_makes_no_message_old_and_loses_none() {
    let scene = Scene::new();
    let file = scene.home().join("clock");
    set(&file, "+0");
    let mut anna = scene.chat_with("anna", &[("TZ", "UTC")]);
    anna.type_keys(FOCUS);
    let mut off = with_clock(&scene, "off", &file);
    off.event("peer_joined");
    anna.wait_for("off joined");
    for (number, time) in ["+0", "+3h", "-3h", "+0"].iter().enumerate() {
        set(&file, time);
        for _ in 0..3 {
            off.say(&format!("set {number}"));
            off.event("delivered");
        }
        anna.wait_for(&format!("set {number}"));
        anna.type_keys(&format!("heard {number}\r"));
        let message = off.event("message");
        assert_eq!(message["text"], format!("heard {number}"));
        assert_eq!(message["age_ms"], Value::Null, "{message}");
    }
    let screen = anna.contents();
    assert!(!screen.contains("waited"), "{screen}");
}
