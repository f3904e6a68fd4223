use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::style::{Color, Modifier, Style};

use super::read::MAX_COMPLAINTS;
use super::*;
use crate::screen::settings::{Complaint, When};
use crate::screen::talk::clock::TimeFormat;
use crate::screen::theme::{Role, Theme};

/// What is read, and the complaints as people see them.
fn parsed(text: &str) -> (Config, Vec<String>) {
    let (config, complaints) = Config::parse(text, Depth::True);
    (config, complaints.iter().map(Complaint::to_string).collect())
}

#[test]
fn everything_that_can_be_set_is_read() {
    let (config, complaints) = parsed(
        r##"
relay = "wss://example.org/#room=kdwqzmra"
name = "ben"
time_format = "12h"
theme = "sea"
lock_after = "15m"
escape_time = 200
mouse = true
typing = false
receipts = false

[notices]
bell = "never"
desktop = "always"

[keys]
next-room = "F6"

[themes.sea]
base = "dark"
link = "underlined #00ffff"
accents = ["cyan", "bold blue"]

[[room]]
name = "anna"
relay = "ws://host:4000"
room = "kdwqzmra"
passphrase_command = "pass show anna"
"##,
    );
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(config.relay.as_deref(), Some("wss://example.org/#room=kdwqzmra"));
    assert_eq!(config.name, Name::new("ben").ok());
    assert_eq!(config.settings.time_format, TimeFormat::Hours12);
    assert_eq!(config.settings.lock_after, Some(Duration::from_secs(900)));
    assert_eq!(config.settings.escape_time, Duration::from_millis(200));
    assert!(config.settings.mouse);
    assert!(!config.settings.told.typing && !config.settings.told.receipts);
    assert_eq!(
        (config.settings.notices.bell, config.settings.notices.desktop),
        (When::Never, When::Always)
    );
    assert_eq!(config.settings.keys["next-room"], "F6");
    assert_eq!(
        config.settings.theme.style(Role::Link).fg,
        Some(Color::Rgb(0, 255, 255))
    );
    let dark = Theme::built_in("dark").unwrap();
    assert_eq!(config.settings.theme.style(Role::Dim), dark.style(Role::Dim));
    let blue = Style::new().fg(Color::Blue).add_modifier(Modifier::BOLD);
    let peers = [0, 1, 2].map(|person| config.settings.theme.style(Role::Peer(person)));
    let cyan = Style::new().fg(Color::Cyan);
    assert_eq!(peers, [cyan, blue, cyan]);
    let room = &config.settings.rooms[0];
    assert_eq!(
        (room.name.as_str(), room.relay.address.to_string().as_str()),
        ("anna", "ws://host:4000/")
    );
    assert_eq!(room.passphrase_command.as_deref(), Some("pass show anna"));
}

