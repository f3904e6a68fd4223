use crossterm::event::MouseEventKind;
use proptest::prelude::*;

use super::*;
use crate::screen::keymap::chord::Chord;

const TIME: Duration = Duration::from_millis(50);

/// A terminal that sends, and a clock that goes on when it is told to.
struct Line {
    parser: Parser,
    now: Instant,
}

impl Line {
    fn new() -> Self {
        Self {
            parser: Parser::new(TIME),
            now: Instant::now(),
        }
    }

    fn sends(&mut self, bytes: &[u8]) -> &mut Self {
        self.parser.feed(bytes, self.now);
        self
    }

    fn waits(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self.parser.expire(self.now);
        self
    }

    /// What came out: keys as people write them, a paste in brackets, with a `!` if it holds sending.
    fn told(&mut self) -> String {
        let tell = |event: &Event| match event {
            Event::Key(key) => Chord::of(key).map_or_else(String::new, |key| key.to_string()),
            Event::Paste(paste) => format!("[{}]{}", *paste.text, if paste.holds { "!" } else { "" }),
            Event::Focus(on) => format!("focus {on}"),
            Event::Mouse(mouse) => match mouse.kind {
                MouseEventKind::Down(_) => format!("click {} {}", mouse.column, mouse.row),
                _ => "wheel".to_owned(),
            },
            Event::CanTellApart => "tells apart".to_owned(),
            Event::Answered => "answered".to_owned(),
        };
        let told: Vec<_> = self.parser.take().iter().map(tell).collect();
        told.join(" ")
    }
}

/// What is told of bytes when nothing follows them, whether they come at once or one by one.
fn told(bytes: &str) -> String {
    let at_once = Line::new().sends(bytes.as_bytes()).waits(2000).told();
    let mut line = Line::new();
    for byte in bytes.bytes() {
        line.sends(&[byte]).waits(5);
    }
    assert_eq!(line.waits(2000).told(), at_once, "one by one");
    at_once
}

#[test]
fn keys_are_known_as_terminals_of_all_kinds_send_them() {
    for (bytes, keys) in [
        ("aé漢", "a é 漢"),
        ("\r\t\x7f\x01\x1f", "Enter Tab Backspace Ctrl+A Ctrl+_"),
        ("\x1b[A\x1bOD\x1b[H\x1b[4~", "Up Left Home End"),
        ("\x1b[1;5D\x1b[1;3C\x1b[3;5~", "Ctrl+Left Alt+Right Ctrl+Delete"),
        ("\x1bOP\x1b[[B\x1b[15~\x1b[24~\x1b[34~", "F1 F2 F5 F12 F20"),
        (
            "\x1b[Z\x1b\r\x1bb\x1b\x7f\x1bé",
            "Shift+BackTab Alt+Enter Alt+B Alt+Backspace Alt+É",
        ),
        // rxvt: Ctrl and Alt with an arrow, Shift and Ctrl with a numbered key.
        (
            "\x1bOd\x1b[d\x1b\x1b[D\x1b[3^",
            "Ctrl+Left Shift+Left Alt+Left Ctrl+Delete",
        ),
        ("\x1b[3$", "Shift+Delete"),
        // The keypad where it is told apart.
        ("\x1bOM\x1bOj\x1bOk\x1bOo\x1bOp\x1bOy\x1bOX", "Enter * + / 0 9 ="),
        // xterm where it tells keys apart, and the keyboard protocol of kitty.
        (
            "\x1b[27;5;13~\x1b[13;2u\x1b[98;3u",
            "Ctrl+Enter Shift+Enter Alt+B",
        ),
        ("\x1b[57399u\x1b[57414u\x1b[97;1:3u\x1b[97;1:1u", "0 Enter a"),
        // What would begin something, and nothing follows.
        ("\x1b[", "Alt+["),
        ("\x1bO", "Alt+O"),
        ("\x1b]", "Alt+]"),
        ("\x1b", "Esc"),
    ] {
        assert_eq!(told(bytes).to_lowercase(), keys.to_lowercase(), "{bytes:?}");
    }
}

