//! What a client is given and cannot use: it says so in one line, and its exit code tells scripts.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use sotto_tests::{Pipe, Scene};

/// Runs `sotto` without a terminal and with an empty input; gives its exit code and its errors.
fn outcome(scene: &Scene, args: &[&str]) -> (i32, String) {
    let mut process = scene.without_terminal(args, "");
    (process.exit_code(), process.errors())
}

/// One or a few lines for a person: no panic, no internals.
fn assert_is_a_sentence(errors: &str) {
    assert!(!errors.trim().is_empty(), "something is said");
    assert!(errors.lines().count() <= 6, "it is short: {errors}");
    for word in ["panicked", "RUST_BACKTRACE", "Os {", "Error("] {
        assert!(!errors.contains(word), "{errors}");
    }
}

#[test]
fn without_a_terminal_and_a_source_of_the_passphrase_it_says_which_there_are() {
    let scene = Scene::new();
    let (code, errors) = outcome(&scene, &["pipe", scene.url()]);
    assert_eq!(code, 2);
    for source in ["--passphrase-file", "--passphrase-fd", "--passphrase-command"] {
        assert!(errors.contains(source), "{errors}");
    }
    assert_is_a_sentence(&errors);
}

#[test]
fn a_passphrase_that_cannot_be_had_ends_it_and_says_why() {
    let scene = Scene::new();
    scene.write("empty", " \n");
    scene.write("binary", [0xff, 0xfe, b'x', b'\n']);
    scene.write("lines", "one\ntwo\n");
    scene.write("long", "x".repeat(100_000));
    for (args, said) in [
        (["--passphrase-file", "missing"], "missing"),
        (["--passphrase-file", "."], "."),
        (["--passphrase-file", "empty"], "empty"),
        (["--passphrase-file", "binary"], "UTF-8"),
        (["--passphrase-file", "lines"], "lines"),
        (["--passphrase-file", "long"], "long"),
        (["--passphrase-fd", "77"], "77"),
        (["--passphrase-command", "exit 7"], "7"),
        (["--passphrase-command", "true"], "empty"),
        (["--passphrase-command", "no-such-password-manager"], "command"),
    ] {
        let (code, errors) = outcome(&scene, &[&["pipe", scene.url()], &args[..]].concat());
        assert!([1, 2].contains(&code), "{args:?} ends with {code}");
        assert!(errors.contains(said), "{args:?}: {errors}");
        assert_is_a_sentence(&errors);
    }
}

#[test]
fn a_passphrase_comes_from_a_file_a_command_or_a_descriptor() {
    let scene = Scene::new();
    let mut reader = scene.pipe("reader", &["--json", "--follow", "--count", "2"]);
    let url = scene.url().to_owned();
    let mut by_command = scene.sotto(&[
        "pipe",
        &url,
        "--name",
        "a",
        "--passphrase-command",
        "cat passphrase; echo; echo more",
    ]);
    let shell = format!("exec \"$0\" pipe '{url}' --name b --passphrase-fd 3 3<passphrase");
    let mut by_descriptor = sotto_tests::process::command("sh".as_ref(), scene.home());
    by_descriptor.args(["-c", &shell]).arg(by_command.get_program());
    by_command.arg("--timeout=60");
    for command in [by_command, by_descriptor] {
        let mut pipe = Pipe::start(command);
        pipe.write_line("the same room");
        pipe.end_input();
        assert_eq!(pipe.exit_code(), 0);
    }
    assert_eq!(reader.messages(2), ["the same room", "the same room"]);
}

#[test]
fn a_passphrase_file_that_others_can_read_draws_a_warning() {
    let scene = Scene::new();
    let file = scene.home().join("passphrase");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, errors) = outcome(&scene, &["pipe", scene.url(), "--passphrase-file", "passphrase"]);
    assert_eq!(code, 0);
    assert!(
        errors.contains("passphrase") && errors.contains("644"),
        "{errors}"
    );
}

#[test]
fn a_wrong_command_line_ends_it_with_2() {
    let scene = Scene::new();
    let url = scene.url();
    for args in [
        &["pipe"][..],
        &["pipe", "http://127.0.0.1:4000"],
        &["pipe", "127.0.0.1"],
        &["pipe", "ws://"],
        &["pipe", "ws://127.0.0.1:99999"],
        &["pipe", "ws://name:word@127.0.0.1"],
        &["pipe", url, "--no-such-option"],
        &["pipe", url, "--passphrase", "on the command line"],
        &["pipe", url, "--name", ""],
        &[
            "pipe",
            url,
            "--name",
            "a name that is longer than thirty-two columns",
        ],
        &["pipe", url, "--name", "right\u{202e}left"],
        &["pipe", url, "--name", "bell\u{7}"],
        &["pipe", url, "--timeout", "soon"],
        &["pipe", url, "--count", "0"],
        &["no-such-command"],
    ] {
        let (code, errors) = outcome(&scene, args);
        assert_eq!(code, 2, "{args:?}: {errors}");
        assert!(!errors.is_empty());
        assert!(
            !errors.contains("on the command line"),
            "it repeats no passphrase: {errors}"
        );
    }
}

