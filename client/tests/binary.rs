//! The binary `sotto`, from outside.

use std::process::{Command, Output, Stdio};

#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn sotto(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sotto"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn no_core_is_ever_dumped() {
    // A child of it looks at it.
    let look = "grep '^Max core file size' /proc/$PPID/limits >&2; exit 1";
    let output = sotto(&["pipe", "ws://127.0.0.1:1", "--passphrase-command", look]);
    let said = String::from_utf8(output.stderr).unwrap();
    let limits: Vec<_> = said.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(limits, ["Max", "core", "file", "size", "0", "0", "bytes"]);
}

#[test]
fn a_passphrase_is_made_on_stdout_and_its_strength_told_beside() {
    let output = sotto(&["generate"]);
    assert_eq!(output.status.code(), Some(0));
    let passphrase = String::from_utf8(output.stdout).unwrap();
    assert_eq!(passphrase.split_whitespace().count(), 6);
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("6 words, 77 bits")
    );
}

#[test]
fn completions_and_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = sotto(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains("until-peer-leaves"),
            "{shell}"
        );
    }
    assert!(
        String::from_utf8(sotto(&["man"]).stdout)
            .unwrap()
            .starts_with(".ie")
    );
}
