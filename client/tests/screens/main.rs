//! Every screen of the client, in three sizes and all built-in themes, for the eyes of those who review a change.
//!
//! [`scenes`] is the one table of them. [`text`] writes a screen down for a snapshot, [`svg`] draws it, and
//! [`pictures`] are those that the documentation shows.

mod pictures;
mod play;
mod scenes;
mod svg;
mod text;

use std::path::Path;

use insta::assert_snapshot;

use self::pictures::{FOLDER, pictures};
use self::scenes::SCENES;

#[test]
fn every_screen_looks_as_it_did() {
    for (name, scene) in SCENES {
        assert_snapshot!(*name, text::written(*scene));
    }
}

/// `cargo run -p sotto --example pictures` draws them anew.
#[test]
fn the_pictures_of_the_documentation_are_those_of_today() {
    for (file, svg) in pictures() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(file);
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == svg,
            "{file} is stale: cargo run -p sotto --example pictures"
        );
    }
}
