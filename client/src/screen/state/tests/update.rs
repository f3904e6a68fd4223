//! Key by key, update by update.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers};
use sotto_protocol::instance::{Departure, Event, SayError};
use sotto_protocol::message::MessageId;

use super::*;
use crate::room::RelayError;
use crate::screen::talk::entry::Content;

#[test]
fn enter_says_the_draft_and_the_list_has_it_once_the_room_took_it() {
    let mut script = Script::with_anna(80, 24);
    script.types("hello").press(KeyCode::Enter);
    assert_eq!(script.said(), ["hello"]);
    assert_eq!(script.draft(), "");
    assert!(!script.picture().contains("hello"));
    script.taken();
    assert!(script.squeezed().contains("ben hello …"));
}

#[test]
fn an_empty_line_says_nothing() {
    let mut script = Script::with_anna(80, 24);
    script.press(KeyCode::Enter).types("   ").press(KeyCode::Enter);
    assert!(script.said().is_empty());
}

#[test]
fn a_refused_line_is_in_the_input_again_and_says_why() {
    let mut script = Script::with_anna(80, 24);
    script.types("one").press(KeyCode::Enter);
    script.types("two").press(KeyCode::Enter);
    script.types("three");
    assert_eq!(script.said(), ["one"]);
    script.refused(CommandError::Say(SayError::Full));
    assert_eq!(script.draft(), "one\ntwo\nthree");
    assert_eq!(script.said(), ["one"]);
    assert!(
        script.notice().starts_with("too much is waiting"),
        "{}",
        script.notice()
    );
}

#[test]
fn lines_are_handed_over_one_at_a_time_in_order() {
    let mut script = Script::with_anna(80, 24);
    script
        .types("one")
        .press(KeyCode::Enter)
        .types("two")
        .press(KeyCode::Enter);
    script.taken();
    assert_eq!(script.said(), ["one", "two"]);
    script.taken();
    assert_eq!(script.said(), ["one", "two"]);
}

#[test]
fn alt_enter_control_j_and_shift_enter_are_new_lines() {
    let mut script = Script::with_anna(80, 24);
    script
        .types("a")
        .key(KeyCode::Enter, KeyModifiers::ALT)
        .types("b")
        .control('j')
        .types("c");
    script.key(KeyCode::Enter, KeyModifiers::SHIFT);
    assert_eq!(script.draft(), "a\nb\nc\n");
    assert!(script.said().is_empty());
}

#[test]
fn a_bracketed_paste_never_sends_by_itself() {
    let mut script = Script::with_anna(80, 24);
    script.input(Input::Paste("one\r\ntwo\rthree\n".to_owned()));
    assert!(script.said().is_empty());
    assert_eq!(script.draft(), "one\ntwo\nthree\n");
    assert_eq!(script.notice(), "3 lines pasted, Enter sends");
    script.press(KeyCode::Enter);
    assert_eq!(script.said(), ["one\ntwo\nthree\n"]);
}

#[test]
fn a_paste_of_a_mebibyte_is_refused_with_how_much_it_is_over() {
    let mut script = Script::with_anna(80, 24);
    script.types("x").input(Input::Paste("y".repeat(1 << 20)));
    assert_eq!(script.draft(), "x");
    assert!(
        script.notice().contains("988,577 bytes over"),
        "{}",
        script.notice()
    );
}

#[test]
fn without_brackets_an_enter_with_input_behind_it_is_a_new_line_and_holds_sending() {
    let mut script = Script::with_anna(80, 24);
    script.bursts("password\rrm -rf\r");
    assert!(script.said().is_empty());
    assert_eq!(script.draft(), "password\nrm -rf\n");
    script.bursts("more\r");
    assert!(script.said().is_empty());
    script.press(KeyCode::Enter);
    assert_eq!(script.said(), ["password\nrm -rf\nmore\n"]);
    script.taken();
    script.bursts("ok\r");
    assert_eq!(script.said().last(), Some(&"ok"));
}

