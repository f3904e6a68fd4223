//! Links that are slow, and peers that are fast.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{fs, thread};

use sotto_tests::{Proxy, Scene};

use super::{CTRL_END, ENTER, FOCUS, PAGE_UP, with_bot};

#[test]
fn over_a_link_of_2_kib_a_second_keys_are_shown_at_once_and_a_page_of_30_kib_arrives() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let mut bot = scene.pipe("bot", &["--json"]);
    let mut scene = scene.at(proxy.url());
    let mut anna = scene.chat("anna");
    proxy.slow(Duration::from_millis(400), 2048);
    anna.wait_for("bot joined");
    scene.rest();
    anna.type_keys("how are you\r");
    anna.wait_for_row(&["how are you", "✓✓"]);
    assert_eq!(bot.message(), "how are you");

    // Nothing comes back over the link: what is shown waits for nobody.
    proxy.stall(true);
    for (number, key) in ["n", "o", "w"].iter().enumerate() {
        anna.type_keys(key);
        anna.wait_for(&format!("> {}", &"now"[..=number]));
    }
    anna.type_keys(ENTER);
    anna.wait_for_row(&["now", "…"]);
    proxy.stall(false);
    anna.wait_for_row(&["now", "✓✓"]);
    assert_eq!(bot.message(), "now");

    // Both ways at once: half a minute each.
    let page = "a line of thirty characters..\n".repeat(1024);
    bot.say(&page.replace("line", "row"));
    anna.type_keys(&format!("\x1b[200~{page}\x1b[201~"));
    anna.wait_for("1024 lines pasted, Enter sends");
    anna.type_keys(ENTER);
    assert_eq!(bot.message(), page);
    anna.wait_for("a row of thirty characters..");
    assert_eq!(proxy.accepted(), 1, "no connection was given up");
}

#[test]
fn while_100_messages_a_second_come_every_key_is_shown_and_nothing_is_lost() {
    let scene = Scene::new();
    let (mut anna, bot) = with_bot(&scene);
    anna.type_keys(FOCUS);
    let (typed, enough) = channel::<()>();
    let flood = thread::spawn(move || {
        let mut said = 0;
        while enough.recv_timeout(Duration::from_millis(10)) == Err(RecvTimeoutError::Timeout) {
            said += 1;
            bot.say(&format!("flood {said}."));
        }
        (bot, said)
    });
    anna.wait_for("flood 40.");
    let mut draft = String::new();
    for (number, key) in ('a'..='z').enumerate() {
        anna.type_keys(key.encode_utf8(&mut [0; 4]));
        draft.push(key);
        anna.wait_for(&format!("> {draft}"));
        if number % 5 == 4 {
            anna.type_keys(PAGE_UP);
            anna.wait_for("new below");
            anna.type_keys(CTRL_END);
            anna.wait_until_gone("new below");
        }
    }
    anna.type_keys(ENTER);
    drop(typed);
    let (mut bot, said) = flood.join().unwrap();
    assert_eq!(bot.message(), draft);
    anna.wait_for(&format!("flood {said}."));
    anna.wait_for("✓✓");
    anna.type_keys("/save yes talk.txt\r");
    anna.wait_for("saved in talk.txt");
    let saved = fs::read_to_string(scene.home().join("talk.txt")).unwrap();
    let came: Vec<_> = saved
        .lines()
        .filter_map(|line| line.split_once("bot: flood "))
        .collect();
    let numbers: Vec<_> = came.iter().map(|(_, number)| (*number).to_owned()).collect();
    assert_eq!(
        numbers,
        (1..=said).map(|number| format!("{number}.")).collect::<Vec<_>>()
    );
    for _ in 0..said {
        bot.event("delivered");
    }
}
