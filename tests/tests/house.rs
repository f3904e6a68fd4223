//! The source of our crates is in order.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use sotto_tests::house::{self, ENTRIES, LINES};
use tempfile::TempDir;

/// The crates that are looked at, by their folders.
const CRATES: [&str; 3] = ["client", "protocol", "relay"];

/// Folders with more entries than others may have: a crate, and a path from its `src`.
const WIDE: [(&str, &str); 2] = [
    // A folder for each station on the way of a frame, and what all of them share.
    ("client", ""),
    ("relay", ""),
];

/// What is wrong with a crate whose `src` folder has these files.
fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let within = format!("{}/", folder.path().display());
    let faults = house::faults(folder.path(), &[]).into_iter();
    faults.map(|fault| fault.replace(&within, "")).collect()
}

/// So many lines of code.
fn code(lines: usize) -> String {
    "const _: () = ();\n".repeat(lines)
}

#[test]
fn our_crates_are_in_order() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let faults: Vec<String> = (CRATES.iter())
        .flat_map(|name| {
            let wide: Vec<&str> = (WIDE.iter())
                .filter(|(of, _)| of == name)
                .map(|(_, folder)| *folder)
                .collect();
            house::faults(&workspace.join(name).join("src"), &wide)
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_that_need_each_other_are_a_circle() {
    for needs in [
        "use crate::b::B;",
        "use super::b::{self, C};",
        "fn f() { crate::b::g() }",
        "fn f() { println!(\"{}\", crate::b::G) }",
        "use crate::{x::y, b};",
        "mod inner { use super::super::b; }",
    ] {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", needs),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(faults(&files), ["import circle: a.rs → b.rs → a.rs"], "{needs}");
    }
}

#[test]
fn a_circle_is_found_through_a_name_that_a_folder_passes_on() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod one; mod two; pub use one::One;"),
        ("a/one.rs", "use crate::b::B; pub struct One;"),
        ("a/two.rs", ""),
        ("b.rs", "use crate::a::One; pub struct B;"),
    ];
    assert_eq!(faults(&files), ["import circle: a/one.rs → b.rs → a/one.rs"]);
}

#[test]
fn a_module_and_what_is_within_it_are_no_circle() {
    let files = [
        ("lib.rs", "mod a; pub use a::A;"),
        (
            "a/mod.rs",
            "mod one; mod two; pub use one::One; pub struct A(One);",
        ),
        ("a/one.rs", "use super::{A, two::Two}; pub struct One;"),
        (
            "a/two.rs",
            "use super::A; pub(in crate::a) struct Two; pub use std::fmt;",
        ),
    ];
    assert_eq!(faults(&files), [""; 0]);
}

#[test]
fn what_only_tests_need_is_no_circle() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "#[cfg(test)] mod tests { use crate::b::B; }"),
        ("b.rs", "use crate::a::A; #[cfg(test)] mod tests;"),
        ("b/tests.rs", "use crate::b::B;"),
    ];
    assert_eq!(faults(&files), [""; 0]);
}

#[test]
fn a_folder_of_one_entry_too_many_is_found() {
    let names: Vec<String> = (1..=ENTRIES).map(|number| format!("a/m{number}.rs")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    files.push(("lib.rs", "mod a;"));
    assert_eq!(faults(&[&files[..], &[("a.rs", "")]].concat()), [""; 0]);
    assert_eq!(
        faults(&[&files[..], &[("a/mod.rs", "")]].concat()),
        ["a has 13 entries"]
    );
}

#[test]
fn a_file_of_one_line_of_code_too_many_is_found() {
    let rest = "//! Comment.\n\n/// Comment.\n// Comment.\n#[cfg(test)]\nmod tests {\n    fn test() {}\n}\n";
    for (lines, found) in [
        (LINES, [].as_slice()),
        (LINES + 1, &["lib.rs has 301 lines of code"]),
    ] {
        assert_eq!(faults(&[("lib.rs", &(rest.to_owned() + &code(lines)))]), found);
    }
    let text = format!("const TEXT: &str = \"\n{}\";\n", "line\n".repeat(LINES));
    assert_eq!(faults(&[("lib.rs", &text)]), ["lib.rs has 302 lines of code"]);
}