#[test]
fn a_mebibyte_without_brackets_is_counted_and_never_cut_in_silence() {
    let mut script = Script::with_anna(80, 24);
    script.bursts(&"y".repeat(61_016));
    assert_eq!(script.draft().len(), 60_016);
    assert_eq!(
        script.notice(),
        "the message is full: 1,000 bytes more were not taken"
    );
    script.press(KeyCode::Enter);
    assert!(script.said().is_empty());
    assert!(
        script.notice().contains("16 bytes over the limit"),
        "{}",
        script.notice()
    );
}

#[test]
fn a_command_that_is_none_is_never_said() {
    let mut script = Script::with_anna(80, 24);
    script.types("/quti").press(KeyCode::Enter);
    assert!(script.said().is_empty());
    assert_eq!(script.draft(), "/quti");
    assert!(script.notice().contains("no command /quti"));
    script.control('u').types("//etc").press(KeyCode::Enter);
    assert_eq!(script.said(), ["/etc"]);
}

#[test]
fn a_space_before_a_slash_is_asked_about() {
    let mut script = Script::with_anna(80, 24);
    script.types(" /quit").press(KeyCode::Enter);
    assert!(script.said().is_empty());
    script.press(KeyCode::Enter);
    assert_eq!(script.said(), [" /quit"]);
}

#[test]
fn control_c_clears_the_draft_then_asks_then_leaves() {
    let mut script = Script::with_anna(80, 24);
    script.types("secret").control('c');
    assert_eq!(script.draft(), "");
    script.control('y');
    assert_eq!(script.draft(), "secret");
    script.control('c').room(Update::Undelivered(2)).control('c');
    assert_eq!(
        script.notice(),
        "leave? 2 messages are not delivered yet; Ctrl+C again leaves"
    );
    script.types("x").control('c').control('c');
    assert!(!script.state.leaving());
    script.control('c');
    assert!(script.state.leaving());
    assert!(matches!(script.commands().last(), Some(Command::Leave { timeout }) if !timeout.is_zero()));
    script.control('c');
    assert!(matches!(script.commands().last(), Some(Command::Leave { timeout }) if timeout.is_zero()));
}

#[test]
fn leaving_without_a_connection_does_not_wait() {
    let mut script = Script::with_anna(80, 24);
    script.room(Update::Reconnecting {
        why: RelayError::Silent,
        wait: Duration::from_secs(4),
    });
    script.types("/quit").press(KeyCode::Enter);
    assert!(matches!(script.commands().last(), Some(Command::Leave { timeout }) if timeout.is_zero()));
}

#[test]
fn leaving_while_nobody_is_there_does_not_wait() {
    let mut script = Script::new(80, 24);
    script.room(Update::Joined).room(Update::Undelivered(1));
    script.control('c').control('c');
    assert!(matches!(script.commands().last(), Some(Command::Leave { timeout }) if timeout.is_zero()));
}

#[test]
fn quitting_asks_before_something_is_lost_that_nobody_has() {
    let mut script = Script::new(80, 24);
    script.room(Update::Joined);
    script.types("nobody hears this").press(KeyCode::Enter);
    script.types("/quit").press(KeyCode::Enter);
    let leaves = |script: &Script| {
        let mut commands = script.commands().into_iter();
        commands.any(|command| matches!(command, Command::Leave { .. }))
    };
    assert!(
        script.picture().contains("1 message is not delivered yet"),
        "{}",
        script.picture()
    );
    script.control('c');
    assert!(
        !leaves(&script),
        "what was typed has to be with the room first, or it would not count"
    );
    script.taken();
    assert!(leaves(&script));
}

#[test]
fn the_host_says_farewell_before_it_leaves() {
    let mut script = Script::with_anna(80, 24);
    script.state.rooms.current_mut().farewell = Some("the host left".to_owned());
    script.types("/quit").press(KeyCode::Enter);
    assert_eq!(script.said(), ["the host left"]);
    assert!(
        script
            .commands()
            .iter()
            .all(|command| matches!(command, Command::Typing(_)))
    );
    script.taken();
    assert!(matches!(script.commands().last(), Some(Command::Leave { .. })));
}

