//! Browse mode, answers, edits, reactions and search, key by key.

use ratatui::style::{Color, Modifier};
use sotto_protocol::instance::SayError;

use super::*;
use crate::screen::settings::Settings;

const ME: InstanceId = InstanceId([7; 16]);

/// Ten messages of anna's and one of ours, the newest; `m0` is the oldest.
fn talk(width: u16, height: u16) -> (Script, MessageId) {
    let mut script = Script::with_anna(width, height);
    script.state.rooms.current_mut().id = ME;
    for number in 0..10 {
        script.says(ANNA, "anna", &format!("m{number} of anna"));
    }
    let id = script.says_self("mine");
    script.effects.clear();
    (script, id)
}

/// The text that is selected, as it stands on the screen.
fn selected(script: &Script) -> String {
    let (buffer, _) = draw(&script.state, script.now);
    let mut text = String::new();
    for row in buffer.content().chunks(usize::from(buffer.area.width)) {
        let reversed = row
            .iter()
            .filter(|cell| cell.modifier.contains(Modifier::REVERSED));
        // What was found is reversed everywhere, and underlined.
        if reversed
            .clone()
            .any(|cell| !cell.modifier.contains(Modifier::UNDERLINED))
        {
            text.extend(reversed.map(|cell| cell.symbol()));
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the last text that went out answers.
fn last_answers(script: &Script) -> Option<Target> {
    let say = |effect: &Effect| match effect {
        Effect::Say { reply_to, .. } => Some(*reply_to),
        _ => None,
    };
    script.effects.iter().rev().find_map(say).unwrap()
}

fn event_line(script: &Script) -> String {
    let rows = script.rows();
    rows[rows.len() - 2].clone()
}

#[test]
fn escape_on_an_empty_input_selects_and_escape_goes_back() {
    let (mut script, _) = talk(60, 9);
    script.types("x").press(KeyCode::Esc);
    assert_eq!(selected(&script), "", "a draft is no empty input");
    script.press(KeyCode::Backspace);
    let before = script.rows();
    script.press(KeyCode::Esc);
    assert!(
        selected(&script).starts_with("12:05 ben mine"),
        "{}",
        selected(&script)
    );
    assert!(
        event_line(&script).starts_with("browse: Esc back"),
        "{}",
        script.picture()
    );
    script.types("kkkkkkk");
    assert_eq!(selected(&script), "m3 of anna");
    script.press(KeyCode::Esc);
    assert_eq!(script.rows(), before);
}

#[test]
fn the_selection_stays_on_the_screen_and_the_place_holds_while_more_comes() {
    let (mut script, _) = talk(60, 9);
    script.press(KeyCode::Esc).types("g");
    assert!(selected(&script).contains("m0 of anna"), "{}", selected(&script));
    script.types("G").press(KeyCode::PageUp);
    assert_eq!(selected(&script), "12:05 anna m0 of anna");
    let before = script.rows()[1..6].to_vec();
    script.says(ANNA, "anna", "new");
    assert_eq!(script.rows()[1..6], before);
    script
        .press(KeyCode::PageDown)
        .press(KeyCode::PageDown)
        .press(KeyCode::PageDown);
    assert!(selected(&script).contains("new"), "{}", selected(&script));
    script.types("i");
    assert_eq!(selected(&script), "");
    script.types("q");
    assert_eq!(script.draft(), "q");
}

#[test]
fn an_answer_goes_out_with_what_it_answers() {
    let (mut script, mine) = talk(60, 12);
    script.press(KeyCode::Esc).types("kr");
    assert_eq!(event_line(&script), "Esc gives up · to anna: m9 of anna");
    script.types("yes").press(KeyCode::Enter);
    let target = Target {
        author: ANNA,
        id: MessageId([10; 16]),
    };
    let said = Effect::Say {
        room: RoomId::FIRST,
        text: "yes".to_owned(),
        reply_to: Some(target),
    };
    assert!(script.effects.contains(&said), "{:?}", script.effects);
    script.taken();
    assert!(
        script.squeezed().contains("↳ anna: m9 of anna\nyes …"),
        "{}",
        script.picture()
    );
    script
        .press(KeyCode::Esc)
        .types("kr")
        .press(KeyCode::Esc)
        .types("new")
        .press(KeyCode::Enter);
    assert_eq!(last_answers(&script), None);
    script.taken();
    script
        .press(KeyCode::Esc)
        .types("kkr")
        .types("own")
        .press(KeyCode::Enter);
    let own = Target { author: ME, id: mine };
    assert_eq!(last_answers(&script), Some(own));
}

#[test]
fn an_answer_that_is_refused_still_is_an_answer() {
    let (mut script, _) = talk(60, 12);
    script
        .press(KeyCode::Esc)
        .types("kr")
        .types("yes")
        .press(KeyCode::Enter);
    script.refused(CommandError::Say(SayError::Full));
    assert_eq!(script.draft(), "yes");
    script.now += Duration::from_secs(21);
    script.input(Input::Tick);
    assert_eq!(event_line(&script), "Esc gives up · to anna: m9 of anna");
}

#[test]
fn the_last_message_is_edited_in_the_input_and_the_draft_comes_back() {
    let (mut script, id) = talk(60, 12);
    script.types("draft").key(KeyCode::Char('e'), KeyModifiers::ALT);
    assert_eq!(script.draft(), "mine");
    script.types(" and yours").press(KeyCode::Enter);
    assert_eq!(script.draft(), "draft");
    let edit = Command::Edit {
        id,
        text: "mine and yours".to_owned(),
    };
    assert_eq!(script.commands().last(), Some(&&edit));
    script.input(Input::Room {
        room: RoomId::FIRST,
        update: Update::Done {
            command: edit,
            answer: Ok(()),
        },
    });
    assert!(script.squeezed().contains("mine and yours edited …"));
    script
        .key(KeyCode::Char('e'), KeyModifiers::ALT)
        .types("!")
        .press(KeyCode::Esc);
    assert_eq!(script.draft(), "draft");
    assert!(script.said().is_empty());
}

#[test]
fn what_is_edited_is_a_text_and_never_a_command() {
    let (mut script, id) = talk(60, 12);
    script
        .press(KeyCode::Esc)
        .types("e")
        .control('u')
        .types("/quit")
        .press(KeyCode::Enter);
    let text = "/quit".to_owned();
    assert_eq!(script.commands().last(), Some(&&Command::Edit { id, text }));
}

#[test]
fn one_of_ours_is_deleted_after_a_question_and_others_never() {
    let (mut script, id) = talk(60, 12);
    script.press(KeyCode::Esc).types("dxdd");
    assert!(
        script.commands().is_empty(),
        "a word that is typed by mistake deletes nothing"
    );
    script.types("dy");
    assert_eq!(script.commands(), [&Command::Delete { id }]);
    script.types("kd");
    assert_eq!(script.notice(), "it is not yours");
    script.types("e");
    assert_eq!(script.commands().len(), 1);
}

#[test]
fn a_reaction_is_one_key_or_typed() {
    let (mut script, _) = talk(60, 12);
    script.press(KeyCode::Esc).types("k+1");
    let target = Target {
        author: ANNA,
        id: MessageId([10; 16]),
    };
    let react = |reaction: &str| Command::React {
        target,
        reaction: reaction.to_owned(),
    };
    assert_eq!(script.commands(), [&react("👍")]);
    script.input(Input::Room {
        room: RoomId::FIRST,
        update: Update::Done {
            command: react("👍"),
            answer: Ok(()),
        },
    });
    assert!(
        script.squeezed().contains("m9 of anna 👍 ben"),
        "{}",
        script.picture()
    );
    script.types("+hi").press(KeyCode::Enter);
    assert_eq!(script.commands().last(), Some(&&react("hi")));
    script.types("+").press(KeyCode::Enter);
    assert_eq!(script.commands().last(), Some(&&react("")));
}

#[test]
fn a_search_selects_what_is_found_and_escape_goes_back() {
    let (mut script, _) = talk(60, 9);
    script.says(ANNA, "anna", "a Needle");
    let before = script.rows();
    script
        .press(KeyCode::Esc)
        .types("/M")
        .press(KeyCode::Backspace)
        .types("m3");
    assert_eq!(event_line(&script), "/m3▏");
    script.press(KeyCode::Enter);
    assert_eq!(selected(&script), "m3 of anna");
    let (buffer, _) = draw(&script.state, script.now);
    let found = buffer.content().iter().filter(|cell| cell.bg == Color::Yellow);
    assert_eq!(found.map(|cell| cell.symbol()).collect::<String>(), "m3");
    script.types("/ of ").press(KeyCode::Enter);
    assert_eq!(selected(&script), "m2 of anna");
    script.types("n");
    assert!(selected(&script).contains("m1 of anna"));
    script.types("NN");
    assert_eq!(selected(&script), "m3 of anna");
    script.press(KeyCode::Esc);
    assert_eq!(script.rows(), before);
    script.types("/search needle").press(KeyCode::Enter);
    assert_eq!(selected(&script), "12:05 anna a Needle");
    script.press(KeyCode::Esc);
    script.types("/search NEEDLE").press(KeyCode::Enter);
    assert_eq!(script.notice(), "nothing here says NEEDLE");
}

#[test]
fn copying_and_opening_are_for_the_shell_to_do() {
    let (mut script, _) = talk(60, 12);
    script.press(KeyCode::Esc).types("yo");
    assert_eq!(script.effects, [Effect::Copy("mine".to_owned())]);
    assert_eq!(script.notice(), "there is no link in it");
    script.press(KeyCode::Esc);
    script.says(
        ANNA,
        "anna",
        "https://a.example and https://b.example/ and file:///etc/passwd",
    );
    script.press(KeyCode::Esc).types("o2");
    assert_eq!(
        script.effects.last(),
        Some(&Effect::OpenLink("https://b.example/".to_owned()))
    );
    script.input(Input::Told("opened".to_owned()));
    assert_eq!(script.notice(), "opened");
}

#[test]
fn the_bare_view_shows_only_texts() {
    let (mut script, _) = talk(40, 8);
    script.says(ANNA, "anna", "a text that is longer than one row has columns");
    script.key(KeyCode::Char('v'), KeyModifiers::ALT);
    assert_eq!(
        script.rows()[1..6],
        [
            "m8 of anna",
            "m9 of anna",
            "mine",
            "a text that is longer than one row has",
            "columns"
        ]
    );
    script.types("/bare").press(KeyCode::Enter);
    assert!(
        script.picture().contains("12:05 anna: a text"),
        "{}",
        script.picture()
    );
}

#[test]
fn the_bare_view_keeps_lines_and_code_as_they_were_typed_and_says_who_does_a_deed() {
    let mut script = Script::with_anna(40, 12);
    script.says(ANNA, "anna", "two\n  lines");
    script.says(ANNA, "anna", "```\nfn main() {\n    println!(\"hi\");\n}\n```");
    script.says(ANNA, "anna", &format!("see {}", "long".repeat(11)));
    script.says(ANNA, "anna", "/me waves");
    script.key(KeyCode::Char('v'), KeyModifiers::ALT);
    let rows = script.rows();
    assert_eq!(
        rows[1..=9],
        [
            "```",
            "fn main() {",
            "    println!(\"hi\");",
            "}",
            "```",
            "see",
            "longlonglonglonglonglonglonglonglonglong",
            "long",
            "* anna waves",
        ],
        "{rows:?}"
    );
}

#[test]
fn every_key_of_browse_mode_is_a_command_too_and_takes_the_newest_message_it_fits() {
    let (mut script, _) = talk(60, 12);
    script.says(ANNA, "anna", "see https://a.example/ there");
    script.says_self("the last is ours");
    script.effects.clear();
    script.types("/open").press(KeyCode::Enter);
    let open = Effect::OpenLink("https://a.example/".to_owned());
    assert!(script.effects.contains(&open), "{:?}", script.effects);
    assert_eq!(
        selected(&script),
        "",
        "what is done at once leaves the talk as it was"
    );
    script.types("/copy").press(KeyCode::Enter);
    let copy = Effect::Copy("the last is ours".to_owned());
    assert!(script.effects.contains(&copy), "{:?}", script.effects);
    script.types("/reply").press(KeyCode::Enter);
    assert!(
        event_line(&script).contains("to anna: see https"),
        "{}",
        script.picture()
    );
    script.press(KeyCode::Esc);
    script.types("/react").press(KeyCode::Enter);
    assert!(event_line(&script).starts_with("1 👍"), "{}", script.picture());
    script.press(KeyCode::Esc).press(KeyCode::Esc);
    script.types("/edit-message").press(KeyCode::Enter);
    assert_eq!(script.draft(), "the last is ours");
    script.press(KeyCode::Esc);
    script.types("/browse").press(KeyCode::Enter);
    assert!(
        selected(&script).contains("the last is ours"),
        "{}",
        script.picture()
    );
    script.types("k");
    assert!(selected(&script).contains("see https"), "{}", script.picture());
}

#[test]
fn keys_of_ones_own_stand_on_the_event_line() {
    let (mut script, _) = talk(60, 9);
    let keys = [("reply", "a"), ("browse-help", "F9"), ("copy", "none")];
    let keys = keys.map(|(name, keys)| (name.to_owned(), keys.to_owned()));
    let settings = Settings {
        keys: keys.into(),
        ..Settings::default()
    };
    script.state.set(settings, NOON);
    script.press(KeyCode::Esc);
    assert_eq!(
        event_line(&script),
        "browse: Esc back · F9 keys · j k / e d a o +"
    );
    script.types("ka");
    assert_eq!(event_line(&script), "Esc gives up · to anna: m9 of anna");
}

#[test]
fn a_search_for_what_is_nowhere_selects_nothing_and_keeps_its_line() {
    let (mut script, _) = talk(60, 12);
    script.types("/search nowhere").press(KeyCode::Enter);
    assert_eq!(script.notice(), "nothing here says nowhere");
    assert_eq!(
        (selected(&script), script.draft()),
        (String::new(), "/search nowhere")
    );
    script.types("!");
    assert_eq!(script.draft(), "/search nowhere!");
}

#[test]
fn what_is_selected_stays_on_the_screen_when_that_gets_smaller() {
    let (mut script, _) = talk(60, 24);
    script.press(KeyCode::Esc);
    let before = selected(&script);
    script.input(Input::Resize { width: 40, height: 6 });
    assert!(
        before.contains("mine") && selected(&script).contains("mine"),
        "{}",
        script.picture()
    );
}

#[test]
fn who_stays_at_the_newest_after_browsing_sees_what_comes() {
    let (mut script, _) = talk(60, 9);
    script.press(KeyCode::Esc).types("i");
    script.says(ANNA, "anna", "look here");
    assert!(script.picture().contains("look here"), "{}", script.picture());
}

#[test]
fn a_command_that_cannot_be_done_stays_in_the_input() {
    let (mut script, _) = talk(60, 12);
    for line in ["/room 9", "/verify yes nobody", "/invite"] {
        script.types(line).press(KeyCode::Enter);
        assert_eq!(script.draft(), line);
        script.control('u');
    }
}
