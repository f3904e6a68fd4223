//! What the pages and modules say of the whole, held to the sources.

use std::fs;
use std::path::Path;

/// The sources in a folder, and in those below it.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut all = String::new();
    for folder in ["client/src", "client/tests", "protocol/src", "tests/tests"] {
        sources(&root.join(folder), &mut all);
    }
    let page = fs::read_to_string(root.join("client/README.md")).unwrap();
    // The third cell of each row; one that claims nothing has none.
    let cells = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split('|').nth(2));
    let named: Vec<&str> = cells.filter_map(|cell| cell.split('`').nth(1)).collect();
    assert!(named.len() > 25, "{named:?}");
    for name in named {
        assert!(all.contains(&format!("fn {name}(")), "{name}");
    }
}

#[test]
fn what_only_one_system_knows_stands_behind_one_module() {
    #[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
    fn look(folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("platform") || path.ends_with("tests") {
                continue;
            }
            if path.is_dir() {
                look(&path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap_or_default();
            let shipped = source.split("#[cfg(test)]").next().unwrap();
            for name in ["os::unix", "os::fd", "rustix", "signal::unix"] {
                let tests = path.ends_with("tests.rs");
                assert!(tests || !shipped.contains(name), "{}: {name}", path.display());
            }
        }
    }
    look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
}