#[test]
fn marks_follow_what_becomes_of_a_message() {
    let mut script = Script::with_anna(80, 24);
    let id = script.says_self("hello");
    for (event, mark) in [
        (Event::Sent { id }, "hello ✓"),
        (Event::Delivered { id, to: ANNA }, "hello ✓✓"),
        (Event::Read { id, by: ANNA }, "hello read"),
    ] {
        script.event("anna", event);
        assert!(
            script.squeezed().lines().any(|row| row.ends_with(mark)),
            "{mark}: {}",
            script.picture()
        );
    }
}

#[test]
fn receipts_of_others_messages_do_not_count_for_ours() {
    let mut script = Script::with_anna(80, 24);
    script.says(ANNA, "anna", "hers");
    let id = MessageId([script.number as u8; 16]);
    script.event(
        "anna",
        Event::Deleted {
            receipt: Receipt {
                peer: CARL,
                number: 1,
            },
            id,
        },
    );
    assert!(script.picture().contains("hers"));
    script.event(
        "anna",
        Event::Deleted {
            receipt: Receipt {
                peer: ANNA,
                number: 2,
            },
            id,
        },
    );
    assert!(!script.picture().contains("hers"));
    assert!(script.picture().contains("deleted"));
}

#[test]
fn what_came_is_held_at_once_and_read_only_before_a_readers_eyes() {
    let mut script = Script::with_anna(80, 24);
    script.says(ANNA, "anna", "hi");
    assert!(matches!(script.commands()[..], [Command::Hold(_)]));
    script.input(Input::Focus(true));
    assert_eq!(script.reads(), [1]);
    script.input(Input::Focus(false)).says(ANNA, "anna", "there");
    assert_eq!(script.reads(), [1]);
    script.input(Input::Focus(true)).input(Input::Tick);
    assert_eq!(script.reads(), [1, 2]);
}

#[test]
fn a_key_within_a_minute_counts_where_no_focus_events_come() {
    let mut script = Script::with_anna(80, 24);
    script.types("x");
    script.now += Duration::from_secs(59);
    script.says(ANNA, "anna", "one");
    assert_eq!(script.reads(), [1]);
    script.now += Duration::from_secs(2);
    script.says(ANNA, "anna", "two");
    assert_eq!(script.reads(), [1]);
}

#[test]
fn what_is_below_the_screen_is_not_read_and_is_counted() {
    let mut script = Script::with_anna(40, 8);
    script.input(Input::Focus(true));
    for number in 0..10 {
        script.says(ANNA, "anna", &format!("message {number}"));
    }
    let read = script.reads().len();
    script.press(KeyCode::PageUp);
    let before = script.rows();
    for number in 10..13 {
        script.says(ANNA, "anna", &format!("message {number}"));
    }
    assert_eq!(script.rows()[1..6], before[1..6]);
    assert!(script.picture().contains("3 new below"), "{}", script.picture());
    assert_eq!(script.reads().len(), read);
    script.press(KeyCode::End);
    assert!(!script.picture().contains("below"));
    assert_eq!(script.reads().last(), Some(&13));
}

#[test]
fn a_message_that_nobody_will_get_is_marked_and_said() {
    let mut script = Script::with_anna(80, 24);
    let id = script.says_self("hello");
    script.event("", Event::Lost { id });
    script.shows("lost");
    script.shows("!! a message of yours was not delivered, and will not be");
}

#[test]
fn seats_that_got_nothing_of_what_waited_are_said() {
    let mut script = Script::with_anna(80, 24);
    script.event("", Event::Unreached { seats: 1 });
    script.shows("!! 1 seat of the room said nothing in time");
    script.event("", Event::Unreached { seats: 2 });
    script.shows("!! 2 seats of the room said nothing in time");
}

