//! What is typed, until the other one has it.

use rustix::process::Signal;
use serde_json::json;
use sotto_tests::Scene;

use super::{ENTER, ESC, pair, with_bot};

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
fn a_message_is_marked_as_sent_when_the_relay_has_it_as_delivered_and_as_read() {
    let scene = Scene::new();
    let (mut anna, mut bot) = with_bot(&scene);
    bot.process().signal(Signal::STOP);
    anna.type_keys("how far does it come?\r");
    anna.wait_for_row(&["how far does it come?", " ✓"]);
    assert!(!anna.contents().contains("✓✓"), "{}", anna.contents());
    bot.process().signal(Signal::CONT);
    anna.wait_for_row(&["how far does it come?", "✓✓"]);
    let message = bot.event("message");
    bot.command(&json!({"type": "read", "id": message["id"]}));
    anna.wait_for_row(&["how far does it come?", "read"]);
}

#[test]
fn lines_are_written_one_after_the_other_and_sent_as_one() {
    let scene = Scene::new();
    let (mut anna, mut bot) = with_bot(&scene);
    // Alt+Enter; Esc and then Enter; a backslash at the end.
    anna.type_keys("one\x1b\rtwo");
    anna.wait_for("two");
    anna.type_keys(ESC);
    anna.type_keys(ENTER);
    anna.type_keys("three\\");
    anna.wait_for("three\\");
    anna.type_keys(ENTER);
    anna.wait_until_gone("three\\");
    anna.type_keys("four");
    anna.wait_for("four");
    anna.type_keys(ENTER);
    assert_eq!(bot.message(), "one\ntwo\nthree\nfour");
}

/// A page as it stands in a clipboard, an end of line at its end included.
fn page() -> String {
    (1..=60)
        .map(|line| format!("line {line} of the page\n"))
        .collect()
}

#[test]
fn a_page_that_is_pasted_fills_the_input_and_enter_sends_it_whole() {
    let scene = Scene::new();
    let (mut anna, mut bot) = with_bot(&scene);
    anna.type_keys(&format!("\x1b[200~{}\x1b[201~", page()));
    anna.wait_for("60 lines pasted, Enter sends");
    anna.type_keys(ENTER);
    assert_eq!(bot.message(), page());
}

#[test]
fn a_page_that_comes_without_brackets_is_not_sent_by_itself_but_by_an_enter_alone() {
    let scene = Scene::new();
    let (mut anna, mut bot) = with_bot(&scene);
    anna.type_keys(&page().replace('\n', ENTER));
    anna.wait_for("Enter alone sends it");
    anna.wait_for("line 60 of the page");
    anna.type_keys(ENTER);
    assert_eq!(bot.message(), page());
    anna.type_keys("and one line\r");
    assert_eq!(bot.message(), "and one line");
}

#[test]
fn what_was_sent_is_changed_and_deleted_on_both_screens() {
    let scene = Scene::new();
    let (mut anna, ben) = pair(&scene);
    anna.type_keys("at the old mil\r");
    ben.wait_for("at the old mil");
    anna.type_keys("\x1be");
    anna.wait_for("> at the old mil");
    anna.type_keys("l\r");
    ben.wait_for_row(&["at the old mill", "edited"]);
    anna.wait_for_row(&["at the old mill", "edited"]);
    anna.type_keys(ESC);
    anna.wait_for("browse:");
    anna.type_keys("d");
    anna.wait_for("Enter deletes");
    anna.type_keys("y");
    for chat in [&anna, &ben] {
        chat.wait_until_gone("at the old mill");
        chat.wait_for_row(&["anna", "deleted"]);
    }
}

#[test]
fn an_answer_quotes_and_a_reaction_stands_beside_its_message_on_both_screens() {
    let scene = Scene::new();
    let (mut anna, mut ben) = pair(&scene);
    anna.type_keys("shall we meet?\r");
    ben.wait_for("shall we meet?");
    ben.type_keys(ESC);
    ben.wait_for("browse:");
    ben.type_keys("r");
    ben.wait_for("to anna: shall we meet?");
    ben.type_keys("at noon\r");
    for chat in [&anna, &ben] {
        chat.wait_for("↳ anna: shall we meet?");
        chat.wait_for("at noon");
    }
    anna.type_keys(ESC);
    anna.wait_for("browse:");
    anna.type_keys("+");
    anna.wait_for("1 👍");
    anna.type_keys("1");
    for chat in [&anna, &ben] {
        chat.wait_for_row(&["at noon", "👍", "anna"]);
    }
}

#[test]
fn tab_completes_a_command_and_says_where_there_are_several() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    anna.wait_for("alone");
    anna.type_keys("/sea\tfor");
    anna.wait_for("> /search for");
    anna.type_keys("\x15/e\t\t");
    anna.wait_for("/edit  /editor");
}