#[test]
fn reports_are_told_and_answers_of_others_are_passed_over_as_a_whole() {
    for (bytes, means) in [
        ("\x1b[I\x1b[O", "focus true focus false"),
        ("\x1b[<0;10;15M\x1b[<0;10;15m\x1b[<64;1;1M", "click 9 14 wheel"),
        ("\x1b[M !!", "click 0 0"),
        ("\x1b[?0u\x1b[?62;4c", "tells apart answered"),
    ] {
        assert_eq!(told(bytes), means, "{bytes:?}");
    }
    for other in [
        "\x1b[?997;1n",
        "\x1b[?2026;2$y",
        "\x1b[?55;1R",
        "\x1b[1;1R",
        "\x1b[>0;276;0c",
        "\x1b[4;2$y",
        "\x1b]11;rgb:0/0/0\x07",
        "\x1b]11;rgb:0/0/0\x1b\\",
        "\x1bP>|foot(1.16)\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
        "\x1b^x\x1b\\",
        "\x1b[201~",
        "\x1b[999999999999;99u",
    ] {
        assert_eq!(told(&format!("{other}x")), "x", "{other:?}");
    }
}

#[test]
fn what_never_ends_is_over_after_a_second_of_silence() {
    for begun in ["\x1b[12;3", "\x1b]11;rgb", "\x1bP1", "\x1b[M ", "\x1b[200~", "é"] {
        let begun = &begun.as_bytes()[..begun.len() - usize::from(!begun.is_ascii())];
        let mut line = Line::new();
        line.sends(begun).waits(1000).told();
        assert_eq!(line.sends(b"x").told(), "x", "{begun:?}");
    }
    let mut line = Line::new();
    assert_eq!(line.sends(b"\x1b[200~lost\r").waits(999).told(), "");
    assert_eq!(line.waits(1).told(), "[lost\r]!");
}

#[test]
fn an_escape_waits_for_an_arrow_over_a_slow_line_and_not_for_ever() {
    let mut line = Line::new();
    assert_eq!(line.sends(b"\x1b").waits(49).told(), "");
    assert_eq!(line.sends(b"[").waits(49).sends(b"D").told(), "Left");
    assert_eq!(line.sends(b"\x1b").waits(50).told(), "Esc");
    assert_eq!(line.sends(b"D").told(), "D");
    assert_eq!(line.sends(b"\x1b\x1b").waits(50).told(), "Esc Esc");
}

#[test]
fn what_comes_with_a_paste_is_text_of_it_and_holds_sending() {
    let mut line = Line::new();
    assert_eq!(line.sends(b"\x1b[200~one\ntwo\x1b[201~").told(), "");
    assert_eq!(line.waits(20).told(), "[one\ntwo]");
    let hostile = b"\x1b[200~a\x1b[201~\r/quit\r\x15\x18\x18\x18\x1b[A\x1b[I\x1b[201~";
    assert_eq!(line.sends(hostile).told(), "focus true");
    assert_eq!(line.waits(20).told(), "[a\n/quit\n]!");
    // The next piece of it at once, and a key a while later.
    line.sends(b"\x1b[200~a\x1b[201~").waits(10).sends(b"\r");
    assert_eq!(line.waits(20).sends(b"\r").told(), "[a\n]! Enter");
    // What only looks like the end is text.
    assert_eq!(
        line.sends(b"\x1b[200~\x1b[20\x1b[201~").waits(20).told(),
        "[\x1b[20]"
    );
}

#[test]
fn control_x_is_a_key_whatever_has_begun() {
    for begun in [
        "",
        "\x1b",
        "\x1b\x1b",
        "\x1b[",
        "\x1b[1;",
        "\x1bO",
        "\x1b]0;t",
        "\x1bPx",
        "\x1b[M",
        "\x1b[200~x",
    ] {
        let mut line = Line::new();
        line.sends(begun.as_bytes()).told();
        for _ in 0..3 {
            line.sends(b"\x18");
        }
        assert!(line.told().ends_with("Ctrl+X Ctrl+X Ctrl+X"), "{begun:?}");
    }
}

proptest! {
    #[test]
    fn after_any_bytes_and_a_second_a_key_is_a_key(
        bytes in prop::collection::vec(prop_oneof![Just(0x1b), Just(b'['), Just(b'2'), any::<u8>()], 0..200)
    ) {
        let mut line = Line::new();
        line.sends(&bytes).waits(1000).waits(1000).waits(1000);
        prop_assert!(line.parser.held.len() <= MAX_SEQUENCE);
        line.told();
        prop_assert_eq!(line.sends(b"x").told(), "x");
        prop_assert_eq!(line.parser.deadline(), None);
    }
}
