//! Draws the pictures of the documentation from real screens: `cargo run -p sotto --example pictures`

#[path = "../tests/screens/pictures.rs"]
mod pictures;
#[path = "../tests/screens/play.rs"]
mod play;
#[path = "../tests/screens/scenes.rs"]
mod scenes;
#[path = "../tests/screens/svg.rs"]
mod svg;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(pictures::FOLDER);
    std::fs::create_dir_all(&folder)?;
    for (file, svg) in pictures::pictures() {
        std::fs::write(folder.join(file), svg)?;
    }
    Ok(())
}
