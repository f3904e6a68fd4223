//! What terminals send and answer, byte by byte: keys, and the mouse.

use std::fs;

use rustix::process::Signal;
use sotto_tests::{Pipe, Scene, Terminal};

/// What asks a terminal whether it can tell keys apart, and what it is.
const ASKED: &str = "\x1b[?u\x1b[c";
/// The answer of one that can.
const CAN: &str = "\x1b[?0u\x1b[?62;4c";
/// The answer of one that cannot, or does not know the question.
const CANNOT: &str = "\x1b[?62;4c";
/// It is to tell keys apart; it is not to any more.
const APART: &str = "\x1b[>1u";
const TOGETHER: &str = "\x1b[<1u";
const CTRL_C: &str = "\x03";

/// A chat and the one it talks to.
fn chat(scene: &Scene) -> (Terminal, Pipe) {
    let bot = scene.pipe("bot", &["--json"]);
    let anna = scene.chat("anna");
    anna.wait_for("bot");
    (anna, bot)
}

/// Writes the configuration.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn configure(scene: &Scene, text: &str) {
    fs::create_dir_all(scene.home().join(".config/sotto")).unwrap();
    scene.write(".config/sotto/config.toml", text);
}

/// A chat in a terminal that tells keys apart.
fn chat_apart(scene: &Scene) -> (Terminal, Pipe) {
    let (mut anna, bot) = chat(scene);
    anna.wait_for_written(ASKED, 1);
    anna.type_keys(CAN);
    anna.wait_for_written(APART, 1);
    (anna, bot)
}

#[test]
fn a_terminal_that_can_tell_keys_apart_does_and_its_shift_enter_is_a_new_line() {
    let scene = Scene::new();
    let (mut anna, mut bot) = chat_apart(&scene);
    // Shift+Enter, Alt+B, Ctrl+K, Ctrl+J, Ctrl+I (Tab), Ctrl+M (Enter).
    anna.type_keys("one\x1b[13;2utwo three\x1b[98;3u\x1b[107;5ufour\x1b[106;5ufive\x1b[105;5usix");
    anna.wait_for("six");
    anna.type_keys("\x1b[109;5u");
    assert_eq!(bot.message(), "one\ntwo four\nfive\tsix");
    // Esc selects, Esc goes back.
    anna.type_keys("\x1b[27u");
    anna.wait_for("browse:");
    anna.type_keys("\x1b[27u");
    anna.wait_until("browses no more", |screen| !screen.contents().contains("browse:"));
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
    assert_eq!((anna.count_written(APART), anna.count_written(TOGETHER)), (1, 1));
}

#[test]
fn keys_are_told_apart_no_longer_than_the_terminal_is_ours() {
    let scene = Scene::new();
    let room =
        "[[room]]\nname = \"upstairs\"\nrelay = \"ws://127.0.0.1:1\"\npassphrase_command = \"false\"\n";
    configure(&scene, room);
    for signal in [Signal::TERM, Signal::HUP] {
        let (mut anna, _bot) = chat_apart(&scene);
        anna.signal(signal);
        anna.exit_code();
        anna.assert_restored();
        assert_eq!(
            (anna.count_written(APART), anna.count_written(TOGETHER)),
            (1, 1),
            "{signal:?}"
        );
    }
    let (mut anna, _bot) = chat_apart(&scene);
    anna.type_keys("/join upstairs\r");
    anna.wait_for("the passphrase command failed");
    assert_eq!(
        (anna.count_written(APART), anna.count_written(TOGETHER)),
        (2, 1),
        "lent"
    );
    anna.signal(Signal::STOP);
    anna.signal(Signal::CONT);
    anna.wait_for_written(APART, 3);
    anna.type_keys("\x1b[120;5u\x1b[120;5u\x1b[120;5u");
    anna.exit_code();
    anna.assert_restored();
    let counts = (anna.count_written(APART), anna.count_written(TOGETHER));
    assert_eq!(counts, (3, 3), "stopped and woken, and in a hurry");
}

#[test]
fn a_terminal_that_cannot_tell_keys_apart_or_does_not_answer_is_left_alone() {
    let scene = Scene::new();
    for answer in [CANNOT, ""] {
        let (mut anna, mut bot) = chat(&scene);
        anna.wait_for_written(ASKED, 1);
        anna.type_keys(answer);
        // The keys go on at once, and the answer is none.
        for text in ["one", "two", "three"] {
            anna.type_keys(&format!("{text}\r"));
            assert_eq!(bot.message(), text);
        }
        anna.type_keys(CTRL_C);
        anna.type_keys(CTRL_C);
        anna.exit_code();
        anna.assert_restored();
        assert!(anna.count_written(APART) == 0 && anna.count_written(TOGETHER) == 0);
    }
}

