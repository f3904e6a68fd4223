//! What a terminal sends that nobody typed: reports, answers, pastes that are broken, sizes that are none.

use sotto_tests::{Pipe, Scene, Terminal, binaries};

const CTRL_C: &str = "\x03";
const PANIC: &str = "\x18";
/// What asks a terminal whether it can tell keys apart, and what it is; and the answer of a usual one.
const ASKED: &str = "\x1b[?u\x1b[c";
const ANSWER: &str = "\x1b[?62;4c";

/// A chat and the one it talks to.
fn chat(scene: &Scene) -> (Terminal, Pipe) {
    let bot = scene.pipe("bot", &["--json"]);
    let anna = scene.chat("anna");
    anna.wait_for("bot");
    (anna, bot)
}

#[test]
fn no_report_or_answer_that_nobody_asked_for_swallows_a_key_or_is_typed() {
    let scene = Scene::new();
    let (mut anna, mut bot) = chat(&scene);
    let reports = [
        // The theme, a mode, a place, a version, the attributes.
        "\x1b[?997;1n",
        "\x1b[?2026;2$y",
        "\x1b[?55;1R",
        "\x1b[>0;276;0c",
        "\x1b[>1;10;0c",
        "\x1b[?12;2$y",
        "\x1b[48;24;80;480;640t",
        // Colours, a version, a term, each with its end.
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
        "\x1bP>|XTerm(370)\x1b\\",
        "\x1bP1+r544e=787465726d\x1b\\",
        "\x1b_Gi=31;OK\x1b\\",
        "\x1b^secret\x1b\\",
    ];
    for (number, report) in reports.iter().enumerate() {
        anna.type_keys(&format!("{report}after {number}\r"));
        assert_eq!(bot.message(), format!("after {number}"), "{report:?}");
    }
    // Byte by byte.
    for byte in reports.concat().into_bytes() {
        anna.type_bytes(&[byte]);
    }
    anna.type_keys("and now\r");
    assert_eq!(bot.message(), "and now");
}

#[test]
fn a_paste_that_holds_its_own_end_does_nothing_but_fill_the_input() {
    let scene = Scene::new();
    let (mut anna, mut bot) = chat(&scene);
    anna.type_keys("\x1b[200~one\x1b[201~\r/quit\r\x15\x1b[201~");
    anna.wait_for("/quit");
    anna.wait_for("Enter sends");
    anna.type_keys("\r");
    assert_eq!(bot.message(), "one\n/quit\n");
}

#[test]
fn a_paste_whose_end_is_lost_is_one_after_a_while_and_its_rest_does_not_send_by_itself() {
    let scene = Scene::new();
    let (mut anna, mut bot) = chat(&scene);
    anna.type_keys("\x1b[200~one\r");
    anna.wait_for("Enter sends");
    anna.type_keys("two\r");
    anna.wait_for("two");
    anna.type_keys("three");
    anna.wait_for("three");
    anna.type_keys("\r");
    assert_eq!(bot.message(), "one\ntwo\nthree");
}

#[test]
fn whatever_has_begun_the_panic_key_ends_everything() {
    let scene = Scene::new();
    for begun in [
        "\x1b[?997;",
        "\x1b]11;rgb:",
        "\x1bP>|XTerm",
        "\x1b",
        "\x1b[M",
        "\u{e9}",
    ] {
        let (mut anna, _bot) = chat(&scene);
        anna.type_bytes(&begun.as_bytes()[..begun.len() - usize::from(!begun.is_ascii())]);
        for _ in 0..3 {
            anna.type_keys(PANIC);
        }
        assert_eq!(anna.exit_code(), 0, "{begun:?}");
        anna.assert_restored();
    }
}

#[test]
fn the_answer_to_our_question_is_not_typed_into_the_shell_when_the_chat_is_over_before_it_comes() {
    let scene = Scene::new();
    let script = format!(
        "{} {}; IFS= read -r -t 0.3 rest; echo \"left<$rest>\"",
        binaries::sotto().display(),
        scene.joining("anna").join(" ")
    );
    let mut anna = Terminal::start(scene.at_terminal("bash", &["-c", &script]), 24, 80);
    anna.wait_for("alone in");
    anna.wait_for_written(ASKED, 1);
    anna.type_keys("/quit\r");
    // The other screen is left.
    anna.wait_for_written("\x1b[?1049l", 1);
    // The terminal is far away.
    std::thread::sleep(std::time::Duration::from_millis(60));
    anna.type_keys(ANSWER);
    anna.wait_for("left<");
    assert!(anna.contents().contains("left<>"), "{}", anna.contents());
    anna.exit_code();
}

#[test]
fn a_terminal_that_says_it_has_no_size_or_an_endless_one_shows_the_talk() {
    let scene = Scene::new();
    let mut bot = scene.pipe("bot", &["--json"]);
    let mut sotto = scene.in_terminal(&scene.joining("anna"));
    sotto.env("COLUMNS", "60");
    let mut anna = Terminal::start_sized(sotto, (0, 0), (24, 80));
    anna.wait_for("bot");
    anna.type_keys("without a size\r");
    assert_eq!(bot.message(), "without a size");
    anna.wait_for_row(&["without a size", "✓✓"]);
    anna.tell_size(u16::MAX, u16::MAX);
    anna.type_keys("without an end\r");
    assert_eq!(bot.message(), "without an end");
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    assert_eq!(anna.exit_code(), 0);
    anna.assert_restored();
}

#[test]
fn a_new_size_that_is_the_old_one_draws_everything_anew() {
    let scene = Scene::new();
    let (anna, _bot) = chat(&scene);
    let before = anna.count_written("\x1b[2J");
    anna.signal(rustix::process::Signal::WINCH);
    anna.wait_for_written("\x1b[2J", before + 1);
}
