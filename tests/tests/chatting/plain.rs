//! The chat as lines.

use rustix::process::Signal;
use sotto_tests::{Scene, Terminal};

use super::await_bot;

const CTRL_D: &str = "\x04";

/// A chat in lines, which the terminal asks for.
fn dumb(scene: &Scene) -> Terminal {
    scene.chat_with("anna", &[("TERM", "dumb")])
}

fn assert_lines_only(chat: &Terminal) {
    let written = chat.written();
    let written = String::from_utf8_lossy(&written);
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\x07');
    // What is typed is shown by the terminal itself: Ctrl+D as ^D and two steps back.
    let written = written.replace("^D\x08\x08", "");
    assert!(!written.contains(is_odd), "{written:?}");
}

#[test]
fn on_a_dumb_terminal_lines_go_in_and_come_out_and_nothing_steers_it() {
    let scene = Scene::new();
    let mut anna = dumb(&scene);
    let mut bot = await_bot(&scene, &anna);
    anna.type_keys("hello bot\r");
    assert_eq!(bot.message(), "hello bot");
    bot.say("two\nlines \x1b[2J");
    anna.wait_for("bot: two\n  lines ␛[2J");
    anna.type_keys("/help\r");
    anna.wait_for("/who: who is here");
    anna.type_keys("/lock\r");
    anna.wait_for("a lock would hide nothing");
    bot.say("still there?");
    anna.wait_for("bot: still there?");
    anna.type_keys("/me nods\r");
    assert_eq!(bot.message(), "/me nods");
    anna.type_keys(CTRL_D);
    assert_eq!(anna.exit_code(), 0);
    bot.event("peer_left");
    assert_lines_only(&anna);
}

#[test]
fn in_lines_a_page_that_is_pasted_waits_for_an_enter_alone() {
    let scene = Scene::new();
    let args = [&scene.joining("anna")[..], &["--plain"]].concat();
    let mut anna = scene.terminal((24, 80), &args);
    let mut bot = await_bot(&scene, &anna);
    let page: String = (1..=60)
        .map(|line| format!("line {line} of the page\n"))
        .collect();
    anna.type_keys(&page.replace('\n', "\r"));
    anna.wait_for("60 lines pasted");
    anna.type_keys("\r");
    assert_eq!(bot.message().trim_end(), page.trim_end());
    anna.type_keys("first\rsecond\r");
    anna.wait_for("2 lines pasted");
    anna.type_keys("/drop\r");
    anna.wait_for("dropped");
    anna.type_keys("third\r");
    assert_eq!(bot.message(), "third");
    assert_lines_only(&anna);
}

#[test]
fn the_end_of_input_with_something_undelivered_is_told_by_word_and_code() {
    let scene = Scene::new();
    let mut anna = dumb(&scene);
    let mut carl = scene.pipe("carl", &["--json"]);
    anna.wait_for("carl joined");
    let mut bot = await_bot(&scene, &anna);
    carl.event("peer_joined");
    bot.process().signal(Signal::STOP);
    anna.type_keys("one of you does not hear this\r");
    assert_eq!(carl.message(), "one of you does not hear this");
    // It waits for ten seconds.
    anna.type_keys(CTRL_D);
    assert_eq!(anna.exit_code(), 5);
    anna.wait_for("1 message was not delivered");
    assert_lines_only(&anna);
}
