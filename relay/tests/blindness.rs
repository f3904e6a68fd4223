//! The relay cannot open what it passes on: the code for that is not in it.
//!
//! Two looks: at what is compiled for it, and at the symbols of the release binary.
#![allow(clippy::unwrap_used)] // the machinery of a test fails as the test does

use std::{fs, path::PathBuf, process::Command};

/// The crates that only those who know a passphrase need.
const CRATES: [&str; 5] = ["argon2", "chacha20poly1305", "hkdf", "ml-kem", "snow"];

/// What the feature `session` brings of the protocol; and of the curve, on which a relay verifies signatures of members,
/// what makes signatures and what agrees on keys.
const MODULES: [(&str, &str); 3] = [
    ("sotto_protocol", "peer"),
    ("ed25519_dalek", "signing"),
    ("curve25519_dalek", "montgomery"),
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Which of the crates are compiled for a relay.
fn compiled(features: &[&str]) -> Vec<&'static str> {
    let tree = [
        "tree",
        "--package",
        "sotto-relay",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{lib}",
    ];
    let tree = cargo(&[&tree, features].concat());
    let found = |name: &&str| tree.lines().any(|line| line == name.replace('-', "_"));
    CRATES.into_iter().filter(found).collect()
}

#[test]
fn nothing_that_opens_messages_is_compiled_for_a_relay() {
    assert_eq!(compiled(&[]), [""; 0]);
}

#[test]
fn what_the_session_needs_would_be_seen() {
    assert_eq!(compiled(&["--features", "sotto-protocol/session"]), CRATES);
}

/// The names that an executable has symbols of. Both manglings of Rust write a name's length before it.
fn linked(executable: &PathBuf) -> Vec<String> {
    let bytes = fs::read(executable).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let crates = CRATES
        .map(|name| name.replace('-', "_"))
        .map(|name| format!("{}{name}", name.len()));
    let modules = MODULES.map(|(of, name)| format!("{}{of}{}{name}", of.len(), name.len()));
    let relays_own = "11sotto_relay".to_owned();
    (crates.into_iter().chain(modules).chain([relays_own]))
        // Where a crate's name stands, not where another crate has a module of that name (as ring has an hkdf).
        .filter(|name| text.contains(&format!("_{name}")) || text.contains(&format!("_ZN{name}")))
        .collect()
}

#[test]
fn nothing_that_opens_messages_is_linked_into_the_release_binary() {
    // A folder of its own: the build that runs this test holds the lock of the other one.
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("blindness");
    cargo(&[
        "build",
        "--release",
        "--package",
        "sotto-relay",
        "--target-dir",
        target.to_str().unwrap(),
    ]);
    assert_eq!(linked(&target.join("release/sotto-relay")), ["11sotto_relay"]);
}

#[test]
fn what_is_linked_would_be_found() {
    // This executable links Argon2id, by this call.
    let mut key = [0; 32];
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    let argon2id = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    argon2id
        .hash_password_into(b"passphrase", b"salt and pepper", &mut key)
        .unwrap();
    assert_ne!(key, [0; 32]);
    assert!(linked(&std::env::current_exe().unwrap()).contains(&"6argon2".to_owned()));
}
