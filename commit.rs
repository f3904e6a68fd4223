//! For the build scripts of both binaries: the version that they show, with the commit that they are made of.

use std::{env, fs, path::Path, process::Command};

/// Of which the whole checkout is a subfolder's parent.
const ROOT: &str = "..";
/// Written by `git archive` into what it packs (gitattributes(5), "export-subst").
const FILE: &str = "COMMIT";

/// Tells the compiler the version, as `SOTTO_VERSION`.
pub fn tell(number: &str) {
    // What is built to be tried has none: with every commit all of it would be built anew.
    let is_to_be_used = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo:rerun-if-changed={ROOT}/{FILE}");
    let version = match of(Path::new(ROOT)).filter(|_| is_to_be_used) {
        Some(commit) => {
            if let Some(moves) = git(Path::new(ROOT), &["rev-parse", "--git-path", "logs/HEAD"]) {
                println!("cargo:rerun-if-changed={ROOT}/{moves}");
            }
            format!("{number} ({commit})")
        }
        None => number.to_owned(),
    };
    println!("cargo:rustc-env=SOTTO_VERSION={version}");
}

/// The commit of what lies in a folder: of an archive, else of a checkout.
pub fn of(root: &Path) -> Option<String> {
    let written = fs::read_to_string(root.join(FILE)).unwrap_or_default();
    match written.split_whitespace().next() {
        Some(commit) if commit.bytes().all(|digit| digit.is_ascii_hexdigit()) => Some(commit.to_owned()),
        // One around it would be another project's.
        _ if root.join(".git").exists() => git(root, &["rev-parse", "--short", "HEAD"]),
        _ => None,
    }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(root)
        .args(arguments)
        .output()
        .ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| line.trim().to_owned())
}
