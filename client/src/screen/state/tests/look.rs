//! How the talk looks: groups, days, marks, code, what is new.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use sotto_protocol::instance::Event;

use super::*;
use crate::screen::talk::clock::TimeFormat;
use crate::screen::theme::depth::Depth;
use crate::screen::theme::{BUILT_IN, Role, Theme};

#[test]
fn name_and_time_stand_once_for_what_somebody_says_in_a_minute() {
    let mut script = Script::with_anna(60, 12);
    script.says(ANNA, "anna", "one").says(ANNA, "anna", "two");
    script.clock.minute += 1;
    script.says(ANNA, "anna", "three");
    script.says_self("four");
    let rows = script.rows().join("\n");
    assert!(
        rows.contains("12:05 anna  one\n            two\n12:06 anna  three\n12:06 ben   four"),
        "{rows}"
    );
}

#[test]
fn a_new_day_is_said_once() {
    let mut script = Script::with_anna(60, 12);
    script.says(ANNA, "anna", "late");
    script.clock.date = script.clock.date.next_day().unwrap();
    script.says(ANNA, "anna", "early").says(ANNA, "anna", "and more");
    let rows = script.rows().join("\n");
    assert!(
        rows.contains("late\n── Wednesday, 25 November ──\n12:05 anna  early\n            and more"),
        "{rows}"
    );
}

#[test]
fn marks_stand_at_the_right_edge_and_move_no_text() {
    let mut script = Script::with_anna(60, 12);
    // Its last row leaves no place for the widest mark.
    script.types(&"x".repeat(46)).press(KeyCode::Enter);
    let id = script.taken();
    let list = |script: &Script| script.rows()[..10].to_vec();
    let before = list(&script);
    assert!(
        before[9].ends_with('…') && before[9].trim().chars().count() == 1,
        "{before:?}"
    );
    script.event("anna", Event::Read { id, by: ANNA });
    let after = list(&script);
    assert_eq!(after[..9], before[..9]);
    assert_eq!(after[9], format!("{}read", " ".repeat(56)));
}

#[test]
fn what_came_while_nobody_looked_has_a_line_above_it_until_an_answer() {
    let mut script = Script::with_anna(60, 16);
    script.input(Input::Focus(true)).says(ANNA, "anna", "seen");
    script.input(Input::Focus(false));
    script.says(ANNA, "anna", "one").says(ANNA, "anna", "two");
    script.input(Input::Focus(true));
    let rows = script.rows().join("\n");
    assert!(
        rows.contains("seen\n── 2 new ──\n12:05 anna  one\n            two"),
        "{rows}"
    );
    script.says(ANNA, "anna", "three");
    assert!(script.picture().contains("── 2 new ──"));
    script.says_self("answer");
    assert!(!script.picture().contains("new ──"));
}

#[test]
fn times_are_shown_as_the_user_has_set() {
    let mut script = Script::with_anna(60, 8);
    script.clock.hour = 16;
    script.says(ANNA, "anna", "hi");
    for (format, row) in [
        (TimeFormat::Hours24, "16:05 anna  hi"),
        (TimeFormat::Hours12, " 4:05 pm anna  hi"),
        (TimeFormat::None, "anna  hi"),
    ] {
        script.state.settings.time_format = format;
        assert!(script.rows().contains(&row.to_owned()), "{}", script.picture());
    }
}

#[test]
fn a_block_of_code_breaks_only_at_the_edge() {
    let mut script = Script::with_anna(52, 12);
    script.says(
        ANNA,
        "anna",
        "see the following lines\n```\nlet answer = forty_two(and_more);  // words\n```",
    );
    let rows = script.rows().join("\n");
    assert!(
        rows.contains("            let answer = forty_two(and_more);  // wo\n            rds\n"),
        "{rows}"
    );
    let (buffer, _) = draw(&script.state, script.now);
    let code = |cell: &&ratatui::buffer::Cell| cell.fg == Color::Magenta;
    assert!(buffer.content().iter().filter(code).count() >= 40);
}

#[test]
fn links_and_code_in_a_line_have_a_style_and_cut_no_grapheme() {
    let mut script = Script::with_anna(60, 8);
    script.says(
        ANNA,
        "anna",
        "`co\u{301}de`\u{301} https://example.org/e\u{301}. end",
    );
    let (buffer, _) = draw(&script.state, script.now);
    let styled = |wanted: &dyn Fn(&ratatui::buffer::Cell) -> bool| -> String {
        let cells = buffer.content().iter().filter(|cell| wanted(cell));
        cells.map(|cell| cell.symbol()).collect()
    };
    assert_eq!(styled(&|cell| cell.fg == Color::Magenta), "`co\u{301}de`\u{301}");
    assert_eq!(
        styled(&|cell| cell.modifier.contains(Modifier::UNDERLINED)),
        "https://example.org/e\u{301}"
    );
}

/// The cells of a text on the screen.
fn cells_of(script: &Script, text: &str) -> Vec<ratatui::buffer::Cell> {
    let (buffer, _) = draw(&script.state, script.now);
    let cells = buffer.content();
    let symbols: Vec<String> = text.chars().map(String::from).collect();
    let found = cells.windows(symbols.len()).find(|window| {
        window
            .iter()
            .zip(&symbols)
            .all(|(cell, symbol)| cell.symbol() == symbol)
    });
    found.unwrap().to_vec()
}

