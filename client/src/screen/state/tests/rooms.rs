//! Several rooms in one window.

use crossterm::event::{KeyCode, KeyModifiers};
use sotto_protocol::instance::Departure;
use sotto_protocol::{RoomName, Root};

use super::*;
use crate::screen::conversation::Place;
use crate::screen::settings::{RoomEntry, Settings};

#[test]
fn what_is_typed_goes_to_the_room_on_the_screen_and_each_keeps_its_draft() {
    let mut script = Script::with_anna(80, 24);
    script.types("for anna");
    let second = script.opens_another();
    assert_eq!(script.draft(), "");
    script.types("hi carl").press(KeyCode::Enter);
    let say = Effect::Say {
        room: second,
        text: "hi carl".to_owned(),
        reply_to: None,
    };
    assert!(script.effects.contains(&say), "{:?}", script.effects);
    script.state.rooms.show(0);
    assert_eq!(script.draft(), "for anna");
}

#[test]
fn a_message_in_another_room_counts_as_unread_and_is_read_once_it_is_shown() {
    let mut script = Script::with_anna(80, 24);
    script.input(Input::Focus(true));
    script.opens_another();
    script.says(ANNA, "anna", "are you there?");
    assert!(script.reads().is_empty());
    assert!(
        script.rows()[0].starts_with("1 anna (1)  2 carl · "),
        "{}",
        script.rows()[0]
    );
    script.types("/next").press(KeyCode::Enter);
    assert!(
        script.rows()[0].starts_with("1 anna  2 carl · "),
        "{}",
        script.rows()[0]
    );
    assert_eq!(script.reads(), [1]);
    assert!(script.picture().contains("are you there?"));
}

#[test]
fn each_room_keeps_its_place_in_the_messages() {
    let mut script = Script::with_anna(80, 12);
    for number in 0..50 {
        script.says(ANNA, "anna", &format!("message {number}"));
    }
    script.press(KeyCode::PageUp);
    let before = script.rows()[1..8].to_vec();
    script.opens_another();
    script.says(ANNA, "anna", "one more");
    script.state.rooms.show(0);
    assert_eq!(script.rows()[1..8], before);
}

#[test]
fn leaving_one_room_leaves_the_other_and_shows_it_when_it_is_done() {
    let mut script = Script::with_anna(80, 24);
    let second = script.opens_another();
    script.types("/leave").press(KeyCode::Enter);
    let leaves = |effect: &&Effect| {
        matches!(
            effect,
            Effect::Do {
                command: Command::Leave { .. },
                ..
            }
        )
    };
    let rooms = |script: &Script| -> Vec<RoomId> {
        let leaving = script.effects.iter().filter(leaves);
        leaving
            .filter_map(|effect| match effect {
                Effect::Do { room, .. } => Some(*room),
                _ => None,
            })
            .collect()
    };
    assert_eq!(rooms(&script), [second]);
    assert!(!script.state.leaving());
    script.in_room(
        second,
        Update::Left {
            undelivered: 0,
            to: Vec::new(),
        },
    );
    assert_eq!(script.state.rooms.current_id(), FIRST);
    assert_eq!(script.notice(), "the room was left");
}

#[test]
fn quitting_leaves_all_rooms() {
    let mut script = Script::with_anna(80, 24);
    script.opens_another();
    script.control('c');
    assert_eq!(script.notice(), "leave all 2 rooms? Ctrl+C again leaves");
    script.control('c');
    assert!(script.state.leaving());
    let leaving = script
        .commands()
        .into_iter()
        .filter(|command| matches!(command, Command::Leave { .. }));
    assert_eq!(leaving.count(), 2);
}

#[test]
fn a_room_that_cannot_be_joined_does_not_end_the_others() {
    let mut script = Script::with_anna(80, 24);
    let second = script.opens_another();
    script.in_room(second, Update::Failed(crate::room::RelayError::Silent));
    assert_eq!(script.state.rooms.current_id(), FIRST);
    assert!(
        script.notice().starts_with("the room was not joined: "),
        "{}",
        script.notice()
    );
}

