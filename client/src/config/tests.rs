use ratatui::style::{Color, Modifier, Style};

use super::*;

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
    assert_eq!(config.time_format, TimeFormat::Hours12);
    assert_eq!(config.lock_after, Some(Duration::from_secs(900)));
    assert_eq!(
        (config.notices.bell, config.notices.desktop),
        (When::Never, When::Always)
    );
    assert_eq!(config.keys["next-room"], "F6");
    assert_eq!(config.theme.link.fg, Some(Color::Rgb(0, 255, 255)));
    assert_eq!(config.theme.dim, Theme::built_in("dark").unwrap().dim);
    let blue = Style::new().fg(Color::Blue).add_modifier(Modifier::BOLD);
    assert_eq!(config.theme.accents, [Style::new().fg(Color::Cyan), blue]);
    let room = &config.room[0];
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
        assert_eq!(config.theme, Config::default().theme, "{text}");
    }
    let (config, complaints) = parsed("name = \"ben\"\ntime_format = 1\nlock_after = \"1h\"");
    assert_eq!(
        (complaints.len(), config.lock_after),
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
fn a_value_that_steers_terminals_is_shown_harmless() {
    let (_, complaints) = parsed("theme = \"a\\u001b[2J\"\n\"b\\u001b[2J\" = 1");
    assert_eq!(complaints.len(), 2);
    assert!(
        complaints.iter().all(|complaint| !complaint.contains('\x1b')),
        "{complaints:?}"
    );
}

#[test]
fn the_file_is_where_the_xdg_folders_are() {
    let at = |config: Option<&str>, home: Option<&str>| {
        path_in(|name| match name {
            "XDG_CONFIG_HOME" => config.map(PathBuf::from),
            _ => home.map(PathBuf::from),
        })
    };
    assert_eq!(at(Some("/x"), Some("/h")), Some("/x/sotto/config.toml".into()));
    assert_eq!(
        at(Some("x"), Some("/h")),
        Some("/h/.config/sotto/config.toml".into())
    );
    assert_eq!(at(None, Some("/h")), Some("/h/.config/sotto/config.toml".into()));
    assert_eq!(at(None, None), None);
}

#[test]
fn what_is_remembered_leaves_the_rest_of_the_file_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("config.toml");
    let name = Name::new("ben").unwrap();
    remember_in(&path, "ws://h:4000/", &name).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let before = "# mine\nrelay = \"ws://old\" # home\n\n[notices]\nbell = \"never\"\n";
    fs::write(&path, before).unwrap();
    remember_in(&path, "ws://h:4000/", &name).unwrap();
    let after = "# mine\nrelay = \"ws://h:4000/\" # home\nname = \"ben\"\n\n[notices]\nbell = \"never\"\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), after);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_broken_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, "relay = = 1").unwrap();
    let error = remember_in(&path, "ws://h/", &Name::new("ben").unwrap()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(fs::read_to_string(&path).unwrap(), "relay = = 1");
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.toml"), folder.path().join("config.toml"));
    fs::write(&real, "").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    remember_in(&link, "ws://h/", &Name::new("ben").unwrap()).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("ws://h/"));
}

#[test]
fn the_example_in_the_readme_is_right() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let (config, complaints) = parsed(example);
    assert!(complaints.is_empty(), "{complaints:?}");
    let own = Config {
        relay: None,
        name: None,
        room: Vec::new(),
        keys: BTreeMap::new(),
        ..config.clone()
    };
    assert_eq!(own, Config::default());
    assert_eq!((config.room.len(), config.keys.len()), (1, 1));
    for (setting, ..) in SETTINGS {
        let setting = setting.split('.').next().unwrap();
        assert!(example.contains(setting), "{setting}");
    }
}