#[test]
fn typing_is_told_while_there_is_somebody_and_a_draft() {
    let mut script = Script::new(80, 24);
    script.types("a");
    assert!(script.commands().is_empty());
    script.control('u').joins(ANNA, "anna").types("ab");
    assert_eq!(script.commands(), [&Command::Typing(true)]);
    script.now += Duration::from_secs(3);
    script.types("c");
    assert_eq!(script.commands().len(), 2);
    script.control('u');
    assert_eq!(script.commands()[2], &Command::Typing(false));
    script.types("/help");
    assert_eq!(script.commands().len(), 3);
}

#[test]
fn who_does_not_want_typing_told_tells_none_of_it() {
    let mut script = Script::with_anna(80, 24);
    script.state.settings.told.typing = false;
    script.types("ab").control('u');
    assert!(script.commands().is_empty());
}

#[test]
fn who_does_not_want_reading_told_tells_that_it_was_delivered_and_no_more() {
    let mut script = Script::with_anna(80, 24);
    script.state.settings.told.receipts = false;
    script.input(Input::Focus(true)).says(ANNA, "anna", "one");
    assert_eq!(script.reads(), [0_u64; 0]);
    assert!(matches!(script.commands()[..], [Command::Hold(_)]));
    assert_eq!(script.state.rooms.current().unread, 0);
}

#[test]
fn a_typing_notice_expires() {
    let mut script = Script::with_anna(80, 24);
    script.event("anna", Event::Typing { peer: ANNA, on: true });
    assert!(script.picture().contains("anna is typing"));
    let tick = script.state.next_tick(script.now).unwrap();
    assert_eq!(tick, script.now + Duration::from_secs(6));
    script.now = tick;
    script.input(Input::Tick);
    assert!(!script.picture().contains("typing"));
    assert_eq!(script.state.next_tick(script.now), None);
}

#[test]
fn a_lost_connection_counts_down_by_the_second() {
    let mut script = Script::with_anna(80, 24);
    script.room(Update::Reconnecting {
        why: RelayError::Silent,
        wait: Duration::from_millis(3500),
    });
    assert!(
        script.picture().contains("reconnecting in 4 s"),
        "{}",
        script.picture()
    );
    for seconds in ["3 s", "2 s", "1 s"] {
        script.now = script.state.next_tick(script.now).unwrap();
        assert!(
            script.picture().contains(&format!("reconnecting in {seconds}")),
            "{}",
            script.picture()
        );
    }
    script.room(Update::Joined);
    assert!(!script.picture().contains("reconnecting"));
    assert!(script.picture().contains("connected again"));
}

#[test]
fn a_third_party_cannot_be_missed() {
    let mut script = Script::with_anna(80, 24);
    script.joins(CARL, "carl");
    assert!(script.picture().contains("3 ARE HERE"));
    assert!(matches!(
        script
            .state
            .rooms
            .current()
            .list
            .entries()
            .last()
            .unwrap()
            .content,
        Content::Loud(_)
    ));
}

#[test]
fn a_message_that_comes_back_from_another_run_is_shown_once() {
    let mut script = Script::with_anna(80, 24);
    for (number, repeat) in [(1, false), (2, true)] {
        let receipt = Receipt { peer: ANNA, number };
        let event = Event::Message {
            receipt,
            id: MessageId([7; 16]),
            text: "once is enough".to_owned(),
            reply_to: None,
            fades: None,
            age: None,
            repeat,
        };
        script.event("anna", event);
        assert!(script.commands().contains(&&Command::Hold(receipt)), "it is held");
    }
    assert_eq!(script.picture().matches("once is enough").count(), 1);
}

