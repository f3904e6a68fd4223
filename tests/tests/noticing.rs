//! Calls for somebody's attention, as the terminal and the desktop get them.

use std::ffi::OsString;

use sotto_tests::{Pipe, Scene, Stub, Terminal};

const NOTICE: &str = "a new message";
const FOCUS_GAINED: &str = "\x1b[I";
const CTRL_C: &str = "\x03";
const BELL: char = '\x07';

/// A chat with these in its environment, and a client without a screen that sees it.
fn with_bot(scene: &Scene, variables: &[(&str, OsString)]) -> (Terminal, Pipe) {
    let anna = scene.chat_with("anna", variables);
    let mut bot = scene.pipe("bot", &["--json"]);
    bot.event("peer_joined");
    anna.wait_for("bot joined");
    (anna, bot)
}

/// What the terminal was told by `OSC`, and how often to ring besides.
fn told(chat: &Terminal) -> (Vec<String>, usize) {
    let written = String::from_utf8_lossy(&chat.written()).into_owned();
    let mut parts = written.split("\x1b]");
    let mut bells = parts.next().map_or(0, |before| before.matches(BELL).count());
    let mut osc = Vec::new();
    for part in parts {
        // Links end otherwise, and with no bell.
        let (inside, after) = part.split_once([BELL, '\x1b']).unwrap_or((part, ""));
        osc.push(inside.to_owned());
        bells += after.matches(BELL).count();
    }
    (osc, bells)
}

#[test]
fn messages_that_come_together_ring_once_and_say_nothing_of_themselves() {
    let scene = Scene::new();
    let (mut anna, bot) = with_bot(&scene, &[]);
    bot.say("meet me at noon");
    bot.say("under the bridge");
    anna.wait_for_bytes(b"\x1b]2;(2) sotto\x07");
    let (osc, bells) = told(&anna);
    assert_eq!(bells, 1, "{osc:?}");
    assert!(osc.contains(&format!("9;{NOTICE}")), "{osc:?}");
    for part in &osc {
        assert!(
            !["bot", "noon", "bridge"].iter().any(|word| part.contains(word)),
            "{part}"
        );
    }
    anna.type_keys(CTRL_C);
    anna.wait_for("again leaves");
    anna.type_keys(CTRL_C);
    // The window is called as before.
    anna.wait_for_bytes(b"\x1b[23;2t");
    anna.exit_code();
}

#[test]
fn in_tmux_only_the_bell_goes_out() {
    let scene = Scene::new();
    let variables = [("TERM", "tmux-256color".into()), ("TMUX", "/nowhere,1,0".into())];
    let (anna, bot) = with_bot(&scene, &variables);
    bot.say("hello");
    anna.wait_for_bytes(b"\x1b]2;(1) sotto\x07");
    let (osc, bells) = told(&anna);
    assert_eq!(bells, 1, "{osc:?}");
    assert!(osc.iter().all(|part| part.starts_with("2;")), "{osc:?}");
}

#[test]
fn the_desktop_is_told_over_its_bus_where_there_is_one() {
    let scene = Scene::new();
    let notify = Stub::new(&scene, "notify-send");
    let variables = [
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere".into()),
        ("PATH", notify.path().into()),
    ];
    let (anna, bot) = with_bot(&scene, &variables);
    bot.say("meet me at noon");
    let given = notify.given();
    assert!(given.trim_end().ends_with(&format!("sotto {NOTICE}")), "{given}");
    assert!(!given.contains("noon") && !given.contains("bot"), "{given}");
    let (osc, _) = told(&anna);
    assert!(osc.iter().all(|part| part.starts_with("2;")), "{osc:?}");
}

#[test]
fn whoever_looks_is_not_called_and_neither_is_a_muted_room() {
    let scene = Scene::new();
    let (mut anna, mut bot) = with_bot(&scene, &[]);
    anna.type_keys(FOCUS_GAINED);
    anna.type_keys("x");
    anna.wait_for("> x");
    bot.say("seen at once");
    bot.event("read");
    anna.wait_for("seen at once");
    assert_eq!(told(&anna).1, 0);

    let mut carl = scene.chat("carl");
    carl.wait_for("anna");
    carl.type_keys("/mute\r");
    carl.wait_for("no notice of what comes");
    // The terminal has no focus for all that carl knows.
    carl.type_keys("\x1b[O");
    bot.say("not worth a bell");
    carl.wait_for("not worth a bell");
    assert_eq!(told(&carl).1, 0);
}
