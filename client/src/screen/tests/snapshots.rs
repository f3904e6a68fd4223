//! Pictures of typical and of tiny screens, for the eyes of those who review a change.

use crossterm::event::{KeyCode, KeyModifiers};
use insta::assert_snapshot;
use sotto_protocol::instance::{Departure, Event};

use super::*;
use crate::room::Trouble;
use crate::screen::entry::Content;

/// The sizes that every picture is taken in.
const SIZES: [(u16, u16); 4] = [(10, 3), (20, 6), (80, 24), (200, 50)];

/// Takes a picture in every size, of a screen that had the size from the beginning.
fn pictures(name: &str, play: impl Fn(&mut Script)) {
    for (width, height) in SIZES {
        let mut script = Script::new(width, height);
        script.input(Input::Focus(true));
        play(&mut script);
        assert_snapshot!(format!("{name}_{width}x{height}"), script.picture());
    }
}

fn talk(script: &mut Script) {
    script.room(Update::Joined).joins(ANNA, "anna");
    script.says(
        ANNA,
        "anna",
        "Hi Ben! Did you find the key under the blue flower pot, the one beside the door?",
    );
    let id = script.says_self("yes, thanks. I am in");
    script.event("anna", Event::Sent { id });
    script.event("anna", Event::Delivered { id, to: ANNA });
    script.event("anna", Event::Read { id, by: ANNA });
    script.says(ANNA, "anna", "/me is happy 🎉 漢字 cafe\u{301} 👩‍👩‍👧‍👦");
    script.says(ANNA, "anna", "an escape: \x1b[31mred\u{202e} and\ttwo\nlines");
    let id = script.says_self("delivered");
    script.event("anna", Event::Delivered { id, to: ANNA });
    let id = script.says_self("sent");
    script.event("anna", Event::Sent { id });
    script.says_self("waiting");
}

#[test]
fn alone_as_the_host() {
    pictures("alone", |script| {
        let lines = vec![
            Copyable::Heading("for somebody in this network:".to_owned()),
            Copyable::Verbatim("sotto join 'ws://192.168.1.5:4000/#room=kdwqzmra'".to_owned()),
            Copyable::Heading("and, by another way, the passphrase:".to_owned()),
            Copyable::Verbatim("acorn badge cabin daisy eagle fable".to_owned()),
        ];
        script
            .state
            .rooms
            .current_mut()
            .list
            .push(NOON, Content::Copyable(lines));
        script.room(Update::Joined);
    });
}

#[test]
fn connecting() {
    pictures("connecting", |script| {
        script.room(Update::Connecting);
    });
}

#[test]
fn a_talk() {
    pictures("talk", |script| {
        talk(script);
        script.event("anna", Event::Typing { peer: ANNA, on: true });
        script.types("and n");
    });
}

#[test]
fn a_draft_of_many_lines() {
    pictures("draft", |script| {
        talk(script);
        let lines: Vec<String> = (1..=12).map(|number| format!("line {number} of 漢字")).collect();
        script.input(Input::Paste(lines.join("\n")));
    });
}

#[test]
fn scrolled_up_while_more_comes() {
    pictures("scrolled", |script| {
        talk(script);
        for number in 0..50 {
            script.says(ANNA, "anna", &format!("message {number}"));
        }
        script.press(KeyCode::PageUp);
        for number in 50..53 {
            script.says(ANNA, "anna", &format!("message {number}"));
        }
    });
}

#[test]
fn the_connection_is_lost() {
    pictures("lost", |script| {
        talk(script);
        script.room(Update::Undelivered(2));
        script.room(Update::Reconnecting {
            why: Trouble::Silent,
            wait: Duration::from_secs(4),
        });
    });
}

#[test]
fn trouble_of_every_kind() {
    pictures("trouble", |script| {
        script.room(Update::Joined).joins(ANNA, "anna");
        script.joins(CARL, "carl");
        script.event("anna", Event::Impostor { peer: ANNA });
        script.event("anna", Event::Withheld { peer: ANNA, count: 2 });
        script.event("", Event::Disturbed { count: 1 });
        script.event("", Event::Newer);
        script.event("", Event::Strangers { count: 1 });
        script.event("carl", Event::PeerSilent { peer: CARL });
        let id = script.says_self("who is carl?");
        script.event("anna", Event::Delivered { id, to: ANNA });
        script.event(
            "anna",
            Event::PeerLeft {
                peer: ANNA,
                how: Departure::Gone,
            },
        );
        script.room(Update::Expired);
        script.control('c');
    });
}

#[test]
fn the_help() {
    pictures("help", |script| {
        talk(script);
        script.types("/help").press(KeyCode::Enter);
    });
}

#[test]
fn a_talk_with_answers_days_and_code() {
    pictures("answers", |script| {
        talk(script);
        script.clock.date = script.clock.date.next_day().unwrap();
        let flower_pot = Target {
            author: ANNA,
            id: MessageId([1; 16]),
        };
        script.input(Input::Focus(false));
        script.answers(ANNA, "anna", "I mean that one", Some(flower_pot));
        script.says(
            ANNA,
            "anna",
            "```\nfn main() {\n    println!(\"a line that is too long for most\");\n}\n```",
        );
        script.says(ANNA, "anna", "see https://example.org/?q=1, and `ls -l`");
        let id = MessageId([script.number as u8; 16]);
        let receipt = Receipt {
            peer: CARL,
            number: 1,
        };
        let target = Target { author: ANNA, id };
        let reaction = "👍".to_owned();
        script.event(
            "carl",
            Event::Reacted {
                receipt,
                target,
                reaction,
            },
        );
        script.input(Input::Focus(true));
    });
}

#[test]
fn a_message_is_selected() {
    pictures("browse", |script| {
        talk(script);
        script.press(KeyCode::Esc).types("kk+");
    });
}

#[test]
fn only_the_texts() {
    pictures("bare", |script| {
        talk(script);
        script.key(KeyCode::Char('v'), KeyModifiers::ALT);
    });
}
