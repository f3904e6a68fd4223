//! The chat in a terminal, as a person sees it.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use sotto_tests::scene::PASSPHRASE;
use sotto_tests::{Scene, Terminal};

const CTRL_C: &str = "\x03";
const ENTER: &str = "\r";

/// Two chats that see each other.
fn pair(scene: &Scene) -> (Terminal, Terminal) {
    let (anna, ben) = (scene.chat("anna"), scene.chat("ben"));
    anna.wait_for("ben");
    ben.wait_for("anna");
    (anna, ben)
}

#[test]
fn what_one_types_the_other_reads() {
    let scene = Scene::new();
    let (mut anna, mut ben) = pair(&scene);
    anna.type_keys("ahoj, how are you?");
    anna.type_keys(ENTER);
    ben.wait_for("ahoj, how are you?");
    ben.type_keys("fine, Jiří 👋");
    ben.type_keys(ENTER);
    anna.wait_for("fine, Jiří 👋");
}

#[test]
fn a_chat_and_a_pipe_talk() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    let mut bot = scene.pipe("bot", &["--json"]);
    anna.wait_for("bot");
    anna.type_keys("hello bot\r");
    assert_eq!(bot.message(), "hello bot");
    bot.say("hello person");
    anna.wait_for("hello person");
}

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
fn a_terminal_of_ten_columns_and_three_rows_is_enough_to_talk() {
    let scene = Scene::new();
    let args = [
        "join",
        scene.url(),
        "--name",
        "anna",
        "--passphrase-file",
        "passphrase",
    ];
    let mut anna = scene.terminal((3, 10), &args);
    let mut ben = scene.pipe("ben", &["--json"]);
    ben.event("peer_joined");
    anna.type_keys("tiny\r");
    assert_eq!(ben.message(), "tiny");
    for size in [(1, 1), (2, 5), (50, 200), (24, 80)] {
        anna.resize(size.0, size.1);
    }
    ben.say("large");
    anna.wait_for("large");
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
}

#[test]
fn control_characters_of_a_peer_do_nothing_to_the_terminal() {
    let scene = Scene::new();
    let anna = scene.chat("anna");
    let mut bot = scene.pipe("bot", &["--json"]);
    bot.event("peer_joined");
    anna.wait_for("bot");
    bot.say("\x1b[2J\x1b]0;owned\x07\u{202e}\x1b[?1049l\x1b[31mred");
    bot.say("still whole");
    anna.wait_for("still whole");
    let written = anna.written();
    for sequence in ["\x1b]0;owned", "\x1b[?1049l", "\u{202e}"] {
        assert!(
            !written
                .windows(sequence.len())
                .any(|window| window == sequence.as_bytes())
        );
    }
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
fn two_rooms_in_one_window_are_kept_apart() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    let mut first = scene.pipe("ben", &["--json"]);
    anna.wait_for("ben");
    anna.type_keys("/join attic\r");
    anna.wait_for("passphrase of the room attic");
    anna.type_keys(PASSPHRASE);
    anna.type_keys(ENTER);
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
    anna.type_keys(PASSPHRASE);
    anna.type_keys(ENTER);
    anna.wait_for("open here already");
}

#[test]
fn the_bytes_that_terminals_send_do_what_their_keys_do() {
    let scene = Scene::new();
    let mut bot = scene.pipe("bot", &["--json"]);
    let mut anna = scene.chat("anna");
    anna.wait_for("bot");
    // A line feed is Ctrl+J; 0x1f is Ctrl+_, which undoes; ESC and a letter that come together are Alt and it.
    anna.type_keys("one\ntwo three\x1bb\x0b");
    anna.wait_until("kills the last word", |screen| {
        !screen.contents().contains("three")
    });
    anna.type_keys("\x1f");
    anna.wait_for("two three");
    anna.type_keys(ENTER);
    assert_eq!(bot.message(), "one\ntwo three");
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
