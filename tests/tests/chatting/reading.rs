//! What has come: looking through it, taking something out of it, and what the screen says of the others.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use sotto_tests::{Pipe, Scene, Stub};

use super::{CTRL_END, ENTER, ESC, FOCUS, PAGE_UP, await_bot, pair, with_bot};

/// Says numbered messages.
fn count(bot: &Pipe, numbers: std::ops::RangeInclusive<usize>) {
    numbers.for_each(|number| bot.say(&format!("message number {number}.")));
}

#[test]
fn a_search_finds_what_was_said_long_ago_and_escape_goes_back() {
    let scene = Scene::new();
    let (mut anna, bot) = with_bot(&scene);
    anna.type_keys(FOCUS);
    count(&bot, 1..=50);
    anna.wait_for("message number 50.");
    anna.type_keys("/search number 7.\r");
    anna.wait_for("message number 7.");
    anna.wait_for("/number 7.: n N");
    anna.type_keys(ESC);
    anna.wait_for("message number 50.");
}

#[test]
fn who_reads_further_up_stays_there_and_is_told_how_many_came() {
    let scene = Scene::new();
    let (mut anna, bot) = with_bot(&scene);
    anna.type_keys(FOCUS);
    count(&bot, 1..=50);
    anna.wait_for("message number 50.");
    anna.type_keys(PAGE_UP);
    anna.wait_for("more below");
    let rows = |text: &str| {
        text.lines()
            .skip(1)
            .take(20)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = rows(&anna.contents());
    count(&bot, 51..=53);
    anna.wait_for("3 new below");
    assert_eq!(rows(&anna.contents()), before);
    anna.type_keys(CTRL_END);
    anna.wait_for("message number 53.");
    anna.wait_until_gone("below");
}

#[test]
fn a_message_is_copied_by_the_terminal_and_its_link_opened_by_the_desktop() {
    let scene = Scene::new();
    let opener = Stub::new(&scene, "xdg-open");
    let mut anna = scene.chat_with("anna", &[("PATH", &opener.path())]);
    let bot = await_bot(&scene, &anna);
    bot.say("see https://sotto.example/?q=1#top, please");
    anna.wait_for("please");
    anna.type_keys(ESC);
    anna.wait_for("browse:");
    anna.type_keys("y");
    anna.wait_for("copied: handed to the terminal");
    let base64 = "c2VlIGh0dHBzOi8vc290dG8uZXhhbXBsZS8/cT0xI3RvcCwgcGxlYXNl";
    anna.wait_for_bytes(format!("\x1b]52;c;{base64}\x07").as_bytes());
    anna.type_keys("o");
    anna.wait_for("opened https://sotto.example/?q=1#top");
    assert_eq!(opener.given(), "https://sotto.example/?q=1#top\n");
}

#[test]
fn in_tmux_a_message_is_copied_by_tmux_and_the_terminal_gets_no_sequence_for_it() {
    let scene = Scene::new();
    let tmux = Stub::new(&scene, "tmux");
    let path = tmux.path();
    let variables = [("PATH", path.as_str()), ("TMUX", "/tmp/tmux-0/default,1,0")];
    let mut anna = scene.chat_with("anna", &variables);
    let bot = await_bot(&scene, &anna);
    bot.say("for the clipboard");
    anna.wait_for("for the clipboard");
    anna.type_keys(ESC);
    anna.wait_for("browse:");
    anna.type_keys("y");
    anna.wait_for("copied: handed to tmux");
    assert_eq!(tmux.given(), "load-buffer -w -\nfor the clipboard");
    let written = anna.written();
    assert!(!written.windows(4).any(|window| window == b"\x1b]52"));
}

#[test]
fn words_that_were_compared_are_marked_at_the_name() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    let mut bot = scene.pipe("bot", &["--json"]);
    let words = bot.event("peer_joined")["words"].as_str().unwrap().to_owned();
    anna.wait_for_row(&["bot", &words]);
    anna.type_keys("/verify\r");
    anna.wait_for("by voice");
    anna.wait_for(&format!("bot: {words}"));
    anna.type_keys("/verify yes bot\r");
    anna.wait_for_row(&["bot verified"]);
}

#[test]
fn the_talk_is_saved_after_a_question_for_its_owner_only() {
    let scene = Scene::new();
    let (mut anna, bot) = with_bot(&scene);
    bot.say("\x1b[2Jkeep this");
    anna.wait_for("keep this");
    anna.type_keys("/save talk.txt\r");
    anna.wait_for("/save yes talk.txt");
    let file = scene.home().join("talk.txt");
    assert!(!file.exists());
    anna.type_keys("/save yes talk.txt\r");
    anna.wait_for("saved in talk.txt");
    let saved = fs::read_to_string(&file).unwrap();
    assert!(saved.contains("bot: ␛[2Jkeep this\n"), "{saved}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    anna.type_keys("/save yes talk.txt\r");
    anna.wait_for("exists already");
    assert_eq!(fs::read_to_string(&file).unwrap(), saved);
}

#[test]
fn somebody_who_types_is_shown() {
    let scene = Scene::new();
    let (anna, mut ben) = pair(&scene);
    ben.type_keys("hm");
    anna.wait_for("ben is typing");
    ben.type_keys(ENTER);
    anna.wait_until_gone("ben is typing");
}