#[test]
fn a_host_that_is_not_there_ends_it_with_4() {
    let scene = Scene::new();
    // A port that was free a moment ago: nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for address in [format!("ws://{closed}"), "ws://no-such-host.invalid".to_owned()] {
        let (code, errors) = outcome(&scene, &["pipe", &address, "--passphrase-file", "passphrase"]);
        assert_eq!(code, 4, "{errors}");
        let host = address["ws://".len()..].split(':').next().unwrap();
        assert!(errors.contains(host), "{errors}");
        assert_is_a_sentence(&errors);
    }
}

#[test]
fn the_chat_without_a_terminal_says_to_use_pipe() {
    let scene = Scene::new();
    for args in [
        &["join", scene.url(), "--passphrase-file", "passphrase"][..],
        &[
            "host",
            "--listen",
            "127.0.0.1:0",
            "--passphrase-file",
            "passphrase",
        ],
    ] {
        let (code, errors) = outcome(&scene, args);
        assert_eq!(code, 2, "{errors}");
        assert!(errors.contains("sotto pipe"), "{errors}");
        assert_is_a_sentence(&errors);
    }
}

#[test]
fn a_full_room_is_said_and_waited_for() {
    let scene = Scene::with_relay(&["--max-seats", "2"]);
    let mut anna = scene.pipe("anna", &["--json"]);
    let _ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    let mut late = scene.pipe("late", &["--json", "--follow"]);
    let error = late.event("error");
    assert_eq!(error["reason"], "room_full");
    anna.command(&json!({"type": "leave"}));
    assert_eq!(anna.exit_code(), 0);
    late.event("joined");
}

#[test]
fn a_line_that_is_not_text_is_refused_and_the_next_ones_go_on() {
    let scene = Scene::new();
    let mut reader = scene.pipe("b", &["--follow", "--count", "2"]);
    let mut writer = scene.pipe("a", &[]);
    writer.process().write(b"before\n\xff\xfe\x80 no text\nafter\n");
    writer.end_input();
    assert_eq!([reader.line(), reader.line()], ["a: before", "a: after"]);
    writer.exit_code();
    let errors = writer.process().errors();
    assert!(errors.contains("UTF-8"), "{errors}");
}

#[test]
fn a_line_of_a_mebibyte_arrives_in_pieces() {
    let scene = Scene::new();
    let mut reader = scene.pipe("b", &["--json", "--follow"]);
    let mut writer = scene.pipe("a", &["--timeout", "60"]);
    let line = "0123456789abcdef".repeat(1 << 16);
    writer.write_line(&line);
    writer.end_input();
    let mut heard = String::new();
    while heard.len() < line.len() {
        heard += &reader.message();
    }
    assert!(heard == line);
    assert_eq!(writer.exit_code(), 0);
}

#[test]
fn a_command_that_cannot_be_understood_is_answered_and_the_next_ones_go_on() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    for wrong in [
        "not json",
        "{",
        "[]",
        "7",
        "{}",
        r#"{"type":"no such type"}"#,
        r#"{"type":"text"}"#,
        r#"{"type":"text","text":7}"#,
        r#"{"type":"edit","id":"xyz","text":"t"}"#,
        r#"{"type":"delete"}"#,
    ] {
        anna.write_line(wrong);
        let error = anna.event("error");
        assert!(
            error["reason"].is_string() && error["message"].is_string(),
            "{wrong}: {error}"
        );
    }
    anna.say("still here");
    assert_eq!(ben.message(), "still here");
}

#[test]
fn a_busy_port_ends_a_relay_with_1_and_a_bad_option_with_2() {
    let scene = Scene::new();
    let address = scene.relay.address().to_string();
    for (args, code, said) in [
        (["--listen", &address], 1, address.as_str()),
        (["--listen", "nowhere"], 2, "nowhere"),
        (["--max-seats", "0"], 2, "max-seats"),
        (["--no-such", "option"], 2, "no-such"),
    ] {
        let mut relay = sotto_tests::process::command(sotto_tests::binaries::relay(), scene.home());
        relay.args(args);
        let mut relay = sotto_tests::Process::spawn(relay);
        assert_eq!(relay.line(), None, "nothing on its output");
        assert_eq!(relay.exit_code(), code, "{args:?}");
        assert!(relay.errors().contains(said), "{args:?}: {}", relay.errors());
    }
}