#[test]
fn tab_completes_commands_names_and_rooms() {
    let mut script = Script::with_anna(80, 24);
    script.types("/wh").press(KeyCode::Tab);
    assert_eq!(script.draft(), "/who ");
    script.control('u').types("/le").press(KeyCode::Tab);
    assert_eq!(script.draft(), "/leave ");
    script.control('u').types("/previous").press(KeyCode::Tab);
    assert_eq!(script.draft(), "/previous-room ");
    script.control('u').types("/n").press(KeyCode::Tab);
    assert_eq!((script.draft(), script.notice()), ("/n", "/name  /next"));
    script.control('u').types("hi an").press(KeyCode::Tab);
    assert_eq!(script.draft(), "hi anna");
    script.control('u').types("x ").press(KeyCode::Tab);
    assert_eq!(script.draft(), "x \t");
    script.control('u');
    script.opens_another();
    script.types("/room an").press(KeyCode::Tab).press(KeyCode::Enter);
    assert_eq!(script.state.rooms.current_id(), FIRST);
}

#[test]
fn somebody_who_comes_anew_under_a_name_that_was_compared_is_told_apart() {
    let mut script = Script::with_anna(80, 24);
    script.input(Input::Room {
        room: FIRST,
        update: Update::Done {
            command: Command::Compared(ANNA),
            answer: Ok(()),
        },
    });
    script.event(
        "anna",
        Event::PeerLeft {
            peer: ANNA,
            how: Departure::Gone,
        },
    );
    script.joins_as(CARL, "\u{430}nna", "\u{430}nna~2");
    script.shows(
        "\u{430}nna~2 has the name of one whose words you compared, and is a new run or somebody else",
    );
    assert!(!script.rows()[0].contains("verified"));
}

#[test]
fn a_room_has_the_users_own_name_until_somebody_comes() {
    let mut script = Script::new(80, 24);
    assert_eq!(script.state.rooms.current().title(), "otter maple");
    script.state.rooms.current_mut().call("flat".to_owned());
    assert_eq!(script.state.rooms.current().title(), "flat");
    script.joins(ANNA, "anna");
    assert_eq!(script.state.rooms.current().title(), "anna");
}

#[test]
fn somebody_who_takes_a_name_that_was_compared_is_told_apart() {
    let mut script = Script::with_anna(100, 24);
    script.room(Update::Done {
        command: Command::Compared(ANNA),
        answer: Ok(()),
    });
    script.joins(CARL, "carl");
    let how = Departure::Left;
    script.event("anna", Event::PeerLeft { peer: ANNA, how });
    let name = Name::new("anna").unwrap();
    script.event("anna~2", Event::PeerRenamed { peer: CARL, name });
    script.shows("!! carl is called anna~2 now, and has the name of one whose words you compared");
    assert!(!script.rows()[0].contains("verified"));
}

#[test]
fn one_whose_words_were_compared_takes_its_name_without_a_word_of_doubt() {
    let mut script = Script::with_anna(100, 24);
    script.room(Update::Done {
        command: Command::Compared(ANNA),
        answer: Ok(()),
    });
    let how = Departure::Left;
    script.event("anna", Event::PeerLeft { peer: ANNA, how });
    script.joins_as(CARL, "anna", "anna~2");
    let name = Name::new("anna").unwrap();
    script.event("anna", Event::PeerRenamed { peer: CARL, name });
    script.shows("anna~2 is called anna now");
    assert!(!script.squeezed().contains("anna~2 is called anna now, and"));
}

#[test]
fn somebody_who_looks_like_us_is_told_apart() {
    let mut script = Script::new(100, 24);
    script
        .room(Update::Joined)
        .joins_as(ANNA, "b\u{435}n", "b\u{435}n~2");
    script.shows("!! b\u{435}n~2 has a name that looks like yours");
    script.joins(CARL, "carl");
    let name = Name::new("Ben").unwrap();
    script.event("Ben~3", Event::PeerRenamed { peer: CARL, name });
    script.shows("!! carl is called Ben~3 now, and has a name that looks like yours");
}

