//! A peer that tries to steer the terminal.

use sotto_tests::Scene;

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
