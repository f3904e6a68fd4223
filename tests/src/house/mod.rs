//! Whether the source of a crate is in order: it is read as the compiler reads it, without the tests in it.
//!
//! `source` finds the files by their `mod` lines, `lines` counts what is code in one, `imports` knows which file needs
//! which other.

mod imports;
mod lines;
mod source;

use std::{fs, path::Path};

use source::Source;

/// The most entries in the root of a folder: what one look takes in.
pub const ENTRIES: usize = 12;

/// The most lines of code in a file, without comments, blank lines and tests.
pub const LINES: usize = 300;

/// Everything that is wrong with a crate's `src` folder, each as a sentence. `wide`: the folders in it, `""` for itself,
/// that may have more than [`ENTRIES`].
pub fn faults(src: &Path, wide: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for folder in folders(src) {
        let entries = fs::read_dir(src.join(&folder)).unwrap().count();
        if entries > ENTRIES && !wide.contains(&folder.as_str()) {
            let folder = src.join(folder);
            faults.push(format!("{} has {entries} entries", folder.display()));
        }
    }
    for root in ["lib.rs", "main.rs"].map(|name| src.join(name)) {
        if root.exists() {
            let source = Source::read(&root);
            let long = source.files.iter().filter_map(|file| {
                let lines = lines::of_code(&file.syntax);
                (lines > LINES).then(|| format!("{} has {lines} lines of code", file.path.display()))
            });
            faults.extend(long);
            faults.extend(imports::circles(&source));
        }
    }
    faults
}

/// `src` itself and all folders in it, by their paths from there.
fn folders(src: &Path) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(folder) = found.get(next).cloned() {
        for entry in fs::read_dir(src.join(&folder)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                let name = entry.file_name().into_string().unwrap();
                found.push(if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                });
            }
        }
        next += 1;
    }
    found
}