#[test]
fn only_the_pair_itself_says_that_its_words_were_compared() {
    let mut script = Script::with_anna(80, 24);
    script.types("/verify").press(KeyCode::Enter);
    assert!(
        script
            .picture()
            .contains("anna: acorn badge cabin daisy eagle fable")
    );
    script.types("/verify yes anna").press(KeyCode::Enter);
    assert_eq!(script.commands().last(), Some(&&Command::Compared(ANNA)));
    script.input(Input::Room {
        room: FIRST,
        update: Update::Done {
            command: Command::Compared(ANNA),
            answer: Ok(()),
        },
    });
    assert!(script.rows()[0].contains("anna verified"));
    let back = |compared| Event::PeerJoined {
        peer: ANNA,
        name: Name::new("anna").unwrap(),
        words: SafetyWords(["acorn"; 6]),
        back: true,
        compared,
    };
    for compared in [true, false] {
        let (peer, how) = (ANNA, Departure::Gone);
        script.event("anna", Event::PeerLeft { peer, how });
        script.event("anna", back(compared));
        assert_eq!(script.rows()[0].contains("anna verified"), compared);
    }
    assert!(script.picture().contains("compare again (/verify)"), "it is loud");
}

#[test]
fn a_command_that_the_room_refuses_is_said() {
    let mut script = Script::with_anna(80, 24);
    script.types("/burn").press(KeyCode::Enter);
    assert!(
        script
            .commands()
            .iter()
            .all(|command| !matches!(command, Command::Expire))
    );
    script.types("/burn yes").press(KeyCode::Enter);
    assert_eq!(script.commands().last(), Some(&&Command::Expire));
    script.input(Input::Room {
        room: FIRST,
        update: Update::Done {
            command: Command::Expire,
            answer: Err(CommandError::NotExpired),
        },
    });
    assert!(script.notice().contains("does not let members"));
}

#[test]
fn the_last_message_can_be_changed_and_deleted() {
    let mut script = Script::with_anna(80, 24);
    let id = script.says_self("helo");
    script.types("/edit hello").press(KeyCode::Enter);
    let edit = Command::Edit {
        id,
        text: "hello".to_owned(),
    };
    assert_eq!(script.commands().last(), Some(&&edit));
    script.input(Input::Room {
        room: FIRST,
        update: Update::Done {
            command: edit,
            answer: Ok(()),
        },
    });
    assert!(
        script.squeezed().contains("hello edited …"),
        "{}",
        script.picture()
    );
    script.types("/delete").press(KeyCode::Enter);
    script.input(Input::Room {
        room: FIRST,
        update: Update::Done {
            command: Command::Delete { id },
            answer: Ok(()),
        },
    });
    assert!(script.picture().contains("deleted"));
    script.types("/delete").press(KeyCode::Enter);
    assert_eq!(script.notice(), "there is no message of yours");
}

#[test]
fn up_scrolls_but_moves_in_a_draft_of_several_lines() {
    let mut script = Script::with_anna(40, 9);
    for number in 0..10 {
        script.says(ANNA, "anna", &format!("message {number}"));
    }
    script.types("one").control('j').types("two");
    let before = script.rows();
    script.press(KeyCode::Up);
    assert_eq!(script.rows(), before);
    script.press(KeyCode::Up);
    assert_ne!(script.rows(), before);
}

#[test]
fn what_to_hand_over_goes_when_somebody_came_and_comes_back_by_command() {
    let invitation = vec![
        Copyable::Heading("this network".to_owned()),
        Copyable::Verbatim("sotto join 'ws://192.168.1.5:4000/#room=kdwqzmra'".to_owned()),
    ];
    let mut script = Script::with(80, 24, invitation.clone());
    let at = Clock::default();
    script
        .state
        .rooms
        .current_mut()
        .list
        .push(at, Content::Copyable(invitation));
    assert!(
        script
            .rows()
            .contains(&"sotto join 'ws://192.168.1.5:4000/#room=kdwqzmra'".to_owned())
    );
    script.joins(ANNA, "anna");
    assert!(!script.picture().contains("sotto join"));
    script.types("/invite").press(KeyCode::Enter);
    assert!(script.picture().contains("sotto join"));
}

#[test]
fn the_cursor_stands_at_the_caret() {
    let mut script = Script::with_anna(80, 24);
    assert_eq!(script.caret(), Position::new(2, 23));
    script.types("漢字e\u{301}");
    assert_eq!(script.caret(), Position::new(7, 23));
    script.press(KeyCode::Left).press(KeyCode::Left);
    assert_eq!(script.caret(), Position::new(4, 23));
    script.control('j');
    assert_eq!(script.caret(), Position::new(2, 23));
    script.press(KeyCode::Up);
    assert_eq!(script.caret(), Position::new(2, 22));
}