#[test]
fn without_a_word_everything_is_as_it_comes() {
    assert_eq!(parsed(""), (Config::default(), Vec::new()));
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_what_is_allowed_and_the_rest_counts() {
    for (text, said) in [
        (
            "\nname = 7",
            "line 2: name has to be a text in quotes, not a number",
        ),
        (
            "colour = \"red\"",
            "line 1: there is no setting \"colour\"; there are relay, name, time_format",
        ),
        (
            "theme = \"dusk\"",
            "line 1: there is no theme \"dusk\"; there are terminal, dark, light",
        ),
        (
            "colors = \"12\"",
            "line 1: colors cannot be \"12\"; it can be auto, none, 16, 256, true",
        ),
        (
            "lock_after = \"soon\"",
            "line 1: lock_after: a time is a number with s, m or h",
        ),
        (
            "receipts = 0",
            "line 1: receipts has to be true or false, not a number",
        ),
        (
            "mouse = \"yes\"",
            "line 1: mouse has to be true or false, not a text",
        ),
        (
            "[notices]\nbeep = \"never\"",
            "line 2: there is no notice \"beep\"; there are bell and desktop",
        ),
        (
            "[themes.a]\nlink = \"bold mauve\"",
            "line 2: \"mauve\" is no style: a style is any of bold",
        ),
        (
            "[themes.a]\nlinks = \"red\"",
            "line 2: there is no style \"links\"; there are base, dim, loud",
        ),
        (
            "[themes.a]\naccents = \"red\"",
            "line 2: accents has to be a list of styles",
        ),
        (
            "[[room]]\nname = \"a\"",
            "line 1: a [[room]] needs a name and a relay",
        ),
        (
            "[[room]]\nname = \"a\"\nrelay = \"host\"",
            "line 3: relay: a relay's URL begins with ws://",
        ),
        (
            "[[room]]\nname = \"a/b\"\nrelay = \"ws://h\"",
            "line 2: name: a room's name here has no :, /",
        ),
        ("[keys]\ndance = \"F2\"", "line 2: there is no action \"dance\""),
        ("[keys]\nredraw = \"Hyper+L\"", "line 2: redraw: "),
        ("keys = 3", "line 1: keys has to be a table"),
    ] {
        let (config, complaints) = parsed(text);
        assert!(complaints[0].contains(said), "{text}: {complaints:?}");
        assert_eq!(config.settings.theme, Config::default().settings.theme, "{text}");
    }
    let (config, complaints) = parsed("name = \"ben\"\ntime_format = 1\nlock_after = \"1h\"");
    assert_eq!(
        (complaints.len(), config.settings.lock_after),
        (1, Some(Duration::from_secs(3600)))
    );
    assert_eq!(config.name, Name::new("ben").ok());
}

#[test]
fn what_is_no_toml_is_said_with_its_line() {
    let (config, complaints) = parsed("name = \"ben\"\ntheme = = true\n");
    assert_eq!(config, Config::default());
    assert!(
        complaints[0].starts_with("config.toml, line 2: this is not TOML"),
        "{complaints:?}"
    );
}

#[test]
fn a_table_or_a_key_that_stands_there_twice_is_said_with_its_line() {
    for (text, line) in [
        ("name = \"ben\"\nname = \"carl\"\n", 2),
        ("[keys]\nredraw = \"F5\"\n\n[keys]\nredraw = \"F6\"\n", 4),
    ] {
        let (config, complaints) = parsed(text);
        let begin = format!("config.toml, line {line}: this is not TOML");
        assert!(complaints[0].starts_with(&begin), "{complaints:?}");
        assert!(complaints[0].contains("duplicate key"), "{complaints:?}");
        assert_eq!((config, complaints.len()), (Config::default(), 1));
    }
}

#[test]
fn a_room_is_complained_of_once() {
    let room = |name: &str, relay: &str| format!("[[room]]\nname = {name}\nrelay = {relay}\n");
    let two = room("'anna'", "'ws://a'") + &room("'anna'", "'ws://b'");
    let (config, complaints) = parsed(&two);
    assert_eq!(config.settings.rooms.len(), 1);
    assert_eq!(
        complaints,
        ["config.toml, line 5: name: there are two rooms called \"anna\"; the first counts"]
    );
    let (_, complaints) = parsed(&room("'anna'", "7"));
    assert_eq!(
        complaints,
        ["config.toml, line 3: relay has to be a text in quotes, not a number"]
    );
}

#[test]
fn of_a_file_of_something_else_few_lines_are_said() {
    let junk: String = (0..20_000).map(|number| format!("a{number} = 1\n")).collect();
    let (config, complaints) = parsed(&junk);
    assert_eq!(config, Config::default());
    assert_eq!(complaints.len(), MAX_COMPLAINTS + 1);
    assert_eq!(
        complaints[MAX_COMPLAINTS],
        "config.toml: and 19990 more that is wrong"
    );
    let noise = "\u{1b}]0;x\u{7}\0[[".repeat(100_000);
    let (_, complaints) = parsed(&noise);
    assert!(
        complaints.len() == 1 && !complaints[0].contains('\u{1b}'),
        "{complaints:?}"
    );
    assert!(complaints[0].len() < 400, "{}", complaints[0].len());
}

#[test]
fn a_value_that_steers_terminals_is_shown_harmless() {
    let (_, complaints) = parsed("theme = \"a\\u001b[2J\"\n\"b\\u001b[2J\" = 1");
    assert_eq!(complaints.len(), 2);
    assert!(
        complaints.iter().all(|complaint| !complaint.contains('\x1b')),
        "{complaints:?}"
    );
}

#[test]
fn the_example_in_the_readme_is_right() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let (config, complaints) = parsed(example);
    assert!(complaints.is_empty(), "{complaints:?}");
    let own = Config {
        settings: Settings {
            rooms: Vec::new(),
            keys: BTreeMap::new(),
            ..config.settings.clone()
        },
        ..Config::default()
    };
    assert_eq!(own, Config::default());
    assert_eq!((config.settings.rooms.len(), config.settings.keys.len()), (1, 1));
    for (setting, ..) in SETTINGS {
        let setting = setting.split('.').next().unwrap();
        assert!(example.contains(setting), "{setting}");
    }
}
