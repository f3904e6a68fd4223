//! Links that are slow, and peers that are fast.

use std::time::Duration;

use sotto_tests::{Proxy, Scene};

use super::ENTER;

#[test]
fn over_a_link_of_2_kib_a_second_keys_are_shown_at_once_and_a_page_of_30_kib_arrives() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let mut bot = scene.pipe("bot", &["--json"]);
    let scene = scene.at(proxy.url());
    let mut anna = scene.chat("anna");
    proxy.slow(Duration::from_millis(400), 2048);
    anna.wait_for("bot joined");
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

    let page = "a line of thirty characters..\n".repeat(1024);
    anna.type_keys(&format!("\x1b[200~{page}\x1b[201~"));
    anna.wait_for("1024 lines pasted, Enter sends");
    anna.type_keys(ENTER);
    for _ in 0..40 { std::thread::sleep(Duration::from_secs(5)); let c = anna.contents(); let l: Vec<_> = c.lines().map(|l| l.trim_end()).filter(|l| !l.is_empty() && !l.contains("thirty")).collect(); eprintln!("{} {:?} {}", proxy.accepted(), std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()%1000, l.join("|")); if c.contains("✓✓") && !c.contains("page") && false {break} }
    assert_eq!(bot.message(), page);
    anna.wait_for("✓✓");
    assert_eq!(proxy.accepted(), 1, "no connection was given up");
}
