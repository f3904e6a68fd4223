//! Terminals of all sizes and kinds.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::process::{Command, Stdio};

use sotto_tests::{Scene, Sequences, Terminal, binaries, process};

use super::{CTRL_C, await_bot, with_bot};

#[test]
fn a_terminal_of_ten_columns_and_three_rows_is_enough_to_talk() {
    let scene = Scene::new();
    let args = [
        "join",
        scene.url(),
        "--name",
        "anna",
        "--passphrase-file",
        "passphrase",
    ];
    let mut anna = scene.terminal((3, 10), &args);
    let mut ben = scene.pipe("ben", &["--json"]);
    ben.event("peer_joined");
    anna.type_keys("tiny\r");
    assert_eq!(ben.message(), "tiny");
    for size in [(1, 1), (2, 5), (50, 200), (24, 80)] {
        anna.resize(size.0, size.1);
    }
    ben.say("large");
    anna.wait_for("large");
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
}

#[test]
fn a_terminal_that_shrinks_to_nothing_and_grows_again_shows_the_talk_again() {
    let scene = Scene::new();
    let (mut anna, mut bot) = with_bot(&scene);
    anna.type_keys("before\r");
    assert_eq!(bot.message(), "before");
    for (number, (rows, columns)) in [(1, 1), (0, 0), (6, 20), (1, 200), (200, 1), (0, 80), (24, 0)]
        .iter()
        .enumerate()
    {
        anna.resize(*rows, *columns);
        bot.say(&format!("while it is small {number}"));
        anna.type_keys(&format!("tiny {number}\r"));
        assert_eq!(bot.message(), format!("tiny {number}"));
    }
    anna.resize(24, 80);
    for number in 0..7 {
        anna.wait_for(&format!("while it is small {number}"));
        anna.wait_for_row(&[&format!("tiny {number}"), "✓✓"]);
    }
    anna.wait_for_row(&["bot ", " "]);
    anna.type_keys("after");
    anna.wait_for("> after");
}

#[test]
fn a_chat_is_suspended_and_goes_on_under_a_shell() {
    let scene = Scene::new();
    let mut bash = scene.at_terminal("bash", &["--norc", "--noprofile", "-i"]);
    bash.env("PS1", "shell> ");
    let mut shell = Terminal::start(bash, 24, 80);
    shell.wait_for("shell>");
    let sotto = binaries::sotto().display();
    let args = scene.joining("anna").join(" ");
    shell.type_keys(&format!("{sotto} {args}\r"));
    shell.wait_for("alone in");
    let mut bot = await_bot(&scene, &shell);
    for round in 0..2 {
        shell.type_keys("\x1a");
        shell.wait_until("is the shell's again", |screen| {
            !screen.alternate_screen() && screen.contents().contains("Stopped")
        });
        shell.type_keys(&format!("echo said to the $((40 + {round}))\r"));
        shell.wait_for(&format!("said to the 4{round}"));
        bot.say(&format!("while it was away {round}"));
        shell.type_keys("clear\r");
        shell.wait_until_gone("said to");
        shell.type_keys("fg\r");
        shell.wait_until("is the chat's again", |screen| screen.alternate_screen());
        shell.wait_for(&format!("while it was away {round}"));
        shell.type_keys(&format!("back {round}\r"));
        assert_eq!(bot.message(), format!("back {round}"));
    }
    shell.type_keys("/quit\r");
    shell.wait_until("is the shell's in the end", |screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with("shell>")
    });
    shell.type_keys("echo ended with $?\r");
    shell.wait_for("ended with 0");
    shell.type_keys("exit\r");
    shell.exit_code();
    shell.assert_restored();
}

#[test]
fn the_console_of_linux_and_a_vt100_get_no_sequence_that_they_would_show() {
    let scene = Scene::new();
    let mut bot = scene.pipe("bot", &["--json"]);
    for term in ["linux", "vt100"] {
        let mut anna = scene.chat_with("anna", &[("TERM", term)]);
        anna.wait_for_row(&["bot", " "]);
        bot.event("peer_joined");
        bot.say(&format!("over https://sotto.example/ to a {term}"));
        anna.wait_for(&format!("to a {term}"));
        anna.type_keys("hello\r");
        assert_eq!(bot.message(), "hello");
        anna.type_keys(CTRL_C);
        anna.type_keys(CTRL_C);
        assert_eq!(anna.exit_code(), 0);
        anna.assert_restored();
        let osc = Sequences::of(&anna.written()).osc;
        assert!(term != "linux" || osc.is_empty(), "{osc:?}");
    }
}

/// A terminal multiplexer of the scene's own, which ends with it.
struct Multiplexer {
    end: Command,
}

impl Drop for Multiplexer {
    fn drop(&mut self) {
        // It has ended by itself when all went well.
        let _ = self.end.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Starts a chat inside of a multiplexer, and looks at what that shows.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn chat_inside(scene: &Scene, program: &str, before: &[&str], end: &[&str]) {
    let folder = scene.home().join("multiplexer");
    DirBuilder::new().mode(0o700).create(&folder).unwrap();
    let mut end_it = process::command(program.as_ref(), scene.home());
    end_it
        .args(end)
        .env("TMUX_TMPDIR", &folder)
        .env("SCREENDIR", &folder);
    let _multiplexer = Multiplexer { end: end_it };
    let sotto = binaries::sotto().display().to_string();
    let args = [before, &[&sotto], &scene.joining("anna")].concat();
    let mut command = scene.at_terminal(program, &args);
    command.env("TMUX_TMPDIR", &folder);
    command.env("SCREENDIR", &folder);
    let mut anna = Terminal::start(command, 24, 80);
    anna.wait_for("alone in");
    let mut bot = await_bot(scene, &anna);
    bot.say("through two terminals: 漢字 👍");
    anna.wait_for("through two terminals: 漢字 👍");
    anna.wait_for_bytes(b"\x07");
    anna.type_keys("and back\r");
    assert_eq!(bot.message(), "and back");
    anna.wait_for_row(&["and back", "✓✓"]);
    let sequences = Sequences::of(&anna.written());
    let notices: Vec<_> = sequences
        .osc
        .iter()
        .filter(|osc| osc.starts_with("9;") || osc.starts_with("777;"))
        .collect();
    assert!(notices.is_empty(), "{notices:?}");
    anna.type_keys("/quit\r");
    bot.event("peer_left");
    anna.exit_code();
}

#[test]
fn in_tmux_as_it_is_set_up_by_default_the_chat_runs_and_only_the_bell_passes() {
    let scene = Scene::new();
    chat_inside(
        &scene,
        "tmux",
        &["-f", "/dev/null", "-L", "sotto-test", "new-session", "-s", "chat"],
        &["-L", "sotto-test", "kill-server"],
    );
}

#[test]
fn in_screen_the_chat_runs_and_only_the_bell_passes() {
    let scene = Scene::new();
    chat_inside(
        &scene,
        "screen",
        &["-c", "/dev/null", "-U", "-S", "sotto-test"],
        &["-S", "sotto-test", "-X", "quit"],
    );
}