#[test]
fn those_whose_names_look_alike_have_colours_that_differ_in_any_theme() {
    let mut script = Script::with_anna(100, 24);
    let id = |number| InstanceId([number; 16]);
    for number in 10..22 {
        script.joins(id(number), "carl");
        let (peer, how) = (id(number), Departure::Left);
        script.event("carl", Event::PeerLeft { peer, how });
    }
    script.joins_as(id(30), "\u{430}nna", "\u{430}nna~2");
    let people = &script.state.rooms.current().people;
    assert_eq!(people.accent(id(30)), people.accent(ANNA) + 1);
    let name = Name::new("anna").unwrap();
    script.joins(CARL, "dora");
    script.event("anna~3", Event::PeerRenamed { peer: CARL, name });
    let people = &script.state.rooms.current().people;
    assert_eq!(people.accent(CARL), people.accent(ANNA) + 2);
}

#[test]
fn the_line_on_top_says_since_when_somebody_is_silent_where_it_fits() {
    let mut script = Script::with_anna(90, 24);
    script.event("anna", Event::PeerSilent { peer: ANNA });
    assert!(
        script.rows()[0].contains("anna (silent since 12:05)"),
        "{}",
        script.rows()[0]
    );
    script.input(Input::Resize {
        width: 40,
        height: 24,
    });
    assert!(script.rows()[0].contains("anna (silent)"), "{}", script.rows()[0]);
    script.event("anna", Event::PeerHeard { peer: ANNA });
    assert!(!script.rows()[0].contains("silent"));
}

#[test]
fn who_tells_since_when_somebody_is_here_and_silent() {
    let mut script = Script::with_anna(120, 24);
    script.now += Duration::from_secs(600);
    script.event("anna", Event::PeerSilent { peer: ANNA });
    script.now += Duration::from_secs(10);
    script.types("/who").press(KeyCode::Enter);
    assert!(
        script.picture().contains("here for 10 min, silent for 50 s"),
        "{}",
        script.picture()
    );
}

#[test]
fn alone_for_a_while_says_once_what_to_try() {
    let mut script = Script::new(80, 24);
    script.room(Update::Joined);
    let at = script.state.next_tick(script.now).unwrap();
    script.now = at;
    script.input(Input::Tick).input(Input::Tick);
    assert_eq!(
        script.picture().matches("nobody has come yet").count(),
        1,
        "{}",
        script.picture()
    );
    assert_eq!(script.state.next_tick(script.now), None);
}

/// A room on a relay that it names.
fn placed(script: &mut Script) {
    script.state.rooms.current_mut().place = Some(Place {
        address: "ws://relay.example:4000".parse().unwrap(),
        room: Root::from_bytes([1; 32]).room_hash(),
    });
}

const STRONG: &str = "excretion railing unjustly crunchy divisive strudel";

fn opens(script: &Script) -> Option<RoomId> {
    script.effects.iter().find_map(|effect| match effect {
        Effect::Open(room) => Some(*room),
        _ => None,
    })
}

#[test]
fn a_room_of_this_relay_is_joined_with_a_passphrase_that_is_never_shown() {
    let mut script = Script::with_anna(80, 24);
    placed(&mut script);
    script.types("/join den").press(KeyCode::Enter).types(STRONG);
    let picture = script.picture();
    assert!(
        picture.contains("passphrase of the room den on relay.example"),
        "{picture}"
    );
    assert!(
        !picture.contains("excretion") && picture.contains("> ••••"),
        "{picture}"
    );
    script.press(KeyCode::Enter);
    let id = opens(&script).unwrap();
    let (ticket, passphrase) = script.state.take_ticket(id).unwrap();
    assert_eq!((ticket.to.room.as_str(), passphrase.expose()), ("den", STRONG));
    assert_eq!(ticket.to.address.host(), "relay.example");
    assert!(script.state.take_ticket(id).is_none(), "it is given once");
    assert!(script.picture().contains("joining the room den … Esc gives up"));
    script.types("meanwhile");
    assert_eq!(script.draft(), "meanwhile");
    script.input(Input::Opened {
        room: id,
        opened: Ok(Box::new(another())),
    });
    assert_eq!(script.state.rooms.current_id(), id);
    assert!(script.said().is_empty());
}

#[test]
fn a_line_that_was_handed_over_joins_another_relay() {
    let mut script = Script::with_anna(80, 24);
    script
        .types("/join sotto join 'ws://other.example:4000/#room=attic'")
        .press(KeyCode::Enter);
    script
        .input(Input::Paste(format!("{STRONG}\n")))
        .press(KeyCode::Enter);
    let (ticket, passphrase) = script.state.take_ticket(opens(&script).unwrap()).unwrap();
    assert_eq!(
        (ticket.to.room.as_str(), ticket.to.address.host().as_str()),
        ("attic", "other.example")
    );
    assert_eq!(passphrase.expose(), STRONG);
}

