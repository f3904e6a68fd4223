//! Whatever is typed, received and resized: no panic, nothing split, the caret on the screen.

use crossterm::event::{KeyCode, KeyModifiers};
use proptest::prelude::*;
use sotto_protocol::Passphrase;
use sotto_protocol::fading::Fading;
use sotto_protocol::instance::{Departure, Event};
use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::screen::keymap::action::{BINDINGS, BROWSING};
use crate::screen::keymap::chord::Chord;
use crate::screen::settings::Settings;
use crate::screen::state::input::mouse::Mouse;
use crate::secret::verifier::Verifier;

/// What unlocks the screen.
const RIGHT: &str = "excretion railing unjustly crunchy";

const TEXT: &str = "(\\PC|```|\n```\n|https://a\\.b/|[a-z `\n\t漢字👩👦\u{200d}\u{301}\u{fe0f}🇩🇪\u{1b}\u{9b}\u{202e}\r\u{200b}ﾞ]){0,60}";

#[derive(Debug, Clone)]
enum Step {
    Key(KeyCode, KeyModifiers),
    /// All keys of one way to an action, one after the other.
    Keys(String),
    /// The first of them only.
    Begins(String),
    /// The action by its name.
    Command(&'static str),
    /// Keys as fast as a paste comes.
    Burst(String),
    Wheel(bool),
    Click(u16, u16),
    Focus(bool),
    /// A passphrase and Enter; wrong or right.
    Passphrase(bool),
    Fetched(bool),
    Composed(Option<String>),
    OpensAnother,
    ClosesRoom,
    Fails,
    Paste(String),
    Says(String),
    Answers(String, u8),
    Dropped,
    Resize(u16, u16),
    Taken,
    Refused,
    Joins,
    Leaves,
    Wants(u32),
    SaysFading(String),
    Waits(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![
        6 => proptest::char::any().prop_map(KeyCode::Char),
        4 => Just(KeyCode::Esc),
        4 => proptest::sample::select("jkgGnN/+redyoi?v1".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        2 => Just(KeyCode::Enter),
        8 => proptest::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End,
            KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace, KeyCode::Delete, KeyCode::Tab, KeyCode::Esc,
            KeyCode::Char('a'), KeyCode::Char('c'), KeyCode::Char('k'), KeyCode::Char('u'), KeyCode::Char('w'),
            KeyCode::Char('y'), KeyCode::Char('j'), KeyCode::Char('/'), KeyCode::Char('<'),
        ]),
    ];
    let modifiers = proptest::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
    ]);
    let bound = || {
        let ways = BINDINGS
            .iter()
            .chain(BROWSING)
            .flat_map(|binding| binding.keys.split(','));
        let ways = ways.filter(|keys| !keys.trim().is_empty()).map(str::to_owned);
        proptest::sample::select(ways.collect::<Vec<_>>())
    };
    let names = BINDINGS.iter().chain(BROWSING).map(|binding| binding.name);
    let names = proptest::sample::select(names.collect::<Vec<_>>());
    let mouse = prop_oneof![
        any::<bool>().prop_map(Step::Wheel),
        (0u16..90, 0u16..26).prop_map(|(column, row)| Step::Click(column, row)),
    ];
    prop_oneof![
        14 => bound().prop_map(Step::Keys),
        2 => bound().prop_map(Step::Begins),
        5 => names.prop_map(Step::Command),
        2 => "[a-c\\r/ ]{1,12}".prop_map(Step::Burst),
        3 => mouse,
        1 => any::<bool>().prop_map(Step::Focus),
        2 => any::<bool>().prop_map(Step::Passphrase),
        1 => any::<bool>().prop_map(Step::Fetched),
        1 => proptest::option::of(TEXT).prop_map(Step::Composed),
        1 => Just(Step::OpensAnother),
        1 => Just(Step::ClosesRoom),
        1 => Just(Step::Fails),
        10 => (code, modifiers).prop_map(|(code, modifiers)| Step::Key(code, modifiers)),
        3 => TEXT.prop_map(Step::Paste),
        5 => TEXT.prop_map(Step::Says),
        2 => (TEXT, 0u8..8).prop_map(|(text, number)| Step::Answers(text, number)),
        1 => Just(Step::Dropped),
        4 => (0u16..90, 0u16..26).prop_map(|(width, height)| Step::Resize(width, height)),
        2 => Just(Step::Taken),
        1 => Just(Step::Refused),
        1 => Just(Step::Joins),
        1 => Just(Step::Leaves),
        1 => (0u32..8).prop_map(Step::Wants),
        2 => TEXT.prop_map(Step::SaysFading),
        2 => (0u64..100).prop_map(Step::Waits),
    ]
}

