//! The ways into a chat: the connect screen, and rooms of the configuration file.

use std::fs;

use sotto_tests::Scene;
use sotto_tests::scene::PASSPHRASE;

const CONFIG: &str = ".config/sotto/config.toml";
const ENTER: &str = "\r";

#[test]
fn the_connect_screen_leads_into_the_room_and_remembers_relay_and_name() {
    let scene = Scene::new();
    let mut reader = scene.pipe("reader", &["--json"]);
    let mut anna = scene.terminal((24, 80), &[]);
    anna.wait_for("passphrase");
    anna.type_keys(&format!("sotto join '{}'\r", scene.url()));
    anna.type_keys("anna\r");
    anna.type_keys(PASSPHRASE);
    anna.wait_for("bits");
    anna.type_keys(ENTER);
    assert_eq!(reader.event("peer_joined")["peer"], "anna");
    anna.wait_for("reader");
    assert!(!String::from_utf8_lossy(&anna.written()).contains("clavicle"));

    let mut again = scene.terminal((24, 80), &[]);
    again.wait_for(scene.url());
    again.type_keys(PASSPHRASE);
    again.wait_for("bits");
    again.type_keys(ENTER);
    assert_eq!(reader.event("peer_joined")["peer"], "anna~2");
    let remembered = fs::read_to_string(scene.home().join(CONFIG)).unwrap();
    assert!(!remembered.contains("clavicle"), "{remembered}");
}

#[test]
fn a_relay_that_is_not_there_is_said_and_nothing_typed_is_lost() {
    let scene = Scene::new();
    let mut reader = scene.pipe("reader", &["--json"]);
    let mut anna = scene.terminal((24, 80), &[]);
    anna.wait_for("passphrase");
    anna.type_keys("ws://127.0.0.1:1\r");
    anna.type_keys("anna\r");
    anna.type_keys(PASSPHRASE);
    anna.wait_for("bits");
    anna.type_keys(ENTER);
    anna.wait_for("nothing answers");
    anna.type_keys("\x15");
    anna.type_keys(&format!("{}\r", scene.url()));
    anna.wait_until("is at the passphrase again", |screen| {
        let (row, _) = screen.cursor_position();
        let line = screen.rows(0, 80).nth(row.into());
        line.is_some_and(|line| line.starts_with("passphrase"))
    });
    anna.type_keys(ENTER);
    reader.event("peer_joined");
}

#[test]
fn a_room_of_the_configuration_file_is_joined_by_its_name() {
    let scene = Scene::new();
    let config = scene.home().join(CONFIG);
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let room = format!(
        "colour = 1\n[[room]]\nname = \"flat\"\nrelay = \"{}\"\npassphrase_command = \"cat passphrase\"\n",
        scene.url()
    );
    fs::write(config, room).unwrap();
    let reader = scene.pipe("reader", &["--json"]);
    let anna = scene.terminal((24, 80), &["join", "flat", "--name", "anna"]);
    anna.wait_for("reader");
    anna.wait_for("config.toml, line 1: there is no setting");
    drop(reader);

    let mut unknown = scene.without_terminal(&["pipe", "carl"], "");
    assert_eq!(unknown.exit_code(), 2);
    assert!(
        unknown.errors().contains("there are flat"),
        "{}",
        unknown.errors()
    );
}

#[test]
fn where_nothing_is_drawn_questions_lead_into_the_room_and_a_failure_asks_only_for_the_relay_again() {
    let scene = Scene::new();
    let mut reader = scene.pipe("reader", &["--json"]);
    let mut anna = scene.terminal((24, 80), &["--plain"]);
    anna.wait_for("relay (");
    anna.type_keys("ws://127.0.0.1:1\r");
    anna.wait_for("your name");
    anna.type_keys("anna\r");
    anna.wait_for("passphrase (");
    anna.type_keys(PASSPHRASE);
    anna.type_keys(ENTER);
    anna.wait_for("nothing answers");
    anna.wait_for("relay [ws://127.0.0.1:1/]");
    anna.type_keys(&format!("{}\r", scene.url()));
    assert_eq!(reader.event("peer_joined")["peer"], "anna");
    anna.wait_for("-- reader joined");
    let written = String::from_utf8_lossy(&anna.written()).into_owned();
    assert!(
        !written.contains('\x1b') && !written.contains("clavicle"),
        "{written:?}"
    );
    let remembered = fs::read_to_string(scene.home().join(CONFIG)).unwrap();
    assert!(
        remembered.contains("name = \"anna\"") && remembered.contains(scene.url()),
        "{remembered}"
    );
}