#[test]
fn a_weak_passphrase_is_asked_about_and_a_join_can_be_given_up() {
    let mut script = Script::with_anna(80, 24);
    placed(&mut script);
    script
        .types("/join den")
        .press(KeyCode::Enter)
        .types("hunter2")
        .press(KeyCode::Enter);
    assert!(script.notice().contains("weak"), "{}", script.notice());
    assert!(opens(&script).is_none());
    script.press(KeyCode::Esc).types("hello");
    assert_eq!(script.draft(), "hello");
    script.control('u').types("/join den").press(KeyCode::Enter);
    script
        .types("hunter2")
        .press(KeyCode::Enter)
        .press(KeyCode::Enter);
    assert!(opens(&script).is_some());
}

#[test]
fn while_a_passphrase_is_rated_keys_change_nothing_but_escape_and_then_no_answer_counts() {
    let mut script = Script::with_anna(80, 24);
    placed(&mut script);
    script.types("/join den").press(KeyCode::Enter).types(STRONG);
    let moment = Moment {
        now: script.now,
        clock: script.clock,
    };
    let enter = Input::Key {
        key: KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE),
        more: false,
        alone: true,
    };
    assert_eq!(script.state.update(enter, moment), [Effect::Rate]);
    script.types("x").input(Input::Paste("y".to_owned()));
    assert_eq!(script.state.unrated(), Some(STRONG));
    script.press(KeyCode::Esc);
    script.input(Input::Rated(Rater::default().rate(STRONG)));
    assert!(opens(&script).is_none() && script.state.joining.is_none());
}

#[test]
fn a_wrong_url_stays_in_the_input_and_says_why() {
    let mut script = Script::with_anna(80, 24);
    script.types("/join http://relay").press(KeyCode::Enter);
    assert_eq!(script.draft(), "/join http://relay");
    assert!(script.notice().contains("ws://"), "{}", script.notice());
}

#[test]
fn a_room_that_cannot_be_opened_says_why_and_what_was_typed_is_still_there() {
    let mut script = Script::with_anna(80, 24);
    placed(&mut script);
    script
        .types("/join den")
        .press(KeyCode::Enter)
        .types(STRONG)
        .press(KeyCode::Enter);
    let id = opens(&script).unwrap();
    script.state.take_ticket(id).unwrap();
    script.effects.clear();
    let opened = Err("that room is open here already".to_owned());
    script.input(Input::Opened { room: id, opened });
    assert_eq!(
        (script.notice(), script.state.rooms.len()),
        ("not joined: that room is open here already", 1)
    );
    script
        .press(KeyCode::Backspace)
        .press(KeyCode::Enter)
        .press(KeyCode::Enter);
    let (_, again) = script.state.take_ticket(opens(&script).unwrap()).unwrap();
    assert_eq!(again.expose(), &STRONG[..STRONG.len() - 1]);
}

#[test]
fn a_room_that_was_given_up_does_not_come() {
    let mut script = Script::with_anna(80, 24);
    placed(&mut script);
    script
        .types("/join den")
        .press(KeyCode::Enter)
        .types(STRONG)
        .press(KeyCode::Enter);
    let id = opens(&script).unwrap();
    script.state.take_ticket(id);
    script.press(KeyCode::Esc);
    assert!(!script.state.awaits(id));
    assert_eq!(script.notice(), "nothing was joined");
}

#[test]
fn a_passphrase_and_its_line_end_in_one_burst_do_not_join() {
    let mut script = Script::with_anna(80, 24);
    placed(&mut script);
    script.types("/join den").press(KeyCode::Enter);
    script.bursts(&format!("{STRONG}\r"));
    assert!(opens(&script).is_none());
    script.press(KeyCode::Enter);
    assert!(opens(&script).is_some());
}

/// A room of the configuration file whose passphrase is printed by a command.
fn configured(script: &mut Script) {
    script.state.settings.rooms = vec![RoomEntry {
        name: "anna".to_owned(),
        relay: "ws://other.example".parse().unwrap(),
        room: RoomName::new("attic").ok(),
        remember: None,
        passphrase_command: Some("pass show anna".to_owned()),
    }];
}

