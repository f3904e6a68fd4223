//! The terminal in other hands for a while: the user's editor, or a command that prints a passphrase.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sotto_tests::scene::PASSPHRASE;
use sotto_tests::{Scene, Terminal};

const CTRL_C: &str = "\x03";

/// Asks for a number on the terminal, as a password manager would, and prints the passphrase.
const ASKS: &str = "stty -a < /dev/tty | grep -q ' icanon' && echo cooked > /dev/tty\n\
    printf 'your pin? ' > /dev/tty; read -r pin < /dev/tty\n\
    [ \"$pin\" = 1234 ] && cat passphrase";

/// A script in the scene's folder, and the command that runs it.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn script(scene: &Scene, name: &str, text: &str) -> String {
    let path = scene.write(name, format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A folder in which drafts may lie for a while.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn runtime(home: &Path) -> String {
    let runtime = home.join("runtime");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    runtime.to_str().unwrap().to_owned()
}

/// A chat whose editor is a script that is told where the draft is.
fn chat_with_editor(scene: &Scene, editor: &str) -> Terminal {
    let editor = script(scene, "editor", editor);
    let runtime = runtime(scene.home());
    let variables = [("EDITOR", editor.as_str()), ("XDG_RUNTIME_DIR", &runtime)];
    scene.chat_with("anna", &variables)
}

#[test]
fn a_draft_goes_to_the_editor_and_comes_back_unsent() {
    let scene = Scene::new();
    let mut bot = scene.pipe("bot", &["--json"]);
    let mut anna = chat_with_editor(&scene, "stat -c %a \"$1\" > mode; echo ' and more' >> \"$1\"");
    anna.wait_for("bot");
    anna.type_keys("a draft\x18e");
    anna.wait_for("Enter sends what the editor left");
    anna.type_keys("\r");
    assert_eq!(bot.message(), "a draft and more");
    assert_eq!(fs::read_to_string(scene.home().join("mode")).unwrap(), "600\n");
    let left = fs::read_dir(scene.home().join("runtime")).unwrap().count();
    assert_eq!(left, 0, "the file is gone");
}

#[test]
fn control_c_in_the_editor_is_the_editors() {
    let scene = Scene::new();
    let mut bot = scene.pipe("bot", &["--json"]);
    let mut anna = chat_with_editor(&scene, "echo editing; read line; echo 'never read'");
    anna.wait_for("bot");
    anna.type_keys("a draft\x18e");
    anna.wait_for("editing");
    anna.type_keys(CTRL_C);
    anna.wait_for("the editor ended with an error");
    anna.type_keys("\r");
    assert_eq!(bot.message(), "a draft");
}

#[test]
fn a_passphrase_command_asks_on_a_terminal_of_its_own_and_unlocks_the_screen() {
    let scene = Scene::new();
    let bot = scene.pipe("bot", &["--json"]);
    let command = script(&scene, "asks", ASKS);
    let args = [
        "join",
        scene.url(),
        "--name",
        "anna",
        "--passphrase-command",
        &command,
    ];
    let mut anna = scene.terminal((24, 80), &args);
    anna.wait_for("your pin?");
    anna.type_keys("1234\r");
    anna.wait_for("bot");
    bot.say("between us");
    anna.wait_for("between us");
    anna.type_keys("\x18l");
    anna.wait_for("locked");
    anna.type_keys("\r");
    anna.wait_until(
        "is asked in a terminal as the shell has it, with nothing of the talk",
        |screen| {
            let shown = screen.contents();
            let (_, asked) = shown
                .split_once("the passphrase command runs")
                .unwrap_or_default();
            asked.contains("cooked") && asked.contains("your pin?") && !shown.contains("between us")
        },
    );
    anna.type_keys(CTRL_C);
    anna.wait_for("the passphrase command failed");
    assert!(!anna.contents().contains("between us"), "{}", anna.contents());
    anna.type_keys("\r");
    anna.wait_until("asks again", |screen| {
        screen.contents().matches("your pin?").count() == 3
    });
    anna.type_keys("1234\r");
    anna.wait_for("between us");
    assert!(!anna.contents().contains(PASSPHRASE), "{}", anna.contents());
}

#[test]
fn a_room_of_the_configuration_that_is_joined_beside_another_asks_on_the_terminal_too() {
    let scene = Scene::new();
    let command = script(&scene, "asks", ASKS);
    fs::create_dir_all(scene.home().join(".config/sotto")).unwrap();
    let room = format!(
        "[[room]]\nname = \"upstairs\"\nrelay = \"{}\"\nroom = \"attic\"\npassphrase_command = \"{command}\"\n",
        scene.url()
    );
    scene.write(".config/sotto/config.toml", room);
    let mut carl = scene.pipe("carl", &["--json", "--room", "attic"]);
    let mut anna = scene.chat("anna");
    anna.wait_for("alone");
    anna.type_keys("/join upstairs\r");
    anna.wait_for("your pin?");
    anna.type_keys("1234\r");
    anna.wait_for("2 carl");
    anna.type_keys("up here\r");
    assert_eq!(carl.message(), "up here");
}
