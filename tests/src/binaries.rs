//! The two binaries, built once for all tests of a process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The client.
pub fn sotto() -> &'static Path {
    &built().0
}

/// The relay.
pub fn relay() -> &'static Path {
    &built().1
}

/// `cargo test` builds the binaries of a package for the tests of that same package only, so they are built
/// here, into the same folder and profile as this test. With a test among the targets cargo chooses the
/// features of dependencies as it does for `cargo test --workspace`, so that nothing is compiled twice.
fn built() -> &'static (PathBuf, PathBuf) {
    static BUILT: OnceLock<Option<(PathBuf, PathBuf)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile_dir = test
            .parent()
            .and_then(Path::parent)
            .expect("a test lies in TARGET/PROFILE/deps");
        let target_dir = profile_dir.parent().unwrap();
        let profile = match profile_dir.file_name().and_then(|name| name.to_str()).unwrap() {
            "debug" => "dev",
            profile => profile,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let build = Command::new(cargo)
            .args(["build", "--quiet", "--workspace", "--bins", "--test", "talking"])
            .args(["--profile", profile, "--target-dir"])
            .arg(target_dir)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()
            .expect("cargo runs");
        let binaries = (profile_dir.join("sotto"), profile_dir.join("sotto-relay"));
        build.success().then_some(binaries)
    });
    built.as_ref().expect("the binaries can be built")
}