#[test]
fn what_was_sent_comes_back_and_the_draft_after_it() {
    let mut script = Script::with_anna(80, 24);
    for line in ["one", "two", "/who"] {
        script.types(line).press(KeyCode::Enter);
    }
    script.types("draft").control('p').control('p');
    assert_eq!(script.draft(), "two");
    script.control('n').control('n');
    assert_eq!(script.draft(), "draft");
    script.control('r').types("on");
    assert_eq!(script.draft(), "one");
    assert!(
        script.picture().contains("search what you sent: on"),
        "{}",
        script.picture()
    );
    let before = script.effects.len();
    script.press(KeyCode::Enter);
    assert_eq!((script.draft(), script.effects.len()), ("one", before));
    script.control('r').types("wh").press(KeyCode::Esc);
    assert_eq!(script.draft(), "one");
}

#[test]
fn what_an_editor_leaves_fills_the_input_and_is_not_sent() {
    let mut script = Script::with_anna(80, 24);
    script.types("/editor").press(KeyCode::Enter);
    assert_eq!(script.effects.pop(), Some(Effect::Compose));
    let text = "two\nlines\n".to_owned();
    script.input(Input::Composed(Ok(Some(text.into()))));
    assert_eq!(script.draft(), "two\nlines\n");
    assert!(
        !script
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Say { .. }))
    );
    script.input(Input::Composed(Ok(None)));
    assert_eq!(script.draft(), "two\nlines\n");
    let long = "a".repeat(60_001);
    script.input(Input::Composed(Ok(Some(long.clone().into()))));
    assert_eq!(script.draft(), long);
    assert_eq!(script.notice(), "1 bytes more than one message holds");
}

#[test]
fn who_looks_elsewhere_is_told_once_in_a_while_and_not_of_a_muted_room() {
    let alert = Effect::Alert {
        bell: true,
        desktop: true,
    };
    let mut script = Script::with_anna(80, 24);
    let alerts = |script: &Script| script.effects.iter().filter(|effect| **effect == alert).count();
    script.input(Input::Focus(false));
    script.says(ANNA, "anna", "one").says(ANNA, "anna", "two");
    assert_eq!(alerts(&script), 1);
    assert_eq!(script.state.title(), "(2) sotto");
    script.now += Duration::from_secs(5);
    script.says(ANNA, "anna", "three");
    assert_eq!(alerts(&script), 2);
    script.now += Duration::from_secs(5);
    script.state.rooms.current_mut().muted = true;
    script.says(ANNA, "anna", "four");
    script.state.rooms.current_mut().muted = false;
    script.input(Input::Focus(true));
    script.says(ANNA, "anna", "five");
    assert_eq!(alerts(&script), 2);
    assert_eq!(script.state.title(), "sotto");
}

#[test]
fn the_talk_is_saved_in_clear_only_after_a_question() {
    let mut script = Script::with_anna(80, 24);
    script
        .says(ANNA, "anna", "one\ntwo\x1b[2J")
        .types("/save talk.txt")
        .press(KeyCode::Enter);
    assert!(
        script
            .effects
            .iter()
            .all(|effect| !matches!(effect, Effect::Save { .. }))
    );
    script.types("/save yes talk.txt").press(KeyCode::Enter);
    let saved = script.effects.iter().find_map(|effect| match effect {
        Effect::Save { file, talk } => Some((file.as_str(), talk.as_str())),
        _ => None,
    });
    let (file, talk) = saved.expect("it is to be saved");
    assert_eq!(file, "talk.txt");
    let said = "anna: one\n    two␛[2J\n";
    assert!(talk.ends_with(said), "{talk}");
    assert!(!talk.contains("/save"), "answers are about this screen: {talk}");
}