#[test]
fn a_room_of_the_configuration_file_is_joined_by_its_name_with_its_command() {
    let mut script = Script::with_anna(80, 24);
    placed(&mut script);
    configured(&mut script);
    script.types("/join an").press(KeyCode::Tab).press(KeyCode::Enter);
    assert_eq!(
        script.effects.pop(),
        Some(Effect::Fetch("pass show anna".to_owned()))
    );
    script.types("meanwhile");
    assert_eq!(script.draft(), "meanwhile");
    script.fetched(STRONG);
    let (ticket, passphrase) = script.state.take_ticket(opens(&script).unwrap()).unwrap();
    assert_eq!(
        (ticket.to.room.as_str(), ticket.to.address.host().as_str()),
        ("attic", "other.example")
    );
    assert_eq!(passphrase.expose(), STRONG);
    assert_eq!(ticket.to.command.as_deref(), Some("pass show anna"));
    assert_eq!(ticket.to.called.as_deref(), Some("anna"));
}

#[test]
fn a_passphrase_that_cannot_be_fetched_is_typed_or_fetched_again() {
    let mut script = Script::with_anna(120, 24);
    placed(&mut script);
    configured(&mut script);
    script.types("/join anna").press(KeyCode::Enter);
    script.input(Input::Fetched(Err(
        "the passphrase command failed: exit status: 1".to_owned(),
    )));
    assert!(
        script.notice().starts_with("the passphrase command failed"),
        "{}",
        script.notice()
    );
    script.effects.clear();
    script.press(KeyCode::Enter);
    assert_eq!(
        script.effects.pop(),
        Some(Effect::Fetch("pass show anna".to_owned()))
    );
    script.input(Input::Fetched(Err("no".to_owned())));
    script.types(STRONG).press(KeyCode::Enter);
    let (ticket, passphrase) = script.state.take_ticket(opens(&script).unwrap()).unwrap();
    assert_eq!((passphrase.expose(), ticket.to.command), (STRONG, None));
}

#[test]
fn rooms_are_shown_by_key_by_escape_and_by_command() {
    let mut script = Script::with_anna(80, 24);
    let second = script.opens_another();
    script.key(KeyCode::Char('1'), KeyModifiers::ALT);
    assert_eq!(script.state.rooms.current_id(), FIRST);
    script.press(KeyCode::Esc).types("2");
    assert_eq!(script.state.rooms.current_id(), second);
    script.control('x').types("0");
    assert_eq!(script.state.rooms.current_id(), FIRST);
    script.types("/next-room").press(KeyCode::Enter);
    assert_eq!(script.state.rooms.current_id(), second);
    script.control('x');
    assert!(script.picture().contains("Ctrl+X …"), "{}", script.picture());
    script.types("7");
    assert_eq!(script.notice(), "there is no room 7");
    assert_eq!(script.draft(), "");
}

#[test]
fn keys_of_the_users_own_are_taken_over_and_wrong_ones_told() {
    let mut script = Script::with_anna(80, 24);
    let second = script.opens_another();
    let keys = [("last-room", "F5"), ("dance", "F2")].map(|(name, keys)| (name.to_owned(), keys.to_owned()));
    let settings = Settings {
        keys: keys.into(),
        ..Settings::default()
    };
    script.state.set(settings, NOON);
    assert!(
        script.picture().contains("there is no action \"dance\""),
        "{}",
        script.picture()
    );
    script.press(KeyCode::F(5)).press(KeyCode::F(5));
    assert_eq!(script.state.rooms.current_id(), second);
}

#[test]
fn the_last_message_comes_into_the_input_to_be_changed() {
    let mut script = Script::with_anna(80, 24);
    let id = script.says_self("helo");
    script.key(KeyCode::Char('e'), KeyModifiers::ALT);
    assert_eq!(script.draft(), "helo");
    script.press(KeyCode::Backspace).types("lo").press(KeyCode::Enter);
    let edit = Command::Edit {
        id,
        text: "hello".to_owned(),
    };
    assert!(script.commands().contains(&&edit), "{:?}", script.commands());
}
