//! The version of a binary, with the commit that it is made of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the machinery of a test fails as the test does

use std::{fs, path::Path, process::Command};

#[path = "../../commit.rs"]
#[allow(dead_code)] // what only a build script does
mod commit;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=anna", "-c", "user.email=anna@example"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A checkout with one commit.
fn checkout(folder: &Path) -> String {
    fs::write(folder.join("COMMIT"), include_str!("../../COMMIT")).unwrap();
    fs::write(
        folder.join(".gitattributes"),
        include_str!("../../.gitattributes"),
    )
    .unwrap();
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "--message", "One"]);
    git(folder, &["rev-parse", "--short", "HEAD"])
}

#[test]
fn the_commit_of_a_checkout_and_of_an_archive_of_it_is_known() {
    let [checked_out, unpacked] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let known = checkout(checked_out.path());
    assert_eq!(commit::of(checked_out.path()).as_ref(), Some(&known));

    let archive = checked_out.path().join("archive.tar");
    git(
        checked_out.path(),
        &["archive", "--output", "archive.tar", "HEAD"],
    );
    let mut unpack = Command::new("tar");
    unpack.arg("--extract").arg("--file").arg(&archive);
    assert!(unpack.current_dir(unpacked.path()).status().unwrap().success());
    assert_eq!(commit::of(unpacked.path()), Some(known));
}

#[test]
fn the_commit_of_another_project_around_it_is_none_of_ours() {
    let around = tempfile::tempdir().unwrap();
    checkout(around.path());
    let ours = around.path().join("ours");
    fs::create_dir(&ours).unwrap();
    assert_eq!(commit::of(&ours), None);
}

#[test]
fn the_version_begins_with_its_number() {
    let output = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
        .arg("--version")
        .output()
        .unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let version = line.strip_prefix("sotto-relay ").unwrap();
    assert!(version.starts_with(env!("CARGO_PKG_VERSION")), "{line}");
}