/// The style of a text on the screen, which has but one.
fn style_of(script: &Script, text: &str) -> ratatui::style::Style {
    let styles: Vec<_> = cells_of(script, text).iter().map(|cell| cell.style()).collect();
    assert!(
        styles.iter().all(|style| *style == styles[0]),
        "{text}: {styles:?}"
    );
    styles[0]
}

#[test]
fn what_is_two_things_at_once_looks_like_both_in_every_theme() {
    for name in BUILT_IN {
        let theme = Theme::built_in(name).unwrap();
        let mut script = Script::with_anna(60, 9);
        script.state.settings.theme = theme;
        script.says(ANNA, "anna", "`see https://example.org/ there`");
        script.says(ANNA, "anna", "`left` alone");
        script.press(KeyCode::Esc);
        let seen = |text, roles: &[Role]| {
            let styles = roles.iter().map(|role| theme.style(*role));
            let wanted = styles.reduce(|below, above| below.patch(above)).unwrap();
            let is = style_of(&script, text);
            let colour = |colour: Option<Color>| colour.unwrap_or_default();
            assert_eq!(
                (colour(is.fg), colour(is.bg), is.add_modifier),
                (colour(wanted.fg), colour(wanted.bg), wanted.add_modifier),
                "{name}: {text}"
            );
        };
        seen("https://example.org/", &[Role::Code, Role::Link]);
        seen("see", &[Role::Code]);
        seen("`left`", &[Role::Selection, Role::Code]);
        seen("alone", &[Role::Selection]);
    }
}

#[test]
fn what_is_dim_is_plain_on_the_ground_of_a_selection() {
    let dark = Theme::built_in("dark").unwrap();
    let mut script = Script::with_anna(60, 9);
    script.state.settings.theme = dark;
    script.says(ANNA, "anna", "one");
    script.clock.minute += 1;
    script.says(ANNA, "anna", "two");
    assert_eq!(style_of(&script, "12:06").fg, dark.style(Role::Dim).fg);
    script.press(KeyCode::Esc);
    let time = style_of(&script, "12:06");
    assert_eq!(
        (time.fg, time.bg),
        (Some(Color::Reset), dark.style(Role::Selection).bg)
    );
    assert_eq!(style_of(&script, "12:05").fg, dark.style(Role::Dim).fg);
}

#[test]
fn where_there_are_no_colours_no_cell_has_any() {
    for name in BUILT_IN {
        let mut script = Script::with_anna(60, 9);
        script.state.settings.theme = Theme::built_in(name).unwrap().clone().at(Depth::None).kept();
        script.says(ANNA, "anna", "`code https://example.org/` words");
        script.says_self("mine");
        script.joins(CARL, "carl").press(KeyCode::Esc);
        script.types("/words").press(KeyCode::Enter);
        let (buffer, _) = draw(&script.state, script.now);
        let plain = |cell: &ratatui::buffer::Cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset);
        assert!(buffer.content().iter().all(plain), "{name}");
        assert!(
            cells_of(&script, "words")[0]
                .modifier
                .contains(Modifier::REVERSED),
            "{name}"
        );
    }
}

#[test]
fn links_stand_where_their_text_does_in_every_row_of_it() {
    let mut script = Script::with_anna(50, 8);
    script.says(
        ANNA,
        "anna",
        "漢字 https://example.org/a/long/path/of/many/words see",
    );
    let (buffer, _, links) = crate::screen::view::draw_with_links(&script.state, script.now);
    let text: String = links
        .iter()
        .flat_map(|link| {
            link.columns
                .clone()
                .map(|column| buffer[(column, link.row)].symbol())
        })
        .collect();
    assert_eq!(links.len(), 2, "{}", script.picture());
    assert_eq!(text, "https://example.org/a/long/path/of/many/words");
    assert_eq!(links[0].address, text);
}

#[test]
fn an_answer_quotes_what_it_answers_in_one_row() {
    let mut script = Script::with_anna(50, 12);
    script
        .joins(CARL, "carl")
        .says(CARL, "carl", "a question of\nseveral lines");
    let target = Target {
        author: CARL,
        id: MessageId([script.number as u8; 16]),
    };
    script.answers(ANNA, "anna", "an answer", Some(target));
    let rows = script.rows().join("\n");
    assert!(
        rows.contains("12:05 anna  ↳ carl: a question of\n            an answer"),
        "{rows}"
    );
    let receipt = Receipt {
        peer: CARL,
        number: 9,
    };
    script.event(
        "carl",
        Event::Deleted {
            receipt,
            id: target.id,
        },
    );
    assert!(script.picture().contains("↳ carl: deleted"));
    let unknown = Target {
        author: CARL,
        id: MessageId([0; 16]),
    };
    script.answers(ANNA, "anna", "another", Some(unknown));
    assert!(script.picture().contains("↳ an older message"));
}

#[test]
fn a_theme_changes_no_text_and_without_colours_there_is_none() {
    let mut script = Script::with_anna(80, 24);
    script.says(ANNA, "anna", "see https://example.org and `code`");
    script.types("/nonsense").press(KeyCode::Enter);
    let text = script.picture();
    let dark = Theme::built_in("dark").unwrap();
    for (theme, coloured) in [
        (Default::default(), true),
        (dark, true),
        (dark.clone().at(Depth::None).kept(), false),
    ] {
        script.state.settings.theme = theme;
        let (buffer, _) = draw(&script.state, script.now);
        let colour = |cell: &Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert_eq!(buffer.content.iter().any(colour), coloured);
        assert_eq!(script.picture(), text);
    }
}
