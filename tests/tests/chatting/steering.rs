//! A peer that tries to steer the terminal.

use sotto::room::Command;
use sotto_protocol::Name;
use sotto_protocol::instance::Event;
use sotto_tests::scene::PASSPHRASE;
use sotto_tests::{Peer, Relay, Scene, Sequences, Terminal};

use super::{CTRL_C, ENTER, ESC, FOCUS};

/// What would steer a terminal, and how it is shown instead.
const STEERING: [(&str, &str); 12] = [
    ("a\x1b[2J\x1b[Hb", "a␛[2J␛[Hb"),
    ("a\x1b]52;c;b3duZWQ=\x07b", "a␛]52;c;b3duZWQ=␇b"),
    ("a\x1b]8;;http://evil.example\x1b\\b\x1b]8;;\x1b\\", "a␛]8;;"),
    ("a\x1b]0;owned\x07b\x1b]2;owned\x1b\\", "a␛]0;owned␇b␛]2;owned␛\\"),
    (
        "a\x1bP$q\"p\x1b\\b\x1bPtmux;\x1b\x1b]2;owned\x07\x1b\\",
        "a␛P$q\"p␛\\b␛Ptmux;",
    ),
    (
        "a\u{9b}2Jb\u{9d}0;owned\u{9c}\u{90}q\u{9c}",
        "a<U+009B>2Jb<U+009D>0;owned<U+009C>",
    ),
    ("a\u{202e}b\u{2066}c\u{200f}d", "a<U+202E>b<U+2066>c<U+200F>d"),
    ("a\0b\x08\x08\x08c\x7fd", "a␀b␈␈␈c␡d"),
    ("a\x0e\x0fb\x0b\x0cc\x05", "a␎␏b␋␌c␅"),
    ("a\x1b[?1049l\x1b[?2004l\x1bcb", "a␛[?1049l␛[?2004l␛cb"),
    ("a\x1b[6n\x1b[>c\x1b]11;?\x07b", "a␛[6n␛[>c␛]11;?␇b"),
    ("a\x1b[31m\x1b[5mb\x1b#8", "a␛[31m␛[5mb␛#8"),
];

/// The link in one of them, up to what is shown of the escape, as the chat itself hands it to the terminal; and its end.
const LINKS: [&str; 2] = ["http://evil.xn--example-ws3d/", ""];

/// Says all that steers, in texts, answers, changes, reactions and quotes.
fn steer(peer: &Peer, chat: &Terminal) {
    for (text, shown) in STEERING {
        let said = peer.say(text, None);
        chat.wait_for(shown);
        peer.say("an answer", Some(said));
        peer.command(Command::React {
            target: said,
            reaction: text.chars().take(16).collect(),
        });
        peer.command(Command::Edit {
            id: said.id,
            text: format!("{text}{text}"),
        });
    }
    peer.say("the end of it", None);
    chat.wait_for("the end of it");
}

/// Says as much as one message holds of what takes no place, or much more than it should.
fn pile_up(peer: &Peer, chat: &Terminal) {
    for text in ["\u{301}".repeat(30_000), "\u{202e}".repeat(20_000)] {
        peer.say(&format!("x{}", &text[..59_994]), None);
    }
    peer.say("the end of the piles", None);
    chat.wait_for("the end of the piles");
}

/// Checks that a chat has written nothing to its terminal but what it uses itself.
fn assert_unsteered(chat: &Terminal) {
    let sequences = Sequences::of(&chat.written());
    let ours = [
        // The title is put aside and brought back.
        "22;2t", "23;2t",
        // The other screen, pastes in brackets, focus, whole pictures, the cursor.
        "?1049h", "?1049l", "?2004h", "?2004l", "?1004h", "?1004l", "?2026h", "?2026l", "?25h", "?25l",
        // Whether it can tell keys apart, and what every terminal answers.
        "?u", "?0u", "0c", "<1u", // The wheel sends keys.
        "?1007h", "?1007l", "?1007r",
        "?1007s", // A blank screen, the rest of a line, the cursor's shape.
        "2J", "0K", " 0q",
    ];
    for csi in &sequences.csi {
        assert!(ours.contains(&csi.as_str()), "CSI {csi}");
    }
    let is_ours = |osc: &str| {
        let title = osc
            .strip_prefix("2;")
            .and_then(|title| title.strip_suffix("sotto"));
        let is_count = |count: &str| count.chars().all(|c| "() 0123456789".contains(c));
        let link = osc.strip_prefix("8;").and_then(|link| link.split_once(';'));
        let is_link = |(id, address): (&str, &str)| {
            id.chars().all(|c| c.is_ascii_alphanumeric() || c == '=') && LINKS.contains(&address)
        };
        title.is_some_and(is_count) || osc == "9;a new message" || link.is_some_and(is_link)
    };
    for osc in &sequences.osc {
        assert!(is_ours(osc), "OSC {osc}");
    }
    assert!(sequences.others.is_empty(), "{:?}", sequences.others);
    // The bell.
    assert!(
        sequences.controls.iter().all(|&control| control == 7),
        "{:?}",
        sequences.controls
    );
    let turns = |c: char| matches!(c, '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!sequences.text.contains(turns));
    // However many there are on one letter, a terminal gets few of them.
    assert!(!sequences.text.contains(&"\u{301}".repeat(30)));
}

#[test]
fn a_peer_in_two_rooms_on_two_relays_steers_no_terminal() {
    let scene = Scene::new();
    let relay = Relay::start(&[], scene.home().to_owned());
    let other = format!("{}/#room=attic", relay.url());
    let mut anna = scene.chat("anna");
    anna.wait_for("alone");
    anna.type_keys(FOCUS);
    let marks = "e\u{301}\u{302}\u{303}".repeat(12);
    let mut first = Peer::join(scene.url(), &marks);
    let joined = |event: Event| matches!(event, Event::PeerJoined { .. }).then_some(());
    first.wait_for(joined);
    anna.wait_for("joined");
    steer(&first, &anna);
    pile_up(&first, &anna);
    // Quoted by us, searched for, and on the line above the input.
    anna.type_keys(ESC);
    anna.wait_for("browse:");
    anna.type_keys("gjr");
    anna.wait_for("Esc gives up · to");
    anna.type_keys("what is that?\r");
    first.wait_for(|event| match event {
        Event::Message { text, reply_to, .. } => reply_to.map(|_| assert_eq!(text, "what is that?")),
        _ => None,
    });

    anna.type_keys(&format!("/join {other}\r"));
    anna.wait_for("passphrase of");
    anna.type_keys(PASSPHRASE);
    anna.wait_for(&"•".repeat(PASSPHRASE.len()));
    anna.type_keys(ENTER);
    anna.wait_for_row(&["1 ", "2 "]);
    let mut second = Peer::join(&other, "\u{5d0}\u{5d1} 2 \u{627}");
    second.wait_for(joined);
    second.command(Command::Rename(Name::new("second").unwrap()));
    anna.wait_for("2 second");
    steer(&second, &anna);
    first.say("still\x1b[2Jthere", None);
    anna.wait_for_row(&["1 ", "(1)", "2 second"]);
    anna.type_keys("/next\r");
    anna.wait_for("still␛[2Jthere");
    anna.type_keys("/save yes talk.txt\r");
    anna.wait_for("saved in talk.txt");
    let saved = std::fs::read_to_string(scene.home().join("talk.txt")).unwrap();
    assert!(
        !saved.contains(|c: char| c.is_control() && c != '\n'),
        "{saved:?}"
    );
    assert_unsteered(&anna);
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
}