/// The wheel sends Up and Down; as it was before.
const WHEEL: &str = "\x1b[?1007s\x1b[?1007h";
const WHEEL_BEFORE: &str = "\x1b[?1007r";
const MOUSE: &str = "\x1b[?1000h";

#[test]
fn the_mouse_is_the_terminals_and_its_wheel_scrolls() {
    let scene = Scene::new();
    let (mut anna, bot) = chat(&scene);
    for number in 10..50 {
        bot.say(&format!("line {number}"));
    }
    anna.wait_for("line 49");
    // What a terminal sends for three steps of the wheel.
    anna.type_keys(&"\x1bOA".repeat(30));
    anna.wait_for("line 15");
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
    assert!(anna.count_written(MOUSE) == 0);
    assert_eq!(
        (anna.count_written(WHEEL), anna.count_written(WHEEL_BEFORE)),
        (1, 1)
    );
}

#[test]
fn a_mouse_that_is_ours_scrolls_and_selects_until_the_terminal_is_given_back() {
    let scene = Scene::new();
    configure(&scene, "mouse = true\n");
    let (mut anna, bot) = chat(&scene);
    for number in 10..50 {
        bot.say(&format!("line {number}"));
    }
    anna.wait_for("line 49");
    assert!(anna.count_written(MOUSE) == 1);
    // Ten steps up; then a press on a row in the middle.
    anna.type_keys(&"\x1b[<64;10;10M".repeat(10));
    anna.wait_for("line 15");
    anna.type_keys("\x1b[<0;10;15M\x1b[<0;10;15m");
    anna.wait_for("browse:");
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
}

#[test]
fn esc_and_then_a_key_is_that_key_with_alt() {
    let scene = Scene::new();
    let (mut anna, mut bot) = chat(&scene);
    anna.type_keys("the last\r");
    assert_eq!(bot.message(), "the last");
    for (key, shows) in [("e", "editing: Enter saves"), ("2", "there is no room 2")] {
        // At once, as tmux makes one of two quick keys; and one after the other.
        anna.type_keys(&format!("\x1b{key}"));
        anna.wait_for(shows);
        anna.type_keys("\x1b");
        anna.wait_until_gone(shows);
        anna.type_keys("\x1b");
        anna.wait_for("browse:");
        anna.type_keys(key);
        anna.wait_for(shows);
        anna.type_keys("\x1b");
        anna.wait_until_gone(shows);
    }
}

/// The strings of bytes that a terminal might never send.
const NOISE: usize = 300;

/// The longest of them.
const LONGEST: u64 = 24;

/// Bytes without meaning, many of them the beginning of something, the same each time. Left out are Ctrl+C and Ctrl+D,
/// which ask to leave, Ctrl+X, which leads on to the end of everything, and Ctrl+Z.
fn noise() -> Vec<Vec<u8>> {
    const STARTS: &[&[u8]] = &[
        b"\x1b", b"\x1b[", b"\x1bO", b"\x1b[<", b"\x1b[?", b"\x1b[1;", b"\xe2", b"/",
    ];
    let mut seed = 0x5077_0123_4567_89ab_u64;
    // xorshift64 by George Marsaglia.
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut one = || {
        let mut bytes = match usize::try_from(next() % 16) {
            Ok(at) if at < STARTS.len() => STARTS[at].to_vec(),
            _ => Vec::new(),
        };
        bytes.extend((0..next() % LONGEST).map(|_| next().to_le_bytes()[3]));
        bytes.retain(|byte| !matches!(byte, 0x03 | 0x04 | 0x18 | 0x1a));
        bytes
    };
    (0..NOISE).map(|_| one()).collect()
}

#[test]
fn no_bytes_whatever_make_the_chat_useless() {
    let scene = Scene::new();
    let (mut anna, bot) = chat(&scene);
    for bytes in noise() {
        anna.type_bytes(&bytes);
    }
    // A paste that may have begun ends.
    anna.type_keys("\x1b[201~");
    bot.say("are you there?");
    // What stands in the input goes, whatever is selected, asked or read is put away, and something is said.
    for key in ["\x1b", "\x15", "\x1b", "\x1b", "\x1b>"] {
        anna.type_keys(key);
    }
    anna.wait_for("are you there?");
    anna.type_keys(&CTRL_C.repeat(9));
    assert!([0, 5].contains(&anna.exit_code()), "{}", anna.contents());
    anna.assert_restored();
}
