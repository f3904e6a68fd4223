//! A thread that dies takes the process with it.
#![allow(clippy::unwrap_used, clippy::panic)] // the machinery of a test fails as the test does

use std::{process::Command, thread};

/// Set in a process of its own, in which this thread panics.
const DYING: &str = "SOTTO_TEST_DYING_THREAD";

const WORKER: &str = "worker";

/// What becomes of a process in which such a thread panics: its exit code, and what it says.
fn outcome(of: &str) -> (Option<i32>, String) {
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "in_a_process_of_its_own", "--nocapture"];
    let output = Command::new(this)
        .args(arguments)
        .env(DYING, of)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn in_a_process_of_its_own() {
    let Ok(name) = std::env::var(DYING) else { return };
    sotto_relay::seclude();
    sotto_relay::end_with_each_thread(WORKER);
    let dying = thread::Builder::new().name(name.clone());
    let died = dying.spawn(|| panic!("what a stranger sent")).unwrap().join();

    assert!(name == WORKER && died.is_err());
}

#[test]
fn a_thread_that_dies_ends_the_process_with_a_line() {
    let (code, stderr) = outcome("store");
    assert_eq!(code, Some(101));
    assert!(
        stderr.starts_with("sotto-relay: a fault in the program at relay/tests/threads.rs"),
        "{stderr}"
    );
    assert!(
        stderr.lines().count() == 1 && !stderr.contains("stranger"),
        "{stderr}"
    );
}

#[test]
fn a_task_that_dies_takes_nobody_with_it() {
    let (code, stderr) = outcome(WORKER);
    assert_eq!(code, Some(0), "{stderr}");
}
