//! Messages that fade, between real clients.

use rustix::process::Signal;
use serde_json::json;
use sotto_tests::{Scene, Terminal};

/// The terminal has the focus: what is shown is read.
const FOCUS: &str = "\x1b[I";
const AGREED: &str = "messages fade 5 s after they are read";

/// Two chats that have agreed to five seconds.
fn agreed(scene: &Scene) -> (Terminal, Terminal) {
    let (mut anna, mut ben) = (scene.chat("anna"), scene.chat("ben"));
    anna.wait_for("ben");
    ben.wait_for("anna");
    for chat in [&mut anna, &mut ben] {
        chat.type_keys(FOCUS);
    }
    anna.type_keys("/fade 5s\r");
    anna.wait_for("asked ben for messages that fade after 5 s");
    ben.wait_for("anna asks that messages fade after 5 s: /fade 5s agrees");
    ben.type_keys("/fade 5s\r");
    for chat in [&anna, &ben] {
        chat.wait_for(AGREED);
        chat.wait_for("fades 5 s");
    }
    (anna, ben)
}

fn wait_without(chat: &Terminal, text: &str) {
    chat.wait_until(&format!("shows no {text:?}"), |screen| {
        !screen.contents().contains(text)
    });
}

#[test]
fn what_was_agreed_to_fade_goes_from_both_screens_and_what_was_said_before_stays() {
    let scene = Scene::new();
    let (mut anna, ben) = agreed(&scene);
    anna.type_keys("under the third pot\r");
    ben.wait_for("under the third pot");
    wait_without(&ben, "third pot");
    wait_without(&anna, "third pot");
    anna.type_keys("/fade off\r");
    ben.wait_for("anna turned fading");
    anna.type_keys("this one stays\r");
    ben.wait_for("this one stays");
    // What has gone is not to be had again: the line before it is the command.
    anna.type_keys("\x10\x10\x10");
    anna.wait_for("> /fade 5s");
}

#[test]
fn nothing_goes_before_it_is_read() {
    let scene = Scene::new();
    let (mut anna, mut ben) = agreed(&scene);
    ben.type_keys("\x1b[O");
    anna.type_keys("for later\r");
    ben.wait_for("for later");
    // Its author has no more of it by then.
    wait_without(&anna, "for later");
    assert!(ben.contents().contains("for later"), "{}", ben.contents());
    ben.type_keys(FOCUS);
    wait_without(&ben, "for later");
}

#[test]
fn who_was_stopped_meanwhile_finds_it_gone() {
    let scene = Scene::new();
    let (mut anna, ben) = agreed(&scene);
    anna.type_keys("a word\r");
    ben.wait_for("a word");
    // It is read, which its author sees.
    anna.wait_until("shows that it is read", |screen| {
        let screen = screen.contents();
        screen
            .lines()
            .any(|row| row.contains("a word") && row.ends_with("read"))
    });
    ben.signal(Signal::STOP);
    wait_without(&anna, "a word");
    assert!(ben.contents().contains("a word"));
    ben.signal(Signal::CONT);
    wait_without(&ben, "a word");
}

#[test]
fn a_new_run_is_asked_again() {
    let scene = Scene::new();
    let (anna, mut ben) = agreed(&scene);
    ben.type_keys("/quit\r");
    ben.exit_code();
    let mut ben = scene.chat("ben");
    ben.wait_for("anna asks that messages fade after 5 s");
    wait_without(&anna, "fades 5 s");
    ben.type_keys("/fade 5s\r");
    anna.wait_for("fades 5 s");
}

#[test]
fn a_script_agrees_only_by_its_own_word_and_is_told_each_time() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    let mut bot = scene.pipe("bot", &["--json"]);
    anna.wait_for("bot");
    anna.type_keys("/fade 1h\r");
    let asked = bot.event("fading");
    assert_eq!(
        (&asked["from"], &asked["seconds"]),
        (&"anna".into(), &3600.into())
    );
    anna.type_keys("stays\r");
    assert!(bot.event("message")["fades_s"].is_null());
    bot.command(&json!({"type": "fade", "seconds": 3600}));
    anna.wait_for("bot agrees");
    anna.type_keys("fades\r");
    assert_eq!(bot.event("message")["fades_s"], 3600);
}

#[test]
fn lines_decline_and_say_why() {
    let scene = Scene::new();
    let _bot = scene.pipe("bot", &[]);
    let args = [
        "join",
        scene.url(),
        "--plain",
        "--name",
        "ben",
        "--passphrase-file",
        "passphrase",
    ];
    let mut ben = scene.terminal((24, 120), &args);
    ben.wait_for("bot joined");
    let mut anna = scene.chat("anna");
    ben.wait_for("anna joined");
    anna.type_keys("/fade 5s\r");
    ben.wait_for(
        "anna asks that messages fade after 5 s, but this terminal keeps what was printed: declined",
    );
    anna.wait_for("ben has lines on a");
    anna.wait_for("bot has lines on a");
    ben.type_keys("/fade 5s\r");
    ben.wait_for("messages cannot fade without the screen");
}