/// Everything in the buffer is fit for a terminal and in its place.
fn check(script: &Script) -> Result<(), TestCaseError> {
    let (buffer, caret) = draw(&script.state, script.now);
    prop_assert!(
        buffer.area.is_empty() || buffer.area.contains(caret),
        "the caret is at {caret}"
    );
    prop_assert_eq!(
        buffer.area.as_size(),
        (script.state.width, script.state.height).into()
    );
    let width = usize::from(buffer.area.width);
    for (at, cell) in buffer.content().iter().enumerate() {
        let symbol = cell.symbol();
        prop_assert_eq!(symbol.graphemes(true).count(), 1, "{:?}", symbol);
        let unfit =
            |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!symbol.chars().any(unfit), "{:?}", symbol);
        prop_assert!(
            at % width + usize::from(symbol.cell_width()) <= width,
            "{:?} is cut",
            symbol
        );
    }
    Ok(())
}

/// Presses keys as a table of keys has them, so many of them at most.
fn presses<'a>(script: &'a mut Script, keys: &str, most: usize) -> &'a mut Script {
    for chord in keys.split_whitespace().take(most) {
        script.input(Input::Key {
            key: chord.parse::<Chord>().unwrap().event(),
            more: false,
            alone: true,
        });
    }
    script
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_splits_a_grapheme_or_panics(
        width in 1u16..90, height in 1u16..26, steps in proptest::collection::vec(step(), 0..40),
    ) {
        let mut script = Script::with_anna(width, height);
        let lock_after = Some(Duration::from_secs(70));
        script.state.set(Settings { lock_after, ..Settings::default() }, NOON);
        let verifier = Verifier::new(&Passphrase::new(RIGHT).unwrap(), Some("pass show anna".to_owned()));
        script.state.rooms.current_mut().verifier = Some(verifier);
        script.input(Input::Focus(true));
        for step in steps {
            match step {
                Step::Key(code, modifiers) => script.key(code, modifiers),
                Step::Keys(keys) => presses(&mut script, &keys, 9),
                Step::Begins(keys) => presses(&mut script, &keys, 1),
                Step::Command(name) => script.control('u').types(&format!("/{name}")).press(KeyCode::Enter),
                Step::Burst(text) => script.bursts(&text),
                Step::Wheel(up) => script.input(Input::Mouse(Mouse::Wheel { up })),
                Step::Click(column, row) => script.click(column, row),
                Step::Focus(on) => script.input(Input::Focus(on)),
                Step::Passphrase(right) => {
                    script.types(if right { RIGHT } else { "wrong" }).press(KeyCode::Enter)
                }
                Step::Fetched(right) => {
                    script.fetched(if right { RIGHT } else { "wrong" })
                }
                Step::Composed(text) => script.input(Input::Composed(Ok(text.map(Into::into)))),
                Step::OpensAnother => {
                    script.opens_another();
                    &mut script
                }
                Step::ClosesRoom => {
                    let room = script.state.rooms.current_id();
                    script.in_room(room, Update::Left { undelivered: 1, to: Vec::new() })
                }
                Step::Fails => script.input(Input::Composed(Err("it failed".to_owned()))),
                Step::Paste(text) => script.input(Input::Paste(text)),
                Step::Says(text) => script.says(ANNA, "anna", &text),
                Step::Answers(text, number) => {
                    let id = MessageId([number; 16]);
                    script.answers(ANNA, "anna", &text, Some(Target { author: ANNA, id }))
                }
                Step::Dropped => {
                    let receipt = Receipt { peer: ANNA, number: 0 };
                    script.event("anna", Event::Deleted { receipt, id: MessageId([2; 16]) })
                }
                Step::Resize(width, height) => script.input(Input::Resize { width, height }),
                Step::Taken => {
                    let posted = Posted { id: MessageId([9; 16]), to: 1, fades: None };
                    script.input(Input::Room { room: FIRST, update: Update::Said(Ok(posted)) })
                }
                Step::Refused => script.refused(CommandError::Left),
                Step::Joins => script.joins(CARL, "漢字漢字漢字漢字漢字漢字漢字漢字"),
                Step::Leaves => script.event("carl", Event::PeerLeft { peer: CARL, how: Departure::Left }),
                Step::Wants(seconds) => {
                    let fading = FadeTime::from_secs(seconds).map_or(Fading::Stay, Fading::After);
                    script.event("anna", Event::Fading { peer: ANNA, fading })
                }
                Step::SaysFading(text) => script.fading_for(ANNA, "anna", &text, 5),
                Step::Waits(seconds) => {
                    script.now += Duration::from_secs(seconds);
                    script.input(Input::Tick)
                }
            };
            check(&script)?;
        }
    }

    #[test]
    fn scrolling_up_and_down_again_comes_back(
        texts in proptest::collection::vec(TEXT, 1..12), width in 1u16..90, height in 1u16..26,
    ) {
        let mut script = Script::with_anna(width, height);
        for text in &texts {
            script.says(ANNA, "anna", text);
        }
        let newest = script.rows();
        for _ in 0..30 {
            script.press(KeyCode::Up);
        }
        check(&script)?;
        for _ in 0..30 {
            script.press(KeyCode::Down);
        }
        script.press(KeyCode::End);
        prop_assert_eq!(script.rows(), newest);
    }
}
