//! The pictures that the documentation shows.

use super::play::Size;
use super::scenes::scene;
use super::svg::{DARK, LIGHT, Paper, svg};

/// Where they are kept, below the crate.
pub const FOLDER: &str = "pictures";

/// Scenes of a size side by side, in a theme.
struct Picture {
    file: &'static str,
    scenes: &'static [&'static str],
    size: Size,
    theme: (&'static str, Paper),
}

const PICTURES: [Picture; 4] = [
    Picture {
        file: "chat.svg",
        scenes: &["pair-anna", "pair-ben"],
        size: (70, 14),
        theme: ("dark", DARK),
    },
    Picture {
        file: "connect.svg",
        scenes: &["connect-generated"],
        size: (80, 11),
        theme: ("dark", DARK),
    },
    Picture {
        file: "rooms.svg",
        scenes: &["rooms-browsed"],
        size: (80, 12),
        theme: ("dark", DARK),
    },
    Picture {
        file: "light.svg",
        scenes: &["talk"],
        size: (80, 22),
        theme: ("light", LIGHT),
    },
];

/// File names and SVG.
pub fn pictures() -> impl Iterator<Item = (&'static str, String)> {
    PICTURES.iter().map(|picture| {
        let (theme, paper) = picture.theme;
        let screens: Vec<_> = picture
            .scenes
            .iter()
            .map(|name| scene(name).play(picture.size).draw(theme))
            .collect();
        (picture.file, svg(&screens, paper))
    })
}
